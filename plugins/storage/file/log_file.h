// Reads one log file from its beginning, and finds its way behind damage.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/newest_log.h"
#include "zookernel/bytes.h"
#include "zookernel/file_system.h"
#include "zookernel/result.h"

namespace zookernel::file_storage {

// A window on a file that moves forward: large reads, and views into them without copying.
class FileWindow {
 public:
  FileWindow(std::unique_ptr<File> file, uint64_t size) : file_(std::move(file)), size_(size) {}

  // The bytes [offset, offset + count), fewer at the end of the file. Borrowed until the next call.
  Result<Bytes> view(uint64_t offset, size_t count);
  [[nodiscard]] uint64_t size() const { return size_; }

 private:
  Status load(uint64_t offset, size_t count);

  std::unique_ptr<File> file_;
  uint64_t size_;
  Buffer buffer_;
  uint64_t begin_ = 0;  // where in the file buffer_ begins
};

class LogFile {
 public:
  struct Record {
    Zxid zxid;
    Bytes body;  // borrowed until the next call
  };
  // Where the records ended, and why. `fault` is empty for a clean end: the end of the file, or
  // padding.
  struct End {
    uint64_t offset = 0;
    std::string fault;
    // What the length field of the record at `offset` claims as its end, 0 when it claims nothing
    // possible.
    uint64_t claimed_end = 0;
  };
  struct Found {
    uint64_t offset = 0;
    Zxid zxid;
  };

  // A bad record that must have been wholly on the disk once.
  struct Damaged {
    std::string why;   // it is known
    Zxid zxid;         // by its body, which may be what is damaged
    uint64_t end = 0;  // behind its end byte
  };

  // Opens the file and checks the header. kTruncated when there is no whole header, kCorrupt for a
  // foreign one; the messages name path and byte.
  // `note` is of the newest log, which may be another one.
  static Result<std::unique_ptr<LogFile>> open(FileSystem& files, std::string path,
                                               const std::optional<NewestLog>& note);
  // Reads the note, too.
  static Result<std::unique_ptr<LogFile>> open(FileSystem& files, std::string path);

  // The next record, or empty: then end() tells. Errors only where the file cannot be read.
  Result<std::optional<Record>> next();
  [[nodiscard]] const End& end() const { return end_; }

  // The first whole record with a good checksum, a sane header and a zxid above `above` that begins
  // behind `offset`.
  Result<std::optional<Found>> find_valid(uint64_t offset, Zxid above);
  // Do lost sectors explain that the record at `from` is bad and the one at `to` is good? After a
  // power failure each 512-byte sector of an unsynced write is there or is still zero.
  Result<bool> lost_sectors_explain(uint64_t from, uint64_t to);
  // Is the bad record at end() damaged and not unfinished? Empty when an interrupted write can have
  // left it like this.
  Result<std::optional<Damaged>> damaged_when_whole();
  // Goes on reading at `offset`, the beginning of a record.
  void resume(uint64_t offset) { position_ = offset; }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] uint64_t size() const { return window_.size(); }
  // 0 when it is not known, as in files that Java wrote; see log_format.h.
  [[nodiscard]] uint64_t durable_end() const { return durable_end_; }
  // Behind the last record that next() returned.
  [[nodiscard]] uint64_t position() const { return position_; }

 private:
  LogFile(std::string path, std::unique_ptr<File> file, uint64_t size)
      : path_(std::move(path)), window_(std::move(file), size) {}
  Result<std::optional<Record>> fail(std::string fault, uint64_t claimed_end);
  Result<std::optional<Record>> end_or_padding();
  Result<bool> zeros_from(uint64_t offset, uint64_t limit);
  Result<uint64_t> end_that_fits_checksum();

  std::string path_;
  FileWindow window_;
  uint64_t durable_end_ = 0;
  uint64_t position_ = kLogHeaderBytes;
  End end_;
};

}  // namespace zookernel::file_storage
