#include "plugins/storage/file/file_storage.h"

#include <algorithm>

#include "plugins/storage/file/epoch_files.h"
#include "plugins/storage/file/newest_log.h"
#include "plugins/storage/file/snapshot_reader.h"
#include "plugins/storage/file/snapshot_writer.h"
#include "plugins/storage/file/truncation.h"

namespace zookernel::file_storage {
namespace {

// As Java: the newest so many snapshots are worth a try.
constexpr size_t kCandidatesMax = 100;

uint64_t size_of(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return 0;  // Purged meanwhile.
  auto size = (*file)->size();
  return size ? *size : 0;
}

}  // namespace

FileStorage::~FileStorage() = default;

Status FileStorage::configure(const Settings& settings, Host& host) {
  host_ = &host;
  auto options = read_options(settings, log());
  if (!options) return options.error();
  options_ = *std::move(options);
  sync_ms_ = &host.metrics().summary("fsynctime");
  if (!options_.sync) {
    log().warn(
        "forceSync=no: writes are acknowledged before they are on the disk; a power failure or a "
        "crash of the system "
        "LOSES ACKNOWLEDGED WRITES");
  }
  return Unit{};
}

Status FileStorage::start() {
  ZOOKERNEL_ASSERT(host_ != nullptr);
  if (auto opened = open_directory(options_.snapshot_directory); !opened) return opened;
  if (!options_.one_directory()) {
    if (auto opened = open_directory(options_.log_directory); !opened) return opened;
  }
  auto lock = files().lock_directory(options_.snapshot_directory);
  const std::string* locked = &options_.snapshot_directory;
  if (lock) {
    snapshot_lock_ = *std::move(lock);
    if (!options_.one_directory()) {
      locked = &options_.log_directory;
      lock = files().lock_directory(options_.log_directory);
      if (lock) log_lock_ = *std::move(lock);
    }
  }
  if (!snapshot_lock_ || (!options_.one_directory() && !log_lock_)) {
    const Error& error = lock.error();
    if (error.code != Errc::kExists) return error;
    return Error{Errc::kExists, "another server (or tool) uses " + *locked +
                                    " (stop it, or give this server a dataDir of its own)"};
  }
  return check_directories();
}

Status FileStorage::open_directory(const std::string& directory) {
  if (!files().exists(directory)) {
    if (!options_.make_directories) {
      return Error{Errc::kNotFound, "Missing data directory " + directory +
                                        ", automatic data directory creation is disabled "
                                        "(zookeeper.datadir.autocreate is false). Please "
                                        "create this directory manually."};
    }
    if (auto made = files().make_directories(directory); !made) {
      return Error{made.error().code,
                   "make data directory " + directory + ": " + made.error().message +
                       " (run as a user that may write there, or change dataDir or dataLogDir)"};
    }
  }
  // Permissions have too many sources to be asked about; trying tells.
  const std::string probe = join(directory, std::string(kUnfinishedPrefix) + "write-check");
  auto file = files().open(probe, FileSystem::Mode::kCreate);
  if (!file) {
    return Error{file.error().code, "data directory " + directory +
                                        " cannot be written: " + file.error().message +
                                        " (run as the user that owns it, or change its owner)"};
  }
  return files().remove(probe);
}

Status FileStorage::check_directories() {
  auto snapshots = list_directory(files(), options_.snapshot_directory);
  if (!snapshots) return snapshots.error();
  auto logs = list_directory(files(), options_.log_directory);
  if (!logs) return logs.error();
  if (!options_.one_directory()) {
    if (!logs->snapshots.empty()) {
      return Error{
          Errc::kInvalid,
          "Log directory has snapshot files. Check if dataLogDir and dataDir configuration is "
          "correct. (dataLogDir=" +
              options_.data_log_dir + " holds version-2/" + logs->snapshots.front().name +
              ", dataDir=" + options_.data_dir + ")"};
    }
    if (!snapshots->logs.empty()) {
      return Error{
          Errc::kInvalid,
          "Snapshot directory has log files. Check if dataLogDir and dataDir configuration is "
          "correct. (dataDir=" +
              options_.data_dir + " holds version-2/" + snapshots->logs.front().name +
              ", dataLogDir=" + options_.data_log_dir + ")"};
    }
  }
  const std::string database = join(options_.data_dir, "data.db");
  if (snapshots->snapshots.empty() && logs->logs.empty() && files().exists(database)) {
    return Error{Errc::kInvalid,
                 "plugin.storage=file: " + database + " is there, of plugin.storage=sqlite, and " +
                     options_.snapshot_directory +
                     " holds nothing: an empty tree beside it would hide it (set "
                     "plugin.storage=sqlite, convert it with zookernel-db, or choose another "
                     "dataDir)"};
  }
  const auto warn = [this](const std::string& directory, const Listing& listing) {
    for (const std::string& name : listing.lookalikes) {
      log().warn(
          "a file is not read here, though a Java server would take it for a log or a snapshot: "
          "move it away",
          {{"file", join(directory, name)}});
    }
  };
  warn(options_.snapshot_directory, *snapshots);
  if (!options_.one_directory()) warn(options_.log_directory, *logs);
  return Unit{};
}

void FileStorage::stop() noexcept {
  if (writer_ && !failed_) {
    // Durable records only gain by it; what was not synced was not acknowledged, and may be kept.
    if (auto ended = writer_->roll(); !ended) {
      log().warn("the transaction log was not closed cleanly", {{"why", ended.error().message}});
    }
  }
  writer_.reset();
  log_lock_.reset();
  snapshot_lock_.reset();
}

Status FileStorage::find_snapshots(const Listing& listing, StorageContents& contents) {
  size_t complete_files = 0;
  for (auto snapshot = listing.snapshots.rbegin();
       snapshot != listing.snapshots.rend() && complete_files < kCandidatesMax; ++snapshot) {
    const std::string path = join(options_.snapshot_directory, snapshot->name);
    auto complete = looks_complete(files(), path, snapshot->compression);
    if (!complete) return complete.error();
    if (!*complete) {
      log().warn("a snapshot is incomplete and is not used", {{"file", path}});
      contents.incomplete.push_back(snapshot->zxid);
      continue;
    }
    ++complete_files;
    if (contents.snapshots.empty() || contents.snapshots.back() != snapshot->zxid)
      contents.snapshots.push_back(snapshot->zxid);
  }
  return Unit{};
}

Result<StorageContents> FileStorage::contents() {
  auto snapshots = list_directory(files(), options_.snapshot_directory);
  if (!snapshots) return snapshots.error();
  auto logs = list_directory(files(), options_.log_directory);
  if (!logs) return logs.error();
  if (auto checked = check_newest_log(files(), options_.log_directory, *logs, &log()); !checked) {
    return checked.error();
  }

  StorageContents contents;
  if (auto found = find_snapshots(*snapshots, contents); !found) return found.error();
  contents.has_log = !logs->logs.empty();
  NewestEpochs newest;
  if (!contents.snapshots.empty()) newest.snapshot = contents.snapshots.front().epoch();
  newest.any = newest.snapshot;
  if (contents.has_log)
    newest.any = std::max(newest.any, std::optional(logs->logs.back().first.epoch()));
  auto epochs = read_epochs(files(), options_.snapshot_directory, newest);
  if (!epochs) return epochs.error();
  contents.epochs = *epochs;
  // A corrected epoch is not what the file says: the next save writes it.
  auto raw = read_epochs(files(), options_.snapshot_directory, {});
  if (!raw) return raw.error();
  epochs_ = *raw;
  return contents;
}

Result<std::unique_ptr<SnapshotReader>> FileStorage::read_snapshot(Zxid zxid) {
  auto listing = list_directory(files(), options_.snapshot_directory);
  if (!listing) return listing.error();
  // One zxid in several compressions is a change of settings: the plain one is the cheapest to
  // read.
  for (const SnapshotName& snapshot : listing->snapshots) {
    if (snapshot.zxid != zxid) continue;
    const std::string path = join(options_.snapshot_directory, snapshot.name);
    auto complete = looks_complete(files(), path, snapshot.compression);
    if (!complete) return complete.error();
    if (*complete) return open_snapshot(files(), path, snapshot.compression);
  }
  return Error{Errc::kNotFound, "read a snapshot of transaction " + hex(zxid.value) + ": " +
                                    options_.snapshot_directory + " has no complete one"};
}

Result<std::unique_ptr<TxnReader>> FileStorage::read_log(Zxid from) {
  if (failed_) return *failed_;
  if (writer_) {
    if (auto flushed = keep(writer_->flush()); !flushed) return flushed.error();
  }
  auto listing = list_directory(files(), options_.log_directory);
  if (!listing) return listing.error();
  auto note = read_newest_log(files(), options_.log_directory);
  if (!note) return note.error();
  auto reader = std::make_unique<LogReader>(
      files(), options_.log_directory, std::move(listing->logs), *std::move(note), from, log());
  if (!recovered_) {
    reader->on_end([this](const LogTail& tail) { tail_ = tail; });
  }
  return std::unique_ptr<TxnReader>(std::move(reader));
}

Status FileStorage::recovered(Zxid last) {
  if (failed_) return *failed_;
  if (tail_ && tail_->last > last) {
    return Error{Errc::kInvalid, "recovery ended at transaction " + hex(last.value) +
                                     ", but the logs hold " + hex(tail_->last.value)};
  }
  if (auto cut = cut_tail(); !cut) return keep(cut);
  tail_.reset();
  if (auto cleaned = clean(options_.snapshot_directory); !cleaned) return keep(cleaned);
  if (!options_.one_directory()) {
    if (auto cleaned = clean(options_.log_directory); !cleaned) return keep(cleaned);
  }
  recovered_ = true;
  if (!writer_) make_writer();
  return Unit{};
}

Status FileStorage::cut_tail() {
  if (!tail_ || tail_->path.empty()) return Unit{};
  if (tail_->no_records) {
    // First what remembers it: it would be missed.
    if (auto forgotten = remove_newest_log(files(), options_.log_directory); !forgotten)
      return forgotten;
    if (auto removed = files().remove(tail_->path); !removed) return removed;
    log().info("the newest log holds no transaction and is removed", {{"file", tail_->path}});
    return files().sync_directory(options_.log_directory);
  }
  auto file = files().open(tail_->path, FileSystem::Mode::kReadWrite);
  if (!file) return file.error();
  // Of a process that was killed before its sync, the last records may be in the system's memory
  // only. They will be served and built on, so from now on they must not be lost.
  if (auto synced = (*file)->sync(); !synced) return synced;
  // Where the log was cut on purpose, what vouches for more goes first.
  auto newest = read_newest_log(files(), options_.log_directory);
  if (!newest) return newest.error();
  if (*newest && (*newest)->durable_end > tail_->good_end) {
    if (auto forgotten = remove_newest_log(files(), options_.log_directory); !forgotten)
      return forgotten;
  }
  // The file is complete now.
  char mark[8];
  store_be64(mark, tail_->good_end);
  if (auto marked = (*file)->write_at(kDurableEndOffset, {mark, sizeof mark}); !marked)
    return marked;
  if (tail_->torn) {
    if (auto cut = (*file)->resize(tail_->good_end); !cut) return cut;
  }
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (!tail_->torn) return Unit{};
  log().warn("an unfinished end of the log is cut off", {{"file", tail_->path},
                                                         {"offset", tail_->good_end},
                                                         {"bytes", tail_->size - tail_->good_end},
                                                         {"last_zxid", hex(tail_->last.value)}});
  return Unit{};
}

Status FileStorage::clean(const std::string& directory) {
  auto listing = list_directory(files(), directory);
  if (!listing) return listing.error();
  for (const std::string& name : listing->leftovers) {
    // An epoch that Java was about to write may be the only trace of it; it goes when the epoch
    // itself is saved.
    if (name.ends_with("Epoch.tmp")) continue;
    if (auto removed = files().remove(join(directory, name)); !removed) return removed;
    log().info("an unfinished file is removed", {{"file", join(directory, name)}});
  }
  // Always: a snapshot may have got its name right before its process was killed, and the server is
  // about to build on it.
  return files().sync_directory(directory);
}

void FileStorage::make_writer() {
  LogWriterOptions options;
  options.directory = options_.log_directory;
  options.preallocated_bytes = options_.preallocated_bytes;
  options.sync = options_.sync;
  options.slow_sync_ms = options_.slow_sync_ms;
  options.roll_bytes = options_.roll_bytes;
  writer_ = std::make_unique<LogWriter>(files(), std::move(options), log(), *sync_ms_);
}

Status FileStorage::keep(Status status) {
  if (!status && !failed_) failed_ = status.error();
  return status;
}

Status FileStorage::append(std::span<const LogRecord> records) {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(writer_ != nullptr);
  return keep(writer_->append(records));
}

Status FileStorage::sync() {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(writer_ != nullptr);
  return keep(writer_->sync());
}

Status FileStorage::roll() {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(writer_ != nullptr);
  return keep(writer_->roll());
}

Status FileStorage::save(const Epochs& epochs) {
  if (failed_) return *failed_;
  if (auto saved = write_epochs(files(), options_.snapshot_directory, epochs, epochs_); !saved) {
    return keep(saved);
  }
  if (epochs.accepted) epochs_.accepted = epochs.accepted;
  if (epochs.current) epochs_.current = epochs.current;
  return Unit{};
}

Status FileStorage::truncate_after(Zxid zxid) {
  if (failed_) return *failed_;
  ZOOKERNEL_ASSERT(writer_ != nullptr);
  if (auto rolled = writer_->roll(); !rolled) return keep(rolled);
  auto truncated =
      truncate_history(files(), {options_.log_directory, options_.snapshot_directory}, zxid, log());
  if (!truncated && truncated.error().code == Errc::kUnsupported) return truncated;
  return keep(truncated);
}

Result<std::unique_ptr<SnapshotWriter>> FileStorage::begin_snapshot(Zxid zxid) {
  return create_snapshot(files(), options_.snapshot_directory, zxid, options_.compression);
}

Status FileStorage::purge(int snapshots_kept) {
  return purge_history(files(), {options_.log_directory, options_.snapshot_directory},
                       snapshots_kept, log());
}

DiskUsage FileStorage::usage() {
  DiskUsage usage;
  if (auto listing = list_directory(files(), options_.snapshot_directory)) {
    for (const SnapshotName& snapshot : listing->snapshots) {
      usage.snapshot_bytes += size_of(files(), join(options_.snapshot_directory, snapshot.name));
    }
  }
  if (auto listing = list_directory(files(), options_.log_directory)) {
    for (const LogName& name : listing->logs) {
      usage.log_bytes += size_of(files(), join(options_.log_directory, name.name));
    }
  }
  return usage;
}

Result<DiskRoom> FileStorage::room() {
  auto logs = files().free_space(options_.log_directory);
  if (!logs) return logs.error();
  if (options_.one_directory()) return DiskRoom{*logs, *logs};
  auto snapshots = files().free_space(options_.snapshot_directory);
  if (!snapshots) return snapshots.error();
  return DiskRoom{*logs, *snapshots};
}

}  // namespace zookernel::file_storage
