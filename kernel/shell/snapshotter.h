// The snapshot thread: writes the pieces that the core makes, and purges old files. A snapshot that
// fails is given up and told: the log is complete without it, so the server goes on.
//
// A tree that a leader sends is written as it arrives, and takes its name when the log thread comes
// to the Persist that is about it: not before what that Persist cuts off is gone. There a failure
// counts, since nothing else has that history.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
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
  uint64_t last_bytes = 0;           // of the newest snapshot that recovery found
  uint64_t disk_reserve_bytes = 0;   // a snapshot leaves this, and some more, free; 0: none
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
  void put(core::InstallPiece piece);
  // Off while this server looks for a leader or gets its history: what it may need must stay.
  void allow_purging(bool allowed) { purging_allowed_.store(allowed, std::memory_order_release); }

  // ---- [log]

  // Makes the oldest whole tree of a leader durable under its name. Waits for it.
  Status finish_install();

  // ---- [any]

  // Of the newest snapshot that is complete.
  [[nodiscard]] uint64_t last_bytes() const { return last_bytes_.load(std::memory_order_relaxed); }

 private:
  struct Work {
    enum class Kind : uint8_t { kSnapshot, kInstall, kFinishInstall } kind = Kind::kSnapshot;
    core::SnapshotPiece snapshot;
    core::InstallPiece install;
    std::shared_ptr<std::promise<Status>> finished;
  };
  // A snapshot that is being written, or a tree of a leader.
  struct Writing {
    Zxid zxid;
    std::unique_ptr<SnapshotWriter> writer;  // null: it failed
    std::optional<Error> failed;
    int64_t began_ns = 0;
    uint64_t bytes = 0;
  };

  void put(Work work, size_t bytes);
  void run();
  std::optional<Work> next_work();
  void carry_out(core::SnapshotPiece& piece);
  void carry_out(core::InstallPiece& piece);
  Status finish_oldest_install();
  [[nodiscard]] Writing begin(Zxid zxid);
  static void write(Writing& writing, Bytes bytes);
  Status finish(Writing& writing);
  void give_up_snapshot(const Error& why);
  void end_snapshot();
  [[nodiscard]] bool may_purge() const {
    return !install_ && whole_.empty() && purging_allowed_.load(std::memory_order_acquire);
  }
  Status look_for_room(size_t bytes);
  void purge();

  Storage& storage_;
  Logger& log_;
  const SnapshotterOptions options_;
  const std::function<void()> wake_;
  Summary& time_;
  Counter& errors_;

  std::mutex mutex_;  // guards work_ and stopping_
  std::condition_variable changed_;
  std::deque<Work> work_;
  bool stopping_ = false;
  std::atomic<size_t> queued_bytes_{0};
  std::atomic<bool> busy_{false};
  std::atomic<bool> purging_allowed_{true};
  std::atomic<uint64_t> last_bytes_;
  std::atomic<bool> purges_held_{false};
  std::thread thread_;

  // Of the snapshot thread.
  std::optional<Writing> snapshot_;
  bool given_up_ = false;  // the present snapshot; its remaining pieces are dropped
  std::optional<Writing> install_;
  std::deque<Writing> whole_;  // trees of leaders, with all their bytes, waiting for their Persist
  std::chrono::steady_clock::time_point next_purge_;
};

}  // namespace zookernel::shell
