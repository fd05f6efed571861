// Every byte of one log file, piece by piece: what can be read is read, what cannot is named, and
// the scan goes on behind it. In contrast to recovery nothing here is judged by what stands in
// other files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/log_file.h"
#include "zookernel/file_system.h"
#include "zookernel/ids.h"

namespace zookernel::db_tool {

struct LogPiece {
  enum class Kind {
    kHeader,
    kRecord,      // whole, its checksum is good, and it is understood
    kUnreadable,  // `why` says what is wrong at `begin`
    kPadding,     // zeros to the end of the file
  };
  Kind kind = Kind::kHeader;
  uint64_t begin = 0, end = 0;  // offsets; end is behind the last byte
  Zxid zxid;                    // of a record
  Bytes body = {};              // of a record; borrowed until the next call
  std::string why;
  // Of a record: it does not continue the one before. Then `why` says how. Of a header `why` says
  // what no writer puts there.
  bool out_of_order = false;
  // Of an unreadable piece: no good record follows it in the file.
  bool at_end = false;
};

class LogScan {
 public:
  // `files` outlives the scan. Errors only where the file cannot be opened.
  static Result<LogScan> open(FileSystem& files, const std::string& path);

  // Empty at the end of the file. Errors only where the file cannot be read.
  Result<std::optional<LogPiece>> next();

  [[nodiscard]] uint64_t size() const { return size_; }
  // Up to which byte the server that wrote the file had made it durable; 0: it did not say (Java).
  [[nodiscard]] uint64_t durable_end() const { return log_ ? log_->durable_end() : 0; }
  // Whether what was told so far makes that end believable: a record or the header ends there.
  [[nodiscard]] bool durable_end_is_an_end() const { return mark_ == 0 || mark_met_; }

 private:
  LogScan(FileSystem& files, std::string path) : files_(&files), path_(std::move(path)) {}
  Status look_at_header(File& file);
  LogPiece unreadable(uint64_t begin, uint64_t end, std::string why);
  Result<std::optional<LogPiece>> behind_records();
  Result<uint64_t> end_of_data(uint64_t from);

  FileSystem* files_;
  std::string path_;
  uint64_t size_ = 0;
  std::unique_ptr<file_storage::LogFile> log_;  // empty: the header is not that of a log
  std::string header_trouble_;
  std::string odd_header_;
  uint64_t mark_ = 0;  // the field of the header as it is
  bool mark_met_ = false;
  uint64_t at_ = 0;  // everything before it was told
  bool zeros_follow_ = false;
  std::optional<Zxid> last_;
  bool skipped_ = false;  // something that cannot be read, behind last_
};

}  // namespace zookernel::db_tool
