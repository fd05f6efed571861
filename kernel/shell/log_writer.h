// The log thread: group commit. Takes everything that waits, appends it, syncs once, and tells the
// core what became durable.
//
// After any failure the state of the disk is unknown, so nothing more may be acknowledged and
// nothing is tried again: `fail` is called with a sentence for the operator and must end the
// process.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "kernel/core/persist_queue.h"
#include "kernel/shell/inbox.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

struct LogWriterOptions {
  size_t round_records_max = 1000;  // maxBatchSize
  int64_t flush_delay_ms = 0;
  int64_t snapshot_after_records =
      100000;                          // snapCount: between half of it and all of it, by chance
  int64_t snapshot_after_bytes = 0;    // the same; 0: never for their sake
  int64_t records_since_snapshot = 0;  // that recovery had to replay
  uint64_t seed = 0;
};

class LogWriter {
 public:
  using Fail = std::function<void(const Error&)>;
  // Makes the tree that a leader sent last durable: see Snapshotter::finish_install().
  using FinishInstall = std::function<Status()>;
  // Writes a configuration file; tells by itself when that fails.
  using SaveConfig = std::function<void(const ConfigFile&)>;

  // What is borrowed outlives the writer.
  LogWriter(Storage& storage, Inbox& inbox, Metrics& metrics, LogWriterOptions options, Fail fail,
            FinishInstall finish_install = {}, SaveConfig save_config = {});
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void start();  // [startup]
  // Writes what waits, then ends the thread. [startup]
  void stop();

  // Takes the Persists over and leaves the vector empty. Never waits: who submits looks at
  // backlog_bytes() before it takes more work on. [core]
  void submit(std::vector<Persist>& persists);
  // Has the log thread do something else, when no round is under way. [any]
  void between_rounds(std::function<void()> work);
  // Bytes of records that are submitted and not durable. [any]
  [[nodiscard]] size_t backlog_bytes() const {
    return backlog_bytes_.load(std::memory_order_relaxed);
  }
  // The last truncation could not be carried out, because no snapshot is free of what was to go:
  // the disk is as it was, and needs a whole tree of a leader. Of what is durable. [any]
  [[nodiscard]] bool uncut() const { return uncut_.load(std::memory_order_acquire); }

 private:
  void run();
  bool next_round(core::PersistRound& round);
  void carry_out(core::PersistRound& round);
  Status write(core::PersistRound& round);
  Status cut(Zxid after);
  Status install(const std::optional<Zxid>& truncate_after);
  void count(const core::PersistRound& round);
  void draw_thresholds();

  Storage& storage_;
  Inbox& inbox_;
  const LogWriterOptions options_;
  const Fail fail_;
  const FinishInstall finish_install_;
  const SaveConfig save_config_;

  std::mutex mutex_;  // guards queue_, other_work_, oldest_ns_ and stopping_
  std::condition_variable submitted_;
  core::PersistQueue queue_;
  std::deque<std::function<void()>> other_work_;
  int64_t oldest_ns_ = 0;  // when the first that waits was submitted
  bool stopping_ = false;
  std::atomic<size_t> backlog_bytes_{0};
  std::atomic<bool> uncut_{false};
  std::thread thread_;

  // Of the log thread.
  std::mt19937_64 random_;
  int64_t records_since_snapshot_, bytes_since_snapshot_ = 0;
  int64_t records_threshold_ = 0, bytes_threshold_ = 0;
  int64_t taken_ns_ = 0, waited_ns_ = 0;  // of the present round
  Counter& requests_;
  Summary& queue_size_;
  Summary& queue_time_;
  Summary& flush_time_;
  Summary& queue_and_flush_time_;
  Summary& process_time_;
  Summary& batch_size_;
};

}  // namespace zookernel::shell
