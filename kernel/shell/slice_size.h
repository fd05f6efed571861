// How large the slices of a long work are, so that one takes about so much of the clients' time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace zookernel::shell {

// How much of a work fits into `budget_ns`, when `done` of it took `took_ns`: towards that, at most
// by a factor of two at a time, because one slow slice says little.
inline size_t adapted(size_t slice, size_t done, int64_t budget_ns, int64_t took_ns) {
  const auto fitting =
      static_cast<size_t>(static_cast<double>(done) * static_cast<double>(budget_ns) /
                          static_cast<double>(std::max<int64_t>(took_ns, 1)));
  return std::clamp(fitting, slice / 2, slice * 2);
}

}  // namespace zookernel::shell
