// Storage in Apache's files: transaction logs, snapshots and epochs that Java servers read, and
// theirs.
//
// See layout.h for names, log_format.h for bytes, log_reader.h for what is taken for damage.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/log_reader.h"
#include "plugins/storage/file/log_writer.h"
#include "plugins/storage/file/options.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

class FileStorage : public Storage {
 public:
  FileStorage() = default;
  ~FileStorage() override;

  Status configure(const Settings& settings, Host& host) override;
  // Makes the directories (if it may), locks them, and checks that they can be written and are not
  // mixed up.
  Status start() override;
  // What was appended and not synced is not: nobody was told that it is durable.
  void stop() noexcept override;

  // [startup]
  Result<StorageContents> contents() override;
  Result<std::unique_ptr<SnapshotReader>> read_snapshot(Zxid zxid) override;
  // [startup] or [log]. A reader sees what was appended before it was made. It must not outlive the
  // storage.
  Result<std::unique_ptr<TxnReader>> read_log(Zxid from) override;
  // After a reader came to the end: what lies behind the last good record of the newest log is cut,
  // a newest log without any record is removed, and unfinished files are removed. Without that,
  // only the last. What was read is durable on return.
  Status recovered(Zxid last) override;

  // [log] After a failure of one of these, all return that error.
  Status append(std::span<const LogRecord> records) override;
  Status sync() override;
  Status roll() override;
  Status save(const Epochs& epochs) override;
  // kUnsupported, with nothing changed and no end of everything, when there is no snapshot to build
  // on.
  Status truncate_after(Zxid zxid) override;

  // [snapshot]
  Result<std::unique_ptr<SnapshotWriter>> begin_snapshot(Zxid zxid) override;
  Status purge(int snapshots_kept) override;

  // [any]
  DiskUsage usage() override;
  Result<DiskRoom> room() override;

 private:
  [[nodiscard]] FileSystem& files() { return host_->files(); }
  [[nodiscard]] Logger& log() { return host_->log(); }
  Status open_directory(const std::string& directory);
  Status check_directories();
  Status find_snapshots(const Listing& listing, StorageContents& contents);
  Status clean(const std::string& directory);
  Status cut_tail();
  void make_writer();
  Status keep(Status status);

  Host* host_ = nullptr;  // lent by the kernel, outlives this
  FileOptions options_;
  Summary* sync_ms_ = nullptr;
  std::unique_ptr<DirectoryLock> snapshot_lock_, log_lock_;
  std::unique_ptr<LogWriter> writer_;
  std::optional<LogTail> tail_;  // what recovery found, until recovered()
  Epochs epochs_;                // as on disk
  bool recovered_ = false;
  std::optional<Error> failed_;  // [log]
};

}  // namespace zookernel::file_storage
