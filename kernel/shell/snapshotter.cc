#include "kernel/shell/snapshotter.h"

#include <utility>

#include "kernel/shell/clock.h"

namespace zookernel::shell {
namespace {

constexpr std::chrono::seconds kHeldPurgeAgain(60);

}  // namespace

Snapshotter::Snapshotter(Storage& storage, Logger& log, Metrics& metrics,
                         SnapshotterOptions options, std::function<void()> wake)
    : storage_(storage),
      log_(log),
      options_(options),
      wake_(std::move(wake)),
      time_(metrics.summary("snapshottime")),
      errors_(metrics.counter("snapshot_error_count")) {}

Snapshotter::~Snapshotter() {
  stop();
}

void Snapshotter::start() {
  thread_ = std::thread([this] { run(); });
}

void Snapshotter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Snapshotter::put(core::SnapshotPiece piece) {
  busy_.store(true, std::memory_order_release);
  queued_bytes_.fetch_add(piece.bytes.size(), std::memory_order_acq_rel);
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
  }
  changed_.notify_one();
}

void Snapshotter::run() {
  if (options_.purge_interval_hours > 0) purge();
  while (std::optional<core::SnapshotPiece> piece = next_piece()) write(std::move(*piece));
  // Destroying an unfinished writer removes its file.
  writer_.reset();
}

// Waits for a piece, purging when it is time. Empty when the thread is to end.
std::optional<core::SnapshotPiece> Snapshotter::next_piece() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto something = [this] { return stopping_ || !pieces_.empty(); };
    bool due = false;
    if (options_.purge_interval_hours > 0) {
      due = !changed_.wait_until(lock, next_purge_, something);
    } else {
      changed_.wait(lock, something);
    }
    if (stopping_) return std::nullopt;
    if (due) {
      lock.unlock();
      purge();
      lock.lock();
      continue;
    }
    core::SnapshotPiece piece = std::move(pieces_.front());
    pieces_.pop_front();
    return piece;
  }
}

void Snapshotter::write(core::SnapshotPiece piece) {
  const size_t bytes = piece.bytes.size();
  const bool was_full = !has_room();
  if (!given_up_) {
    if (Status written = write_piece(piece); !written) {
      errors_.add();
      log_.error("snapshot given up; the server goes on without it",
                 {{"zxid", hex(piece.zxid.value)}, {"reason", written.error().message}});
      writer_.reset();
      given_up_ = true;
    }
  }
  queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  if (piece.last) {
    const bool finished = !given_up_;
    given_up_ = false;
    began_ns_ = 0;
    if (finished && options_.purge_interval_hours > 0) purge();
    busy_.store(false, std::memory_order_release);
    wake_();
  } else if (was_full && has_room()) {
    wake_();
  }
}

Status Snapshotter::write_piece(const core::SnapshotPiece& piece) {
  if (!writer_) {
    began_ns_ = nanoseconds(CLOCK_MONOTONIC);
    written_bytes_ = 0;
    Result<std::unique_ptr<SnapshotWriter>> begun = storage_.begin_snapshot(piece.zxid);
    if (!begun) return begun.error();
    writer_ = std::move(*begun);
  }
  if (Status written = writer_->write(piece.bytes.view()); !written) return written;
  written_bytes_ += piece.bytes.size();
  if (!piece.last) return Unit{};
  if (Status finished = writer_->finish(); !finished) return finished;
  writer_.reset();
  finish(piece.zxid);
  return Unit{};
}

void Snapshotter::finish(Zxid zxid) {
  const int64_t ms = (nanoseconds(CLOCK_MONOTONIC) - began_ns_) / 1000000;
  time_.add(ms);
  log_.info("snapshot written", {{"zxid", hex(zxid.value)}, {"bytes", written_bytes_}, {"ms", ms}});
}

void Snapshotter::purge() {
  next_purge_ =
      std::chrono::steady_clock::now() + std::chrono::hours(options_.purge_interval_hours);
  if (purges_held_.load(std::memory_order_acquire)) {
    next_purge_ = std::chrono::steady_clock::now() + kHeldPurgeAgain;
    return;
  }
  if (Status purged = storage_.purge(options_.snapshots_kept); !purged) {
    log_.error("purge failed; old files stay", {{"reason", purged.error().message}});
  }
}

}  // namespace zookernel::shell
