// Appends transactions to log files: encodes them into one buffer, writes it in few large pieces,
// syncs.
//
// A new file gets its header, its name and the name's durability before its first record: it is
// made as .tmp-log.<hex>, synced, renamed, and the directory synced. So a log of ours is never
// empty or without a header, whatever crashes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

struct LogWriterOptions {
  std::string directory;
  uint64_t preallocated_bytes = 64 << 20;  // 0: off
  bool sync = true;                        // forceSync
  int64_t slow_sync_ms = 1000;
  uint64_t roll_bytes = 0;  // 0: only when told
};

// [log]. After a failure every call returns the same error.
class LogWriter {
 public:
  LogWriter(FileSystem& files, LogWriterOptions options, Logger& log, Summary& sync_ms);

  // Takes the records, which may stay in memory until flush or sync. Within a file each is the one
  // before plus 1, repeats it or begins a later epoch; anything else is refused. roll() before a
  // jump that a snapshot explains.
  Status append(std::span<const LogRecord> records);
  // Everything is in the file, so that it can be read; not durable.
  Status flush();
  // Everything appended is durable.
  Status sync();
  // Ends the file, durably and without padding; the next append begins another one.
  Status roll();

 private:
  Status begin_file(Zxid first);
  Status write_buffer();
  Status preallocate(uint64_t end);
  Status sync_file();
  void forget_synced();
  Status mark_durable();
  void give_up_note(const Error& error);
  Status fail(Error error);

  FileSystem& files_;
  const LogWriterOptions options_;
  Logger& log_;
  Summary& sync_ms_;

  std::unique_ptr<File> file_;  // the open log, if any
  std::string path_, name_;
  std::unique_ptr<File>
      newest_log_;          // tells how much of it is durable; none when it cannot be kept
  Buffer buffer_;           // encoded and not yet written
  uint64_t written_ = 0;    // bytes of the file that hold header and records
  uint64_t allocated_ = 0;  // length of the file
  uint64_t forgotten_ = 0;  // where the part begins that may still be in memory
  bool dirty_ = false;      // written and not synced
  Zxid last_;
  std::optional<Error> error_;
};

}  // namespace zookernel::file_storage
