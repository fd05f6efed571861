#include "kernel/shell/snapshotter.h"

#include <utility>

#include "kernel/shell/clock.h"
#include "zookernel/assert.h"

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
      errors_(metrics.counter("snapshot_error_count")),
      last_bytes_(options.last_bytes) {}

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
  Work work;
  const size_t bytes = piece.bytes.size();
  work.snapshot = std::move(piece);
  put(std::move(work), bytes);
}

void Snapshotter::put(core::InstallPiece piece) {
  Work work;
  work.kind = Work::Kind::kInstall;
  const size_t bytes = piece.bytes.size();
  work.install = std::move(piece);
  put(std::move(work), bytes);
}

void Snapshotter::put(Work work, size_t bytes) {
  queued_bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  changed_.notify_one();
}

Status Snapshotter::finish_install() {
  const auto answer = std::make_shared<std::promise<Status>>();
  std::future<Status> answered = answer->get_future();
  Work work;
  work.kind = Work::Kind::kFinishInstall;
  work.finished = answer;
  put(std::move(work), 0);
  return answered.get();
}

void Snapshotter::run() {
  if (options_.purge_interval_hours > 0) purge();
  while (std::optional<Work> work = next_work()) {
    switch (work->kind) {
      case Work::Kind::kSnapshot:
        carry_out(work->snapshot);
        break;
      case Work::Kind::kInstall:
        carry_out(work->install);
        break;
      case Work::Kind::kFinishInstall:
        work->finished->set_value(finish_oldest_install());
        break;
    }
  }
  // Destroying an unfinished writer removes its file.
  snapshot_.reset();
  install_.reset();
  whole_.clear();
}

// Waits for something to do, purging when it is time. Empty when the thread is to end.
std::optional<Snapshotter::Work> Snapshotter::next_work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto something = [this] { return stopping_ || !work_.empty(); };
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
    Work work = std::move(work_.front());
    work_.pop_front();
    return work;
  }
}

// ---- snapshots of our tree

void Snapshotter::carry_out(core::SnapshotPiece& piece) {
  const size_t bytes = piece.bytes.size();
  const bool was_full = !has_room();
  if (piece.abandoned) {
    snapshot_.reset();
  } else if (!given_up_) {
    if (!snapshot_) snapshot_ = begin(piece.zxid);
    if (Status room = look_for_room(bytes); !room && !snapshot_->failed) {
      snapshot_->failed = room.error();
      snapshot_->writer.reset();
    }
    write(*snapshot_, piece.bytes.view());
    if (piece.last) {
      if (Status finished = finish(*snapshot_); !finished) {
        give_up_snapshot(finished.error());
      } else if (may_purge() && options_.purge_interval_hours > 0) {
        purge();
      }
    } else if (snapshot_->failed) {
      give_up_snapshot(Error(*snapshot_->failed));
    }
  }
  queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  if (piece.last || piece.abandoned) {
    end_snapshot();
  } else if (was_full && has_room()) {
    wake_();
  }
}

void Snapshotter::give_up_snapshot(const Error& why) {
  errors_.add();
  log_.error("snapshot given up; the server goes on without it",
             {{"zxid", hex(snapshot_->zxid.value)}, {"reason", why.message}});
  snapshot_.reset();
  given_up_ = true;
}

void Snapshotter::end_snapshot() {
  snapshot_.reset();
  given_up_ = false;
  busy_.store(false, std::memory_order_release);
  wake_();
}

// It stops before it would cost the clients their writes.
Status Snapshotter::look_for_room(size_t bytes) {
  const uint64_t kept = options_.disk_reserve_bytes + options_.disk_reserve_bytes / 8;
  if (kept == 0) return Unit{};
  Result<DiskRoom> room = storage_.room();
  if (!room || room->snapshot_bytes >= kept + bytes) return Unit{};
  return Error{Errc::kFull, "the disk of the snapshots has " +
                                std::to_string(room->snapshot_bytes) + " bytes left, and " +
                                std::to_string(options_.disk_reserve_bytes) +
                                " are kept for the log (diskReserveInKb)"};
}

// ---- trees of leaders

void Snapshotter::carry_out(core::InstallPiece& piece) {
  const size_t bytes = piece.bytes.size();
  const bool was_full = !has_room();
  if (piece.begin) {
    // A storage writes one at a time, and the tree that the other is of is about to go.
    if (snapshot_) give_up_snapshot({Errc::kClosed, "a leader sends another tree"});
    install_.reset();
    install_ = begin(piece.zxid);
  }
  write(*install_, piece.bytes.view());
  if (piece.last) {
    whole_.push_back(std::move(*install_));
    install_.reset();
  }
  queued_bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  if (was_full && has_room()) wake_();
}

Status Snapshotter::finish_oldest_install() {
  ZOOKERNEL_ASSERT(!whole_.empty());
  Writing writing = std::move(whole_.front());
  whole_.pop_front();
  return finish(writing);
}

// ---- files

Snapshotter::Writing Snapshotter::begin(Zxid zxid) {
  Writing writing;
  writing.zxid = zxid;
  writing.began_ns = nanoseconds(CLOCK_MONOTONIC);
  Result<std::unique_ptr<SnapshotWriter>> begun = storage_.begin_snapshot(zxid);
  if (begun) {
    writing.writer = std::move(*begun);
  } else {
    writing.failed = begun.error();
  }
  return writing;
}

void Snapshotter::write(Writing& writing, Bytes bytes) {
  if (writing.failed) return;
  if (Status written = writing.writer->write(bytes); !written) {
    writing.failed = written.error();
    writing.writer.reset();
  }
  writing.bytes += bytes.size();
}

Status Snapshotter::finish(Writing& writing) {
  if (writing.failed) return Error(*writing.failed);
  if (Status finished = writing.writer->finish(); !finished) return finished;
  const int64_t ms = (nanoseconds(CLOCK_MONOTONIC) - writing.began_ns) / 1000000;
  time_.add(ms);
  last_bytes_.store(writing.bytes, std::memory_order_relaxed);
  log_.info("snapshot written",
            {{"zxid", hex(writing.zxid.value)}, {"bytes", writing.bytes}, {"ms", ms}});
  return Unit{};
}

void Snapshotter::purge() {
  next_purge_ =
      std::chrono::steady_clock::now() + std::chrono::hours(options_.purge_interval_hours);
  if (!may_purge()) return;
  if (purges_held_.load(std::memory_order_acquire)) {
    next_purge_ = std::chrono::steady_clock::now() + kHeldPurgeAgain;
    return;
  }
  if (Status purged = storage_.purge(options_.snapshots_kept); !purged) {
    log_.error("purge failed; old files stay", {{"reason", purged.error().message}});
  }
}

}  // namespace zookernel::shell
