#include "kernel/core/watchers.h"

#include "zookernel/assert.h"

namespace zookernel::core {

WatcherId Watchers::find(ConnId conn) const {
  const auto at = by_connection_.find(conn);
  return at == by_connection_.end() ? kNoWatcher : at->second;
}

WatcherId Watchers::number(ConnId conn) {
  const auto [at, made] = by_connection_.try_emplace(conn, kNoWatcher);
  if (!made) return at->second;
  if (free_.empty()) {
    ZOOKERNEL_ASSERT(all_.size() <= kWatcherIdMax);
    at->second = static_cast<WatcherId>(all_.size());
    all_.emplace_back();
  } else {
    at->second = free_.back();
    free_.pop_back();
  }
  all_[at->second].conn = conn;
  return at->second;
}

void Watchers::forget(WatcherId id) {
  Watcher& gone = all_[id];
  ZOOKERNEL_ASSERT(gone.watches[0] == 0);
  ZOOKERNEL_ASSERT(gone.watches[1] == 0);
  by_connection_.erase(gone.conn);
  gone = {};
  free_.push_back(id);
}

size_t Watchers::memory_bytes() const {
  constexpr size_t kMapEntry = 48;  // node, allocator and bucket
  return all_.capacity() * sizeof(Watcher) + free_.capacity() * sizeof(WatcherId) +
         by_connection_.size() * kMapEntry;
}

}  // namespace zookernel::core
