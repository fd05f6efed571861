// The records of a log as they are framed, whatever their checksums say: what TxnLogToolkit looks
// at.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/log_file.h"

namespace zookernel::db_tool {

class RawLog {
 public:
  struct Record {
    uint64_t begin = 0;
    uint64_t checksum = 0;
    Bytes body;  // borrowed until the next call
    bool checksum_good = false;
    bool ended = false;  // its end byte is there
  };

  // Errors: kNotFound or what else the file system says; kCorrupt for a file that does not begin
  // with ZKLG.
  static Result<RawLog> open(FileSystem& files, const std::string& path);

  [[nodiscard]] Bytes header() const { return {header_.data(), header_.size()}; }
  // Empty at the end, and then trouble() says what kept it from ending cleanly.
  Result<std::optional<Record>> next();
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] uint64_t position() const { return at_; }

 private:
  RawLog(std::unique_ptr<File> file, uint64_t size)
      : window_(std::make_unique<file_storage::FileWindow>(std::move(file), size)) {}
  Result<bool> zeros_follow();

  std::unique_ptr<file_storage::FileWindow> window_;
  std::string header_;
  uint64_t at_ = 0;
  std::string trouble_;
};

}  // namespace zookernel::db_tool
