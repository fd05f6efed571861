// Storage in one SQLite database, data.db: see README.md, and schema.sql for its tables.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/storage/sqlite/connection.h"
#include "plugins/storage/sqlite/mark.h"
#include "plugins/storage/sqlite/options.h"
#include "plugins/storage/sqlite/txn_rows.h"
#include "plugins/storage/sqlite/vfs.h"
#include "plugins/storage/sqlite/write_turn.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::sqlite_storage {

class SqliteStorage : public Storage {
 public:
  SqliteStorage() = default;
  ~SqliteStorage() override;

  Status configure(const Settings& settings, Host& host) override;
  // Makes the directory (if it may), locks it, opens or makes the database and brings its schema up
  // to date.
  Status start() override;
  // What was appended and not synced is not: nobody was told that it is durable.
  void stop() noexcept override;

  // [startup] Reads all pages of the file first.
  Result<StorageContents> contents() override;
  Result<std::unique_ptr<SnapshotReader>> read_snapshot(Zxid zxid) override;
  // [startup] or [log]. A reader sees what was appended before it was made, which this makes
  // durable. It must not outlive the storage.
  Result<std::unique_ptr<TxnReader>> read_log(Zxid from) override;
  // What was read is durable on return. Unfinished snapshots are removed.
  Status recovered(Zxid last) override;

  // [log] After a failure of one of these, all return that error.
  Status append(std::span<const LogRecord> records) override;
  Status sync() override;
  // There are no files to begin, but the next append may follow after a jump.
  Status roll() override;
  Status save(const Epochs& epochs) override;
  // One transaction. kUnsupported, with nothing changed and no end of everything, when there is no
  // snapshot to build on.
  Status truncate_after(Zxid zxid) override;

  // [snapshot]
  Result<std::unique_ptr<SnapshotWriter>> begin_snapshot(Zxid zxid) override;
  Status purge(int snapshots_kept) override;

  // [any] The database file counts as snapshots, the write-ahead log as logs.
  DiskUsage usage() override;
  Result<DiskRoom> room() override;

 private:
  [[nodiscard]] FileSystem& files() { return host_->files(); }
  [[nodiscard]] Logger& log() { return host_->log(); }
  Status open_directory();
  Status open_database();
  Result<std::unique_ptr<Connection>> connect(bool durable);
  Result<StorageContents> contents_by(Connection& connection);
  Status commit_pending();
  Status write_pending();
  Status checkpoint_log();
  Status forget_after(Zxid zxid, Zxid base);
  Status purge_log(Zxid kept);
  Status keep(Status status);

  Host* host_ = nullptr;  // lent by the kernel, outlives this
  SqliteOptions options_;
  Summary* sync_ms_ = nullptr;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<Vfs> vfs_;
  std::optional<Zxid> durable_;  // as the mark said at start, until recovered()
  bool recovered_ = false;
  WriteTurn turn_;

  // [log]
  std::unique_ptr<Connection> log_connection_;
  std::unique_ptr<TxnRows> rows_;
  Mark mark_;
  std::vector<LogRecord> pending_;
  int checkpointed_pages_ = 0;
  std::optional<Error> failed_;

  // [snapshot]
  std::unique_ptr<Connection> snapshot_connection_;
};

}  // namespace zookernel::sqlite_storage
