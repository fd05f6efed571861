// The files as a repair would leave them, while nothing is changed: some are hidden, some end
// earlier. Whatever would write is refused.
#pragma once

#include <map>
#include <set>
#include <string>

#include "zookernel/file_system.h"

namespace zookernel::db_tool {

class PlannedFiles final : public FileSystem {
 public:
  // `real` outlives this.
  explicit PlannedFiles(FileSystem& real) : real_(real) {}

  void hide(const std::string& path) { hidden_.insert(path); }
  void cut(const std::string& path, uint64_t size) { sizes_[path] = size; }

  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  [[nodiscard]] bool exists(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override;
  Result<uint64_t> free_space(const std::string& path) override;

 private:
  FileSystem& real_;
  std::set<std::string> hidden_;
  std::map<std::string, uint64_t> sizes_;
};

}  // namespace zookernel::db_tool
