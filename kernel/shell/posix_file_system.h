// The real file system.
#pragma once

#include "zookernel/file_system.h"

namespace zookernel::shell {

// Directory locks are advisory (flock on a file in the directory, kLockFile), so another program
// may still write there, but no second server. The lock is on the open file: it goes with the
// process, however that ends, and the file may stay.
class PosixFileSystem final : public FileSystem {
 public:
  static constexpr const char* kLockFile = ".zookernel.lock";

  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  [[nodiscard]] bool exists(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override;
  Result<uint64_t> free_space(const std::string& path) override;
};

}  // namespace zookernel::shell
