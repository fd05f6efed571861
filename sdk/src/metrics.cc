#include "zookernel/metrics.h"

#include <cmath>

namespace zookernel {

int64_t Summary::percentile(double fraction) const {
  int64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  if (total == 0) return 0;
  const auto wanted = static_cast<int64_t>(std::ceil(fraction * static_cast<double>(total)));
  int64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen < wanted || seen == 0) continue;
    if (i < 16) return static_cast<int64_t>(i);
    const auto power = static_cast<int>(i / 8 + 2);
    const int64_t upper = (int64_t{1} << power) + (static_cast<int64_t>(i % 8 + 1) << (power - 3)) - 1;
    return upper < max() ? upper : max();  // the bucket's upper end, never above what was seen
  }
  return max();
}

void Summary::reset() {
  count_.store(0, std::memory_order_relaxed);
  sum_.store(0, std::memory_order_relaxed);
  min_.store(INT64_MAX, std::memory_order_relaxed);
  max_.store(0, std::memory_order_relaxed);
  for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
}

}  // namespace zookernel
