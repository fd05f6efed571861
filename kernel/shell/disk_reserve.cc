#include "kernel/shell/disk_reserve.h"

#include <algorithm>
#include <utility>

namespace zookernel::shell {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookMin{20}, kLookMax{1000};
// No log is written faster than this: 1 GiB/s.
constexpr uint64_t kBytesPerMs = (uint64_t{1} << 30) / 1000;

}  // namespace

DiskReserve::DiskReserve(Storage& storage, Logger& log, Metrics& metrics, uint64_t bytes, Tell tell)
    : storage_(storage),
      log_(log),
      bytes_(bytes),
      tell_(std::move(tell)),
      reached_(metrics.gauge("disk_reserve_reached")) {}

DiskReserve::~DiskReserve() {
  stop();
}

void DiskReserve::start() {
  if (bytes_ == 0) return;
  look();
  thread_ = std::thread([this] { run(); });
}

void DiskReserve::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void DiskReserve::run() {
  milliseconds pause = kLookMin;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stopped_.wait_for(lock, pause, [this] { return stopping_; })) return;
    }
    pause = look();
  }
}

milliseconds DiskReserve::look() {
  Result<DiskRoom> room = storage_.room();
  if (!room) {
    // Nothing is known, so nothing changes.
    if (!blind_) {
      log_.warn("the room on the disk is not known; writes go on as before",
                {{"reason", room.error().message}});
    }
    blind_ = true;
    return kLookMax;
  }
  blind_ = false;
  const uint64_t free = room->log_bytes;
  // Some more than the reserve, so that it does not go to and fro.
  const uint64_t enough = low_ ? bytes_ + bytes_ / 8 : bytes_;
  if (low_ != (free < enough)) change(free);
  if (low_) return kLookMax;
  return std::clamp(milliseconds((free - bytes_) / kBytesPerMs), kLookMin, kLookMax);
}

void DiskReserve::change(uint64_t free) {
  low_ = !low_;
  reached_.set(low_ ? 1 : 0);
  if (low_) {
    log_.error(
        "the disk of the transaction log is nearly full: writes are refused until there is room, "
        "reads and sessions go on (make room, or see diskReserveInKb and autopurge.purgeInterval)",
        {{"free_bytes", free}, {"reserve_bytes", bytes_}});
  } else {
    log_.info("there is room on the disk again: writes are taken", {{"free_bytes", free}});
  }
  tell_(low_);
}

}  // namespace zookernel::shell
