// Metrics handles. The kernel owns the numbers; names and kinds are Apache's (mntr without the zk_ prefix).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace zookernel {

// Only goes up. One thread adds; any thread reads.
class Counter {
 public:
  void add(int64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[nodiscard]] int64_t value() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// The present value of something. One thread sets; any thread reads.
class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Count, sum, least, greatest and approximate percentiles of what one thread adds (non-negative numbers, mostly ms). Any thread
// reads; a read beside a write may see the parts of one addition half done, which a monitoring graph does not mind.
//
// Percentiles come from buckets whose width is 1/8 of their power of two: at most 12.5 % off, 2 KiB each.
class Summary {
 public:
  static constexpr int kBuckets = 256;

  void add(int64_t value) {
    if (value < 0) value = 0;
    bump(count_, 1);
    bump(sum_, value);
    if (value < min_.load(std::memory_order_relaxed)) min_.store(value, std::memory_order_relaxed);
    if (value > max_.load(std::memory_order_relaxed)) max_.store(value, std::memory_order_relaxed);
    auto& bucket = buckets_[bucket_of(value)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  [[nodiscard]] int64_t count() const { return count_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t min() const { return count() == 0 ? 0 : min_.load(std::memory_order_relaxed); }
  [[nodiscard]] int64_t max() const { return max_.load(std::memory_order_relaxed); }
  // The value below which `fraction` (0 to 1) of the additions lie; 0 without any.
  [[nodiscard]] int64_t percentile(double fraction) const;
  void reset();

 private:
  static size_t bucket_of(int64_t value) {
    const auto v = static_cast<uint64_t>(value);
    if (v < 16) return static_cast<size_t>(v);
    const int top = 63 - __builtin_clzll(v);  // >= 4
    const size_t bucket = static_cast<size_t>(top - 2) * 8 + ((v >> (top - 3)) & 7);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static void bump(std::atomic<int64_t>& at, int64_t amount) {
    at.store(at.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  std::atomic<int64_t> count_{0}, sum_{0}, min_{INT64_MAX}, max_{0};
  std::array<std::atomic<uint32_t>, kBuckets> buckets_{};
};

// Finds or makes handles. A handle lives as long as the kernel; each is to be written by one thread. [startup]
class Metrics {
 public:
  virtual ~Metrics();
  virtual Counter& counter(std::string_view name) = 0;
  virtual Gauge& gauge(std::string_view name) = 0;
  virtual Summary& summary(std::string_view name) = 0;
};

}  // namespace zookernel
