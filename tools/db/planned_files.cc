#include "tools/db/planned_files.h"

#include <algorithm>

#include "plugins/storage/file/layout.h"

namespace zookernel::db_tool {
namespace {

Error refused(const std::string& what) {
  return {Errc::kUnsupported, what + ": only looking, nothing is written"};
}

class CutFile final : public File {
 public:
  CutFile(std::unique_ptr<File> real, uint64_t size) : real_(std::move(real)), size_(size) {}

  Result<size_t> read_at(uint64_t offset, char* to, size_t count) override {
    auto size = this->size();
    if (!size) return size.error();
    if (offset >= *size) return size_t{0};
    return real_->read_at(offset, to,
                          static_cast<size_t>(std::min<uint64_t>(count, *size - offset)));
  }
  Status write_at(uint64_t, Bytes) override { return refused("write"); }
  Status sync() override { return Unit{}; }
  Status resize(uint64_t) override { return refused("resize"); }
  Result<uint64_t> size() override {
    auto size = real_->size();
    return size ? Result<uint64_t>(std::min(*size, size_)) : size;
  }

 private:
  std::unique_ptr<File> real_;
  uint64_t size_;
};

}  // namespace

Result<std::unique_ptr<File>> PlannedFiles::open(const std::string& path, Mode mode) {
  if (mode != Mode::kRead) return refused("open " + path);
  if (hidden_.contains(path)) return Error{Errc::kNotFound, "open " + path + ": set aside"};
  auto file = real_.open(path, mode);
  const auto size = sizes_.find(path);
  if (!file || size == sizes_.end()) return file;
  return std::unique_ptr<File>(std::make_unique<CutFile>(*std::move(file), size->second));
}

Status PlannedFiles::rename(const std::string& from, const std::string&) {
  return refused("rename " + from);
}

Status PlannedFiles::remove(const std::string& path) {
  return refused("remove " + path);
}

Result<std::vector<std::string>> PlannedFiles::list(const std::string& directory) {
  auto names = real_.list(directory);
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) {
    return hidden_.contains(file_storage::join(directory, name));
  });
  return names;
}

Status PlannedFiles::make_directories(const std::string& directory) {
  return refused("make " + directory);
}

Status PlannedFiles::sync_directory(const std::string&) {
  return Unit{};
}

bool PlannedFiles::exists(const std::string& path) {
  return !hidden_.contains(path) && real_.exists(path);
}

Result<std::unique_ptr<DirectoryLock>> PlannedFiles::lock_directory(const std::string& directory) {
  return refused("lock " + directory);
}

Result<uint64_t> PlannedFiles::free_space(const std::string& path) {
  return real_.free_space(path);
}

}  // namespace zookernel::db_tool
