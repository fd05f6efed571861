// The backup thread: reads the newest snapshot and the transactions behind it from the disk and
// hands them to a connection that said "snap", beside everything else.
//
// It does not disturb: it has a storage of its own, that only reads; the core hands its pieces on,
// one at a time, as fast as the reader takes them; who takes nothing for a while is cut off. Purges
// wait meanwhile. One backup at a time.
//
// It is consistent: the core says, when the snapshot is open already, which transaction it applied
// last, and the backup ends there: everything that was acknowledged before the word came is in it,
// and nothing that is not committed.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "kernel/shell/backup_stream.h"
#include "kernel/shell/inbox.h"
#include "kernel/shell/snapshotter.h"
#include "zookernel/log.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

class BackupThread {
 public:
  // Bytes that the core hands on at a time.
  static constexpr size_t kPieceBytes = size_t{64} << 10;
  // How long the log may lag behind what was applied: in an ensemble others may be faster.
  static constexpr int kBehindMs = 10000;
  // Its priority (nice).
  static constexpr int kNice = 19;

  // `reading` is configured and not started, and used by this thread only. What is borrowed
  // outlives this.
  BackupThread(Storage& reading, Inbox& inbox, Snapshotter& snapshotter, Logger& log)
      : reading_(reading), inbox_(inbox), snapshotter_(snapshotter), log_(log) {}
  ~BackupThread();
  BackupThread(const BackupThread&) = delete;
  BackupThread& operator=(const BackupThread&) = delete;

  void start();  // [startup]
  void stop();   // [startup] what runs is given up

  // ---- [core]

  // False while another one runs.
  bool submit(ConnId conn);
  // To what the thread asked last: the last applied transaction; a piece was taken.
  void answer(Zxid applied);
  // The connection is gone.
  void closed(ConnId conn);

 private:
  void work();
  Status carry_out(ConnId conn);
  Status snapshot(ConnId conn, SnapshotReader& reader);
  Status transactions(ConnId conn, Zxid from, Zxid last);
  Status put(ConnId conn, BackupBlock kind, Bytes bytes);
  Result<Zxid> ask(OwnMessage question);

  Storage& reading_;
  Inbox& inbox_;
  Snapshotter& snapshotter_;
  Logger& log_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<ConnId> conn_;  // of the backup that waits or runs
  std::optional<Zxid> answer_;
  bool gone_ = false, stopping_ = false;
  std::thread thread_;

  // Of the thread, for one backup.
  BackupEncoder encoder_;
  int64_t snapshot_bytes_ = 0, transactions_ = 0;
};

}  // namespace zookernel::shell
