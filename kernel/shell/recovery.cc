#include "kernel/shell/recovery.h"

#include <utility>

#include "kernel/shell/clock.h"

namespace zookernel::shell {
namespace {

constexpr const char* kInitializeFile = "/initialize";
constexpr size_t kSliceNodes = 4096;

std::string snapshot_name(Zxid zxid) {
  return "snapshot." + hex(zxid.value).substr(2);
}

int64_t now_ms() {
  return nanoseconds(CLOCK_MONOTONIC) / 1000000;
}

}  // namespace

Recovery::Recovery(Storage& storage, FileSystem& files, Logger& log, Metrics& metrics,
                   RecoveryOptions options, MakeServer make_server)
    : storage_(storage),
      files_(files),
      log_(log),
      metrics_(metrics),
      options_(std::move(options)),
      make_server_(std::move(make_server)) {}

Result<Recovered> Recovery::run() {
  const int64_t began = now_ms();
  Result<StorageContents> contents = storage_.contents();
  if (!contents) return contents.error();
  recovered_.epochs = contents->epochs;
  skipped_ = contents->incomplete;

  Status loaded = contents->snapshots.empty() ? begin_empty(*contents) : load_newest(*contents);
  if (!loaded) return loaded.error();
  metrics_.summary("startup_snap_load_time").add(now_ms() - began);

  const int64_t replaying = now_ms();
  if (Status replayed = replay(*recovered_.server); !replayed) return replayed.error();
  if (Status complete = check_skipped(); !complete) return complete.error();
  metrics_.summary("startup_txns_load_time").add(now_ms() - replaying);
  metrics_.summary("startup_txns_loaded").add(recovered_.replayed);

  const Zxid last = recovered_.server->last_zxid();
  if (Status ready = storage_.recovered(last); !ready) return ready.error();
  if (needs_snapshot_) {
    if (Status written = write_snapshot(); !written) return written.error();
  }
  metrics_.summary("dbinittime").add(now_ms() - began);
  log_.info("database loaded", {{"zxid", hex(last.value)},
                                {"znodes", recovered_.server->node_count()},
                                {"transactions_replayed", recovered_.replayed},
                                {"ms", now_ms() - began}});
  return std::move(recovered_);
}

Status Recovery::load_newest(const StorageContents& contents) {
  std::string reasons;
  for (const Zxid name : contents.snapshots) {
    // A server that failed halfway is spoilt, so each attempt gets a fresh one.
    recovered_.server = make_server_();
    const Status loaded = load(*recovered_.server, name);
    if (loaded.ok()) return Unit{};
    skipped_.push_back(name);
    log_.warn("snapshot cannot be loaded, trying an older one",
              {{"snapshot", snapshot_name(name)}, {"reason", loaded.error().message}});
    reasons += (reasons.empty() ? "" : "; ") + snapshot_name(name) + ": " + loaded.error().message;
  }
  return Error{Errc::kCorrupt,
               "no snapshot can be loaded, so the data is not served (restore a backup of the data "
               "directory; "
               "nothing was changed): " +
                   reasons};
}

Status Recovery::load(core::Server& server, Zxid name) {
  Result<std::unique_ptr<SnapshotReader>> reader = storage_.read_snapshot(name);
  if (!reader) return reader.error();
  recovered_.snapshot_bytes = 0;
  return server.load_snapshot(name, [this, &reader](char* to, size_t count) {
    Result<size_t> got = (*reader)->read(to, count);
    if (got) recovered_.snapshot_bytes += *got;
    return got;
  });
}

Result<Zxid> Recovery::rebuild(core::Server& server) {
  const int64_t began = now_ms();
  const Result<StorageContents> contents = storage_.contents();
  if (!contents) return contents.error();
  for (const Zxid name : contents->snapshots) {
    server.begin_rebuild();
    const Status loaded = load(server, name);
    if (!loaded) {
      log_.warn("snapshot cannot be loaded, trying an older one",
                {{"snapshot", snapshot_name(name)}, {"reason", loaded.error().message}});
      continue;
    }
    if (Status replayed = replay(server); !replayed) return replayed.error();
    log_.info("database loaded again", {{"zxid", hex(server.last_zxid().value)},
                                        {"znodes", server.node_count()},
                                        {"ms", now_ms() - began}});
    return server.last_zxid();
  }
  return Error{Errc::kNotFound, "no snapshot can be loaded"};
}

Status Recovery::begin_empty(const StorageContents& contents) {
  recovered_.server = make_server_();
  needs_snapshot_ = true;
  if (contents.has_log) {
    if (options_.trust_empty_snapshot) {
      log_.warn(
          "no snapshot found, but there are log entries; this should only be allowed during "
          "upgrading");
      return Unit{};
    }
    proof_.emplace();
    return Unit{};
  }
  bool initialize = false;
  for (const std::string& directory : options_.directories) {
    const std::string marker = directory + kInitializeFile;
    if (!files_.exists(marker)) continue;
    initialize = true;
    if (Status removed = files_.remove(marker); !removed && removed.error().code != Errc::kNotFound)
      return removed.error();
  }
  if (initialize || options_.create_empty_database) return Unit{};
  if (options_.ensemble) {
    // A snapshot would make it a database that may vote, after the next start at the latest.
    needs_snapshot_ = false;
    recovered_.no_history = true;
    log_.info(
        "there is no database and db.autocreate=false: this server has no vote until a leader "
        "has sent it one");
    return Unit{};
  }
  return Error{Errc::kNotFound,
               options_.directories.front() +
                   ": there is no database and db.autocreate=false (is dataDir right? To begin a "
                   "new database, "
                   "create the file initialize there, as zkServer-initialize.sh does)"};
}

// Says what to do where logs without a snapshot are not proved to be everything.
Status Recovery::prove(const Status& whole) const {
  if (whole) return Unit{};
  std::string places;
  for (const std::string& directory : options_.directories) {
    const std::string place = directory + "/version-2";
    if (places.find(place) == std::string::npos) places += (places.empty() ? "" : " and ") + place;
  }
  return Error{
      Errc::kCorrupt,
      "No snapshot found, but there are log entries, and they may not be all: " +
          whole.error().message + ". (Looked in " + places +
          ". Were snapshots deleted? Restore one that is not newer than the oldest log. If an "
          "upgrade from 3.4 left none and you know that no log is missing, start once with "
          "snapshot.trust.empty=true.)"};
}

Status Recovery::replay(core::Server& server) {
  Result<std::unique_ptr<TxnReader>> reader = storage_.read_log(server.last_zxid().next());
  if (!reader) return reader.error();
  for (;;) {
    Result<std::optional<TxnReader::Record>> record = (*reader)->next();
    // A log that begins in the middle is a hole to its reader: what is missing is the snapshot.
    if (!record && proof_ && recovered_.replayed == 0) return prove(record.error());
    if (!record) return record.error();
    if (!*record) break;
    if (proof_) {
      if (Status whole = prove(proof_->add((*record)->zxid)); !whole) return whole;
    }
    if (Status applied = server.replay((*record)->body); !applied) {
      return Error{applied.error().code,
                   "transaction " + hex((*record)->zxid.value) +
                       " of the log cannot be applied: " + applied.error().message};
    }
    ++recovered_.replayed;
  }
  if (proof_) {
    if (Status whole = prove(proof_->end()); !whole) return whole;
    log_.warn("no snapshot was found; the logs are the whole history and were replayed",
              {{"transactions", recovered_.replayed}});
  }
  // Snapshots are written while transactions are applied, and only durable ones are: a log that
  // ends before the snapshot does has lost acknowledged transactions, and the tree may hold halves
  // of them.
  if (!server.replay_incomplete()) return Unit{};
  return Error{
      Errc::kCorrupt,
      "the logs end at transaction " + hex(server.last_zxid().value) +
          ", but the snapshot that they continue already holds changes of later ones: "
          "transactions are missing, so the data is not served (restore the logs, or remove "
          "that snapshot to fall back to an older one)"};
}

// The name of a snapshot that does not load, or has no end, still says that there were transactions
// up to it.
Status Recovery::check_skipped() const {
  const Zxid last = recovered_.server->last_zxid();
  for (const Zxid name : skipped_) {
    if (name <= last) continue;
    return Error{Errc::kCorrupt,
                 snapshot_name(name) + " is damaged, and the logs reach only transaction " +
                     hex(last.value) +
                     ": what came between is lost, so the data is not served (restore a backup, or "
                     "remove that snapshot to accept the loss)"};
  }
  if (!skipped_.empty()) {
    log_.warn("the logs make up for the snapshots that cannot be loaded",
              {{"zxid", hex(last.value)}, {"snapshots", skipped_.size()}});
  }
  return Unit{};
}

Status Recovery::write_snapshot() {
  core::Server& server = *recovered_.server;
  core::Effects effects;
  server.step(core::Input(core::SnapshotBegin{}), effects);
  std::unique_ptr<SnapshotWriter> writer;
  while (server.snapshot_running()) {
    effects.clear();
    server.step(core::Input(core::SnapshotSlice{kSliceNodes}), effects);
    for (const core::SnapshotPiece& piece : effects.snapshot) {
      if (!writer) {
        Result<std::unique_ptr<SnapshotWriter>> begun = storage_.begin_snapshot(piece.zxid);
        if (!begun) return begun.error();
        writer = std::move(*begun);
      }
      if (Status written = writer->write(piece.bytes.view()); !written) return written;
    }
  }
  return writer ? writer->finish() : Status(Unit{});
}

}  // namespace zookernel::shell
