// A directory with one file in memory, to be read: the disk of fuzz targets.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "zookernel/file_system.h"

namespace zookernel::sim {

class OneFile : public FileSystem {
 public:
  // Borrows `content`.
  OneFile(std::string path, Bytes content) : path_(std::move(path)), content_(content) {}

  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override {
    if (path != path_) return Error{Errc::kNotFound, "open " + path + ": no such file"};
    if (mode != Mode::kRead) return refused();
    return std::unique_ptr<File>(std::make_unique<Reader>(content_));
  }
  Status rename(const std::string&, const std::string&) override { return refused(); }
  Status remove(const std::string&) override { return refused(); }
  Result<std::vector<std::string>> list(const std::string&) override {
    return std::vector<std::string>{path_.substr(path_.rfind('/') + 1)};
  }
  Status make_directories(const std::string&) override { return refused(); }
  Status sync_directory(const std::string&) override { return refused(); }
  [[nodiscard]] bool exists(const std::string& path) override { return path == path_; }
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string&) override {
    return refused();
  }
  Result<uint64_t> free_space(const std::string&) override { return uint64_t{0}; }

 private:
  class Reader : public File {
   public:
    explicit Reader(Bytes content) : content_(content) {}
    Result<size_t> read_at(uint64_t offset, char* to, size_t count) override {
      if (offset >= content_.size()) return size_t{0};
      const Bytes found = content_.substr(static_cast<size_t>(offset), count);
      std::copy(found.begin(), found.end(), to);
      return found.size();
    }
    Status write_at(uint64_t, Bytes) override { return refused(); }
    Status sync() override { return refused(); }
    Status resize(uint64_t) override { return refused(); }
    Result<uint64_t> size() override { return uint64_t{content_.size()}; }

   private:
    Bytes content_;
  };
  static Error refused() { return {Errc::kDenied, "this file system is only read"}; }

  const std::string path_;
  Bytes content_;
};

}  // namespace zookernel::sim
