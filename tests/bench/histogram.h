// Counts of durations in buckets that grow with the value: 64 to each power of two, so that a
// percentile is right to 1.6%.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace zookernel::bench {

class Histogram {
 public:
  void add(uint64_t ns) {
    ++buckets_[index_of(ns)];
    ++count_;
    sum_ns_ += ns;
    max_ns_ = std::max(max_ns_, ns);
  }

  void merge(const Histogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] double max_us() const { return static_cast<double>(max_ns_) / 1e3; }
  [[nodiscard]] double mean_us() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_) / 1e3;
  }

  // The duration that `quantile` (0..1) of all values do not exceed, in microseconds; 0 when there
  // are none.
  [[nodiscard]] double quantile_us(double quantile) const {
    if (count_ == 0) return 0;
    auto rank = static_cast<uint64_t>(quantile * static_cast<double>(count_));
    rank = std::min(rank, count_ - 1);
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(std::min(upper_bound_of(i), max_ns_)) / 1e3;
    }
    return max_us();
  }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr uint64_t kSub = 1U << kSubBits;

  // Below 2 * kSub a bucket holds one value; above, the top kSubBits + 1 bits of the value choose
  // it.
  static size_t index_of(uint64_t ns) {
    if (ns < 2 * kSub) return static_cast<size_t>(ns);
    auto shift = static_cast<unsigned>(std::bit_width(ns)) - kSubBits - 1;
    return static_cast<size_t>(shift * kSub + (ns >> shift));
  }
  static uint64_t upper_bound_of(size_t index) {
    if (index < 2 * kSub) return index;
    uint64_t shift = index / kSub - 1;
    return ((index % kSub + kSub + 1) << shift) - 1;
  }

  std::array<uint64_t, (64 - kSubBits + 1) * kSub> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ns_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace zookernel::bench
