#include "kernel/shell/log_writer.h"

#include <chrono>
#include <utility>

#include "kernel/shell/clock.h"

namespace zookernel::shell {
namespace {

int64_t now_ns() {
  return nanoseconds(CLOCK_MONOTONIC);
}

size_t bytes_of(const std::vector<LogRecord>& records) {
  size_t bytes = 0;
  for (const LogRecord& record : records) bytes += record.body.size();
  return bytes;
}

}  // namespace

LogWriter::LogWriter(Storage& storage, Inbox& inbox, Metrics& metrics, LogWriterOptions options,
                     Fail fail, FinishInstall finish_install, SaveConfig save_config)
    : storage_(storage),
      inbox_(inbox),
      options_(options),
      fail_(std::move(fail)),
      finish_install_(std::move(finish_install)),
      save_config_(std::move(save_config)),
      random_(options.seed),
      records_since_snapshot_(options.records_since_snapshot),
      requests_(metrics.counter("sync_processor_request_queued")),
      queue_size_(metrics.summary("sync_processor_queue_size")),
      queue_time_(metrics.summary("sync_processor_queue_time_ms")),
      flush_time_(metrics.summary("sync_processor_queue_flush_time_ms")),
      queue_and_flush_time_(metrics.summary("sync_processor_queue_and_flush_time_ms")),
      process_time_(metrics.summary("sync_process_time")),
      batch_size_(metrics.summary("sync_processor_batch_size")) {
  draw_thresholds();
}

LogWriter::~LogWriter() {
  stop();
}

void LogWriter::start() {
  thread_ = std::thread([this] { run(); });
}

void LogWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  submitted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogWriter::submit(std::vector<Persist>& persists) {
  if (persists.empty()) return;
  size_t bytes = 0;
  for (const Persist& persist : persists) bytes += bytes_of(persist.append);
  backlog_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) oldest_ns_ = now_ns();
    for (Persist& persist : persists) queue_.push(std::move(persist));
  }
  persists.clear();
  submitted_.notify_one();
}

void LogWriter::run() {
  for (core::PersistRound round; next_round(round); round = {}) carry_out(round);
}

void LogWriter::between_rounds(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    other_work_.push_back(std::move(work));
  }
  submitted_.notify_one();
}

// False when the thread is to end and nothing waits. Other work is done on the way: one piece, then
// the log has its turn.
bool LogWriter::next_round(core::PersistRound& round) {
  std::unique_lock lock(mutex_);
  for (;;) {
    submitted_.wait(lock, [this] { return stopping_ || !queue_.empty() || !other_work_.empty(); });
    if (other_work_.empty() || (stopping_ && queue_.empty())) break;
    const std::function<void()> work = std::move(other_work_.front());
    other_work_.pop_front();
    lock.unlock();
    work();
    lock.lock();
    if (!queue_.empty()) break;
  }
  if (queue_.empty()) return false;
  if (options_.flush_delay_ms > 0 && !stopping_) {
    // The operator trades latency for fewer syncs: the round stays open for a while.
    submitted_.wait_for(lock, std::chrono::milliseconds(options_.flush_delay_ms), [this] {
      return stopping_ || queue_.records() >= options_.round_records_max;
    });
  }
  queue_size_.add(static_cast<int64_t>(queue_.records()));
  round = queue_.take(options_.round_records_max);
  taken_ns_ = now_ns();
  waited_ns_ = taken_ns_ - oldest_ns_;
  oldest_ns_ = taken_ns_;
  return true;
}

void LogWriter::carry_out(core::PersistRound& round) {
  const size_t bytes = bytes_of(round.append);
  if (Status written = write(round); !written) {
    fail_(written.error());
    return;
  }
  count(round);
  backlog_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  records_since_snapshot_ += static_cast<int64_t>(round.append.size());
  bytes_since_snapshot_ += static_cast<int64_t>(bytes);
  inbox_.post(RoundDurable{round.ticket, std::move(round.then)});

  const bool due = records_since_snapshot_ > records_threshold_ ||
                   (bytes_threshold_ != 0 && bytes_since_snapshot_ > bytes_threshold_);
  if (!due) return;
  // The next log begins about where the snapshot will: purging one makes the other superfluous.
  if (Status rolled = storage_.roll(); !rolled) {
    fail_(rolled.error());
    return;
  }
  records_since_snapshot_ = bytes_since_snapshot_ = 0;
  draw_thresholds();
  inbox_.post(SnapshotDue{});
}

Status LogWriter::write(core::PersistRound& round) {
  for (const ConfigFile& file : round.config) save_config_(file);
  if (round.truncate_after) {
    if (Status done = cut(*round.truncate_after); !done) return done;
  }
  if (round.snapshot) {
    if (Status done = install(round.truncate_after); !done) return done;
  }
  if (round.needs_sync()) {
    if (uncut()) {
      return Error{Errc::kUnsupported,
                   "a leader took transactions back, but no snapshot is free of them and it sends "
                   "no tree of its own (move the data directory's version-2 away and start again: "
                   "the leader then sends everything)"};
    }
    if (Status appended = storage_.append(round.append); !appended) return appended;
    if (Status synced = storage_.sync(); !synced) return synced;
  }
  if (round.epochs) return storage_.save(*round.epochs);
  return Unit{};
}

Status LogWriter::cut(Zxid after) {
  const Status done = storage_.truncate_after(after);
  if (!done && done.error().code != Errc::kUnsupported) return done;
  uncut_.store(!done, std::memory_order_release);
  return Unit{};
}

// The tree of a leader takes the place of what we had. What comes after it begins a new log, since
// it does not follow on from the present one.
Status LogWriter::install(const std::optional<Zxid>& truncate_after) {
  if (Status done = finish_install_(); !done) return done;
  if (uncut() && truncate_after) {
    // Now there is a snapshot to build on.
    if (Status done = storage_.truncate_after(*truncate_after); !done) return done;
  }
  uncut_.store(false, std::memory_order_release);
  records_since_snapshot_ = bytes_since_snapshot_ = 0;
  return storage_.roll();
}

void LogWriter::count(const core::PersistRound& round) {
  const int64_t done_ns = now_ns();
  const auto records = static_cast<int64_t>(round.append.size());
  requests_.add(records);
  batch_size_.add(records);
  queue_time_.add(waited_ns_ / 1000000);
  flush_time_.add((done_ns - taken_ns_) / 1000000);
  queue_and_flush_time_.add((waited_ns_ + done_ns - taken_ns_) / 1000000);
  process_time_.add((done_ns - taken_ns_) / 1000000);
}

// By chance, so that the servers of an ensemble do not all write snapshots at the same time.
void LogWriter::draw_thresholds() {
  const auto draw = [this](int64_t limit) {
    const int64_t half = limit / 2;
    return half + static_cast<int64_t>(random_() % static_cast<uint64_t>(half < 1 ? 1 : half));
  };
  records_threshold_ = draw(options_.snapshot_after_records);
  bytes_threshold_ = options_.snapshot_after_bytes == 0 ? 0 : draw(options_.snapshot_after_bytes);
}

}  // namespace zookernel::shell
