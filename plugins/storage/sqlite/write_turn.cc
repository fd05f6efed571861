#include "plugins/storage/sqlite/write_turn.h"

#include "zookernel/assert.h"

namespace zookernel::sqlite_storage {

void WriteTurn::begin(Who who) {
  std::unique_lock lock(mutex_);
  if (who == Who::kLog) {
    ++log_waiting_;
    changed_.wait(lock, [this] { return !taken_; });
    --log_waiting_;
  } else {
    changed_.wait(lock, [this] { return !taken_ && log_waiting_ == 0; });
  }
  taken_ = true;
}

void WriteTurn::end() {
  {
    const std::lock_guard lock(mutex_);
    ZOOKERNEL_ASSERT(taken_);
    taken_ = false;
  }
  changed_.notify_all();
}

bool WriteTurn::log_waits() {
  const std::lock_guard lock(mutex_);
  return log_waiting_ != 0;
}

}  // namespace zookernel::sqlite_storage
