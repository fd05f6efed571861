// The connections that watch something, under small numbers. [core]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "zookernel/ids.h"

namespace zookernel::core {

using WatchId = uint32_t;
inline constexpr WatchId kNoWatch = 0;

using WatcherId = uint32_t;
inline constexpr WatcherId kNoWatcher = 0;
inline constexpr WatcherId kWatcherIdMax = (1u << 27) - 1;  // what a watch has room for

struct Watcher {
  ConnId conn;
  uint64_t told = 0;                     // the last event that it was told
  std::array<WatchId, 2> newest = {};    // in each list
  std::array<uint32_t, 2> watches = {};  // how many, in each list
};

class Watchers {
 public:
  Watchers() : all_(1) {}

  // kNoWatcher if it was never numbered.
  [[nodiscard]] WatcherId find(ConnId conn) const;
  // Its number; a new one if it has none.
  WatcherId number(ConnId conn);
  // It has no watches any more. The number is used again.
  void forget(WatcherId id);

  [[nodiscard]] Watcher& at(WatcherId id) { return all_[id]; }
  [[nodiscard]] const Watcher& at(WatcherId id) const { return all_[id]; }
  [[nodiscard]] size_t memory_bytes() const;

 private:
  std::vector<Watcher> all_;  // by id; what is not in use has no connection
  std::vector<WatcherId> free_;
  std::unordered_map<ConnId, WatcherId> by_connection_;
};

}  // namespace zookernel::core
