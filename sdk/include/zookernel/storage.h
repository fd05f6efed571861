// Storage: where transactions and snapshots become durable. Plain blocking calls; the kernel brings
// the threads: everything marked [log] comes from one thread, everything marked [snapshot] from one
// other, [startup] before either exists.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/plugin.h"
#include "zookernel/result.h"

namespace zookernel {

// One transaction as it is logged and sent: TxnHeader, body, optional TxnDigest (disk format of
// Apache's log records).
struct LogRecord {
  Zxid zxid;
  SharedBytes body;
};

// acceptedEpoch and currentEpoch of a quorum server; absent on a standalone one.
struct Epochs {
  std::optional<int64_t> accepted, current;
};

// What start-up found. Nothing has been changed on disk yet.
struct StorageContents {
  std::vector<Zxid> snapshots;  // candidates that look complete, newest first
  // Snapshots that were never finished or have lost their ends: of no use, but their names say that
  // there were transactions up to them.
  std::vector<Zxid> incomplete;
  bool has_log = false;  // any log file, even an empty one
  Epochs epochs;
};

// A snapshot's bytes, uncompressed, from the file header to the last seal.
class SnapshotReader {
 public:
  virtual ~SnapshotReader();
  // Up to `count` bytes; 0 at the end.
  virtual Result<size_t> read(char* to, size_t count) = 0;
};

// Destroyed without finish(): what was written is removed.
class SnapshotWriter {
 public:
  virtual ~SnapshotWriter();
  virtual Status write(Bytes bytes) = 0;  // [snapshot]
  virtual Status finish() = 0;            // [snapshot] durable under its name on return
};

// Transactions in zxid order.
class TxnReader {
 public:
  virtual ~TxnReader();
  // The next record; its body is borrowed until the next call. Empty at the end. An error is damage
  // that must not be served across: it names file, offset and the last good zxid.
  struct Record {
    Zxid zxid;
    Bytes body;
  };
  virtual Result<std::optional<Record>> next() = 0;
};

struct DiskUsage {
  uint64_t snapshot_bytes = 0, log_bytes = 0;
};

// What may still be written before the disk of the log, and that of the snapshots, is full.
struct DiskRoom {
  uint64_t log_bytes = UINT64_MAX, snapshot_bytes = UINT64_MAX;
};

// Any failed append, sync, save or truncate is final: the kernel acknowledges nothing more and
// stops. Never retried.
class Storage : public Extension {
 public:
  static constexpr const char* kId = "zookernel.storage/1";

  // start() takes the lock on the directories and makes them if it may.

  virtual Result<StorageContents> contents() = 0;                                // [startup]
  virtual Result<std::unique_ptr<SnapshotReader>> read_snapshot(Zxid zxid) = 0;  // [startup]
  // Transactions with zxid >= from. After next() answered "end", torn_tail() of the storage tells
  // what was cut, if anything.
  virtual Result<std::unique_ptr<TxnReader>> read_log(Zxid from) = 0;  // [startup] and [log]
  // Recovery is complete and `last` is the last transaction: removes what a crash left behind (a
  // torn tail, .tmp files). The next append is last + 1 or begins a new epoch.
  virtual Status recovered(Zxid last) = 0;  // [startup]

  virtual Status append(std::span<const LogRecord> records) = 0;  // [log] may buffer
  virtual Status sync() = 0;                                      // [log] durable on return
  virtual Status roll() = 0;                      // [log] the next append begins a new file
  virtual Status save(const Epochs& epochs) = 0;  // [log] durable on return
  virtual Status truncate_after(Zxid zxid) = 0;   // [log] durable on return
  virtual Result<std::unique_ptr<SnapshotWriter>> begin_snapshot(Zxid zxid) = 0;  // [snapshot]
  virtual Status purge(int snapshots_kept) = 0;                                   // [snapshot]
  virtual DiskUsage usage() = 0;                                                  // [any]
  virtual Result<DiskRoom> room() { return DiskRoom{}; }                          // [any]
};

}  // namespace zookernel
