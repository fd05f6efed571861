#include "plugins/storage/sqlite/sqlite_storage.h"

#include <algorithm>
#include <chrono>

#include "plugins/storage/sqlite/facts.h"
#include "plugins/storage/sqlite/schema.h"
#include "plugins/storage/sqlite/snapshot_reader.h"
#include "plugins/storage/sqlite/snapshot_rows.h"
#include "plugins/storage/sqlite/snapshot_writer.h"
#include "plugins/storage/sqlite/txn_reader.h"

namespace zookernel::sqlite_storage {
namespace {

// Pages by which the write-ahead log grows before the log thread moves them into the database: 8
// MiB.
constexpr int kCheckpointPages = 2000;
// Rows of the log that a purge removes while the log may wait.
constexpr int64_t kPurgeRows = 1000;

uint64_t size_of(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return 0;
  auto size = (*file)->size();
  return size ? *size : 0;
}

// Does the directory hold data of the storage "file"?
bool has_apache_files(FileSystem& files, const std::string& data_dir) {
  auto names = files.list(data_dir + "/version-2");
  if (!names) return false;
  return std::any_of(names->begin(), names->end(), [](const std::string& name) {
    return name.starts_with("snapshot.") || name.starts_with("log.");
  });
}

}  // namespace

SqliteStorage::~SqliteStorage() {
  rows_.reset();
}

Status SqliteStorage::configure(const Settings& settings, Host& host) {
  host_ = &host;
  auto options = read_options(settings, log());
  if (!options) return options.error();
  options_ = *std::move(options);
  sync_ms_ = &host.metrics().summary("fsynctime");
  if (!options_.sync) {
    log().warn(
        "forceSync=no: writes are acknowledged before they are on the disk; a power failure or a "
        "crash of the system LOSES ACKNOWLEDGED WRITES");
  }
  return Unit{};
}

Status SqliteStorage::start() {
  ZOOKERNEL_ASSERT(host_ != nullptr);
  if (auto opened = open_directory(); !opened) return opened;
  auto lock = files().lock_directory(options_.data_dir);
  if (!lock) {
    if (lock.error().code != Errc::kExists) return lock.error();
    return Error{Errc::kExists, "another server (or tool) uses " + options_.data_dir +
                                    " (stop it, or give this server a dataDir of its own)"};
  }
  lock_ = *std::move(lock);
  auto durable = Mark::read(files(), options_.mark());
  if (!durable) return durable.error();
  durable_ = *durable;
  if (!files().exists(options_.database())) {
    if (durable_) {
      return Error{Errc::kCorrupt,
                   options_.database() + " is missing, but by " + options_.mark() +
                       " it held transactions up to " + hex(durable_->value) +
                       " (restore it; or remove the mark to begin an empty database)"};
    }
    if (has_apache_files(files(), options_.data_dir)) {
      return Error{Errc::kInvalid,
                   "plugin.storage=sqlite: " + options_.data_dir +
                       "/version-2 holds logs and snapshots of plugin.storage=file, and there is "
                       "no data.db: a new, empty database beside them would hide them (convert "
                       "them with zookernel-db, or choose another dataDir)"};
    }
  }
  return open_database();
}

Status SqliteStorage::open_directory() {
  if (!files().exists(options_.data_dir)) {
    if (!options_.make_directories) {
      return Error{Errc::kNotFound, "Missing data directory " + options_.data_dir +
                                        ", automatic data directory creation is disabled "
                                        "(zookeeper.datadir.autocreate is false). Please "
                                        "create this directory manually."};
    }
    if (auto made = files().make_directories(options_.data_dir); !made) {
      return Error{made.error().code,
                   "make data directory " + options_.data_dir + ": " + made.error().message +
                       " (run as a user that may write there, or change dataDir)"};
    }
  }
  // Permissions have too many sources to be asked about; trying tells.
  const std::string probe = options_.data_dir + "/.tmp-write-check";
  auto file = files().open(probe, FileSystem::Mode::kCreate);
  if (!file) {
    return Error{file.error().code, "data directory " + options_.data_dir +
                                        " cannot be written: " + file.error().message +
                                        " (run as the user that owns it, or change its owner)"};
  }
  return files().remove(probe);
}

Result<std::unique_ptr<Connection>> SqliteStorage::connect(bool durable) {
  if (!vfs_) vfs_ = std::make_unique<Vfs>(files());
  return Connection::open(*vfs_, options_.database(), durable);
}

Status SqliteStorage::open_database() {
  auto opened = connect(options_.sync);
  if (!opened) return opened.error();
  log_connection_ = *std::move(opened);
  if (auto done = log_connection_->use_write_ahead_log(); !done) return done;
  if (auto done = migrate(*log_connection_, options_.database(), log()); !done) return done;
  auto second = connect(false);
  if (!second) return second.error();
  snapshot_connection_ = *std::move(second);
  return mark_.open(files(), options_.mark());
}

void SqliteStorage::stop() noexcept {
  rows_.reset();
  snapshot_connection_.reset();
  if (log_connection_ && recovered_ && !failed_) {
    if (auto done = log_connection_->checkpoint_and_truncate(); !done) {
      log().warn("the database was not closed cleanly", {{"why", done.error().message}});
    }
  }
  log_connection_.reset();
  vfs_.reset();
  lock_.reset();
}

Result<StorageContents> SqliteStorage::contents() {
  if (lock_) {
    if (auto sound = check_pages(*log_connection_, options_.database()); !sound)
      return sound.error();
    return contents_by(*log_connection_);
  }
  // Not started: beside a server, which has looked at the pages and brought the schema up to date.
  if (!files().exists(options_.database())) {
    return Error{Errc::kNotFound, options_.database() + " is not there"};
  }
  auto connection = connect(false);
  if (!connection) return connection.error();
  return contents_by(**connection);
}

Result<StorageContents> SqliteStorage::contents_by(Connection& connection) {
  auto snapshots = read_snapshots(connection);
  if (!snapshots) return snapshots.error();
  StorageContents contents;
  for (const SnapshotRow& row : *snapshots) {
    if (row.complete && (contents.snapshots.empty() || contents.snapshots.back() != row.zxid))
      contents.snapshots.push_back(row.zxid);
  }
  auto end = read_end(connection);
  if (!end) return end.error();
  contents.has_log = end->seq != 0;
  auto epochs = read_epochs(connection);
  if (!epochs) return epochs.error();
  contents.epochs = *epochs;
  return contents;
}

Result<std::unique_ptr<SnapshotReader>> SqliteStorage::read_snapshot(Zxid zxid) {
  auto connection = connect(false);
  if (!connection) return connection.error();
  auto snapshots = read_snapshots(**connection);
  if (!snapshots) return snapshots.error();
  for (SnapshotRow& row : *snapshots) {
    if (row.complete && row.zxid == zxid)
      return open_snapshot(*std::move(connection), std::move(row), options_.database());
  }
  return Error{Errc::kNotFound, "read a snapshot of transaction " + hex(zxid.value) + ": " +
                                    options_.database() + " has no complete one"};
}

Result<std::unique_ptr<TxnReader>> SqliteStorage::read_log(Zxid from) {
  if (failed_) return *failed_;
  if (auto done = commit_pending(); !done) return done.error();
  auto connection = connect(false);
  if (!connection) return connection.error();
  return RowReader::open(*std::move(connection), options_.database(), from, durable_);
}

Status SqliteStorage::recovered(Zxid last) {
  if (failed_) return *failed_;
  auto end = read_end(*log_connection_);
  if (!end) return end.error();
  if (end->zxid > last) {
    return Error{Errc::kInvalid, "recovery ended at transaction " + hex(last.value) +
                                     ", but the log holds " + hex(end->zxid.value)};
  }
  // Of a process that was killed before its sync, the last commits may be in the system's memory
  // only. They will be served and built on, so from now on they must not be lost: the sync of one
  // more commit is that of all before it. (Writing the version again changes nothing.)
  if (auto done =
          log_connection_->execute("PRAGMA user_version=" + std::to_string(schema_version()));
      !done) {
    return keep(done);
  }
  if (auto done = log_connection_->checkpoint_and_truncate(); !done) return keep(done);
  if (auto done = mark_.write(last); !done) return keep(done);
  if (auto done = mark_.sync(); !done) return keep(done);
  if (auto done = files().sync_directory(options_.data_dir); !done) return keep(done);
  auto snapshots = read_snapshots(*snapshot_connection_);
  if (!snapshots) return keep(snapshots.error());
  for (const SnapshotRow& row : *snapshots) {
    if (row.complete) continue;
    if (auto done = remove_snapshot(*snapshot_connection_, turn_, row); !done) return keep(done);
    log().info("an unfinished snapshot is removed", {{"zxid", hex(row.zxid.value)}});
  }
  auto rows = TxnRows::open(*log_connection_);
  if (!rows) return keep(rows.error());
  rows_ = *std::move(rows);
  durable_.reset();
  recovered_ = true;
  return Unit{};
}

Status SqliteStorage::keep(Status status) {
  if (!status && !failed_) failed_ = status.error();
  return status;
}

Status SqliteStorage::append(std::span<const LogRecord> records) {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(rows_ != nullptr);
  pending_.insert(pending_.end(), records.begin(), records.end());
  return Unit{};
}

Status SqliteStorage::sync() {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(rows_ != nullptr);
  return commit_pending();
}

Status SqliteStorage::commit_pending() {
  if (pending_.empty()) return Unit{};
  const auto begin = std::chrono::steady_clock::now();
  Status written = write_pending();
  if (!written) {
    log_connection_->roll_back();
    log().error("the transaction log cannot be written any more",
                {{"why", written.error().message}});
    return keep(std::move(written));
  }
  pending_.clear();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
  sync_ms_->add(took);
  if (took > options_.slow_sync_ms) {
    log().warn(
        "committing a group of transactions took long: it delays every write (see the disk; "
        "fsync.warningthresholdms)",
        {{"ms", took}, {"file", options_.database()}});
  }
  return Unit{};
}

Status SqliteStorage::write_pending() {
  const Turn mine(turn_, WriteTurn::Who::kLog);
  // The snapshot's writer may have met what must not be tried again.
  if (const auto final = vfs_->final_error()) return *final;
  if (auto begun = log_connection_->begin(); !begun) return begun;
  for (const LogRecord& record : pending_) {
    if (auto done = rows_->insert(record); !done) return done;
  }
  if (auto done = log_connection_->commit(); !done) return done;
  if (auto done = mark_.write(rows_->end().zxid); !done) return done;
  return checkpoint_log();
}

Status SqliteStorage::checkpoint_log() {
  const int pages = log_connection_->log_pages();
  if (pages < checkpointed_pages_) checkpointed_pages_ = 0;
  if (pages - checkpointed_pages_ < kCheckpointPages) return Unit{};
  checkpointed_pages_ = pages;
  return log_connection_->checkpoint();
}

Status SqliteStorage::roll() {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(rows_ != nullptr);
  if (auto done = commit_pending(); !done) return done;
  rows_->forget_order();
  return Unit{};
}

Status SqliteStorage::save(const Epochs& epochs) {
  if (failed_) return *failed_;
  const Turn mine(turn_, WriteTurn::Who::kLog);
  if (auto done = log_connection_->begin(); !done) return keep(done);
  Status done = write_epochs(*log_connection_, epochs);
  if (done) done = log_connection_->commit();
  if (!done) log_connection_->roll_back();
  return keep(std::move(done));
}

Status SqliteStorage::truncate_after(Zxid zxid) {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(rows_ != nullptr);
  if (auto done = commit_pending(); !done) return done;
  auto snapshots = read_snapshots(*log_connection_);
  if (!snapshots) return keep(snapshots.error());
  const auto base =
      std::find_if(snapshots->begin(), snapshots->end(), [zxid](const SnapshotRow& row) {
        // One that does not tell cannot be trusted to be free of later transactions.
        return row.complete && row.zxid <= zxid && row.last_zxid && *row.last_zxid <= zxid &&
               row.sum == row.sum_now();
      });
  if (base == snapshots->end()) {
    return Error{Errc::kUnsupported,
                 "truncate " + options_.database() + " behind transaction " + hex(zxid.value) +
                     ": no snapshot in it is free of later transactions; a snapshot of the leader "
                     "is needed"};
  }
  return keep(forget_after(zxid, base->zxid));
}

Status SqliteStorage::forget_after(Zxid zxid, Zxid base) {
  const Turn mine(turn_, WriteTurn::Who::kLog);
  // The mark first: a database that ends before what it vouches for would be taken for damaged.
  if (auto done = mark_.write(zxid); !done) return done;
  if (auto done = mark_.sync(); !done) return done;
  rows_.reset();
  if (auto done = log_connection_->begin(); !done) return done;
  if (auto done =
          log_connection_->execute("DELETE FROM txn WHERE zxid > " + std::to_string(zxid.value));
      !done) {
    return done;
  }
  // Their rows go with the next purge or start.
  if (auto done = log_connection_->execute("UPDATE snapshot SET complete = 0 WHERE zxid > " +
                                           std::to_string(base.value));
      !done) {
    return done;
  }
  if (auto done = log_connection_->commit(); !done) return done;
  auto rows = TxnRows::open(*log_connection_);
  if (!rows) return rows.error();
  rows_ = *std::move(rows);
  log().info("the log is cut", {{"last_zxid", hex(zxid.value)}});
  return Unit{};
}

Result<std::unique_ptr<SnapshotWriter>> SqliteStorage::begin_snapshot(Zxid zxid) {
  return begin_snapshot_rows(*snapshot_connection_, turn_, zxid);
}

Status SqliteStorage::purge(int snapshots_kept) {
  auto snapshots = read_snapshots(*snapshot_connection_);
  if (!snapshots) return snapshots.error();
  std::optional<Zxid> oldest_kept;
  int kept = 0;
  for (const SnapshotRow& row : *snapshots) {
    if (row.complete && oldest_kept != row.zxid && kept < std::max(snapshots_kept, 1)) {
      oldest_kept = row.zxid;
      ++kept;
      continue;
    }
    if (auto done = remove_snapshot(*snapshot_connection_, turn_, row); !done) return done;
    log().info("an old snapshot is purged", {{"zxid", hex(row.zxid.value)}});
  }
  return oldest_kept ? purge_log(*oldest_kept) : Status(Unit{});
}

// The last row stays, so that numbers and chain go on.
Status SqliteStorage::purge_log(Zxid kept) {
  Connection& connection = *snapshot_connection_;
  for (;;) {
    auto first = connection.integer("SELECT min(seq) FROM txn");
    if (!first) return first.error();
    auto last = connection.integer("SELECT max(seq) FROM txn");
    if (!last) return last.error();
    const int64_t behind = std::min(*first + kPurgeRows, *last);
    const Turn mine(turn_, WriteTurn::Who::kSnapshot);
    if (auto done = connection.execute("DELETE FROM txn WHERE seq < " + std::to_string(behind) +
                                       " AND zxid <= " + std::to_string(kept.value));
        !done) {
      return done;
    }
    if (connection.changes() == 0) return Unit{};
  }
}

DiskUsage SqliteStorage::usage() {
  return {size_of(files(), options_.database()), size_of(files(), options_.database() + "-wal")};
}

Result<DiskRoom> SqliteStorage::room() {
  auto free = files().free_space(options_.data_dir);
  if (!free) return free.error();
  return DiskRoom{*free, *free};
}

}  // namespace zookernel::sqlite_storage
