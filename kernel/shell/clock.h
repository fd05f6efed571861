// The real sources of time and chance. The core gets both as inputs.
#pragma once

#include <time.h>

#include <cstdint>
#include <random>

#include "zookernel/consensus.h"

namespace zookernel::shell {

inline int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

// Milliseconds that never go back. 1 at the earliest, so that 0 can mean "never".
inline int64_t mono_ms() {
  return nanoseconds(CLOCK_MONOTONIC) / 1000000 + 1;
}

inline Tick now_tick() {
  return {mono_ms(), nanoseconds(CLOCK_REALTIME) / 1000000};
}

inline uint64_t random_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace zookernel::shell
