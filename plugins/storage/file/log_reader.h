// Transactions of all log files in order, and the judgement on what is damaged: a torn tail, a
// hole, or nothing that matters.
//
// Java reads up to the first record that looks incomplete and goes on with the next file, so that
// damage in the middle drops acknowledged transactions in silence. Here a place that does not read
// as a record is
//
//   harmless   when everything up to the next good record is older than what is asked for (a
//   snapshot has it) torn       when nothing behind it can have been acknowledged:
//                - no good record follows in the file (in a file of ours also: it lies behind the
//                durable end and lost
//                  sectors explain it),
//                - it does not show that it was whole once, and in a file of ours it does not lie
//                  before the durable end, and
//                - it is the last file, or the next one begins exactly with the transaction that is
//                missing or with an
//                  epoch (the server was restarted after the crash)
//   a hole     otherwise. That is an error, and every later call returns it again.
//
// Transactions are in order: each is the one before plus 1, or begins a later epoch, or repeats the
// one before. The first one continues what the caller has (`from` - 1).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/log_file.h"
#include "zookernel/log.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

// What the end of the last file looks like when everything has been read.
struct LogTail {
  std::string path;         // the last file; empty without any
  uint64_t good_end = 0;    // behind its last good record
  uint64_t size = 0;        // of the file
  bool torn = false;        // there are unfinished records behind good_end
  bool no_records = false;  // it holds none at all: it can go
  Zxid last;                // the last transaction read, or `from` - 1
};

class LogReader : public TxnReader {
 public:
  // `logs` is ascending. `files` and `log` outlive the reader.
  LogReader(FileSystem& files, std::string directory, std::vector<LogName> logs,
            std::optional<NewestLog> note, Zxid from, Logger& log);

  Result<std::optional<Record>> next() override;
  // Called once when the end was reached without an error.
  void on_end(std::function<void(const LogTail&)> report) { report_ = std::move(report); }

 private:
  Status advance();
  Status open_file();
  Result<std::optional<Record>> accept(const LogFile::Record& record);
  Status finish_file();
  Status judge_damage(uint64_t offset, const std::string& fault);
  Status judge_unfinished(uint64_t offset, const std::string& fault);
  Status judge_whole(uint64_t offset, const std::string& fault, const LogFile::Damaged& damaged);
  bool is_deliberate_cut(uint64_t offset) const;
  // Empty when the next file continues behind last_, else what is wrong with it.
  std::optional<std::string> next_file_gap(uint64_t offset) const;
  void leave_file(uint64_t good_end, bool torn);
  [[nodiscard]] bool on_last_file() const { return index_ + 1 == logs_.size(); }
  [[nodiscard]] std::string place(uint64_t offset) const;
  Error hole(const std::string& what) const;

  FileSystem& files_;
  std::string directory_;
  std::vector<LogName> logs_;  // those that are needed
  const std::optional<NewestLog> note_;
  const Zxid from_;
  Logger& log_;
  std::function<void(const LogTail&)> report_;

  size_t index_ = 0;
  std::unique_ptr<LogFile> file_;  // logs_[index_], when it is open
  bool file_has_records_ = false;
  bool delivered_ = false;
  Zxid last_;          // the last transaction that the caller has
  Zxid last_in_file_;  // the last one seen, also of those below from_
  LogTail tail_;
  bool ended_ = false;
  std::optional<Error> error_;
};

// The files that hold transactions >= from: all that begin there or later, and the newest that
// begins before.
[[nodiscard]] std::vector<LogName> logs_needed(const std::vector<LogName>& logs, Zxid from);

}  // namespace zookernel::file_storage
