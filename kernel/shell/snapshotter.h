// The snapshot thread: writes the pieces that the core makes, and purges old files. A snapshot that
// fails is given up and told: the log is complete without it, so the server goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "kernel/core/effects.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

struct SnapshotterOptions {
  int32_t snapshots_kept = 3;
  int32_t purge_interval_hours = 0;  // 0: never purges
};

class Snapshotter {
 public:
  // Bytes of pieces that may wait for the disk.
  static constexpr size_t kQueuedBytesMax = size_t{8} << 20;

  // What is borrowed outlives the snapshotter. `wake` tells the core that there is room again, or
  // that a snapshot is finished. [any]
  Snapshotter(Storage& storage, Logger& log, Metrics& metrics, SnapshotterOptions options,
              std::function<void()> wake);
  ~Snapshotter();
  Snapshotter(const Snapshotter&) = delete;
  Snapshotter& operator=(const Snapshotter&) = delete;

  void start();  // [startup] purges at once when purging is on
  void stop();   // [startup] an unfinished snapshot is given up

  // Nothing is purged meanwhile: files are being read. [any]
  void hold_purges(bool on) { purges_held_.store(on, std::memory_order_release); }

  // ---- [core]

  // True from the first piece until the last one is on disk or given up: no other snapshot may
  // begin.
  [[nodiscard]] bool busy() const { return busy_.load(std::memory_order_acquire); }
  [[nodiscard]] bool has_room() const {
    return queued_bytes_.load(std::memory_order_acquire) < kQueuedBytesMax;
  }
  void put(core::SnapshotPiece piece);

 private:
  void run();
  std::optional<core::SnapshotPiece> next_piece();
  void write(core::SnapshotPiece piece);
  Status write_piece(const core::SnapshotPiece& piece);
  void finish(Zxid zxid);
  void purge();

  Storage& storage_;
  Logger& log_;
  const SnapshotterOptions options_;
  const std::function<void()> wake_;
  Summary& time_;
  Counter& errors_;

  std::mutex mutex_;  // guards pieces_ and stopping_
  std::condition_variable changed_;
  std::deque<core::SnapshotPiece> pieces_;
  bool stopping_ = false;
  std::atomic<size_t> queued_bytes_{0};
  std::atomic<bool> busy_{false};
  std::atomic<bool> purges_held_{false};
  std::thread thread_;

  // Of the snapshot thread.
  std::unique_ptr<SnapshotWriter> writer_;
  bool given_up_ = false;  // the present one; its remaining pieces are dropped
  int64_t began_ns_ = 0;
  uint64_t written_bytes_ = 0;
  std::chrono::steady_clock::time_point next_purge_;
};

}  // namespace zookernel::shell
