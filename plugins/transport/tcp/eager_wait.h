// When to look again before going to sleep. A processor that was put to sleep takes tens of
// microseconds to wake, in a virtual machine most of all: longer than a request takes. So where
// events have lately come closer together than that, the next one is looked for awake for a while.
// Where they have not, nobody waits awake: an idle or slowly asked server costs nothing.
#pragma once

#include <algorithm>
#include <cstdint>

namespace zookernel::transport {

class EagerWait {
 public:
  // About what sleeping and waking cost: to wait awake for longer than this never pays.
  static constexpr int64_t kAwakeNs = 60'000;

  [[nodiscard]] bool worthwhile() const { return expected_ns_ < kAwakeNs; }
  // A wait ended with an event after so long.
  void waited(int64_t ns) {
    // One long wait among short ones changes little, a few end the habit.
    expected_ns_ += (std::min(ns, kWaitNsMax) - expected_ns_) / 8;
  }

 private:
  static constexpr int64_t kWaitNsMax = 4 * kAwakeNs;
  int64_t expected_ns_ = kWaitNsMax;
};

}  // namespace zookernel::transport
