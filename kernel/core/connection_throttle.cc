#include "kernel/core/connection_throttle.h"

#include <algorithm>
#include <cmath>

namespace zookernel::core {

// With weights the bucket is that much larger, so that as many new sessions as before fit in.
ConnectionThrottle::ConnectionThrottle(const ConnectionThrottleOptions& options, uint64_t seed)
    : options_(options),
      tokens_max_(int64_t{options.tokens_max} *
                  (options.weighted ? options.new_session_weight : 1)),
      fill_count_(int64_t{options.fill_count} *
                  (options.weighted ? options.new_session_weight : 1)),
      tokens_(tokens_max_),
      random_(seed | 1) {}

bool ConnectionThrottle::admit(Handshake handshake, int64_t mono_ms) {
  if (tokens_max_ <= 0) return true;
  int64_t cost = 1;
  if (options_.weighted)
    cost = handshake == Handshake::kNewSession ? options_.new_session_weight
                                               : options_.renewed_session_weight;
  const int64_t passed_ms = mono_ms - filled_ms_;
  if (passed_ms > options_.fill_time_ms) {
    int64_t refill = 0;
    const bool enough = __builtin_mul_overflow(passed_ms, fill_count_, &refill);
    refill = enough ? tokens_max_ : refill / std::max(options_.fill_time_ms, 1);
    tokens_ = refill < tokens_max_ - tokens_ ? tokens_ + refill : tokens_max_;
    filled_ms_ = mono_ms;
  }
  if (options_.freeze_time_ms != -1) {
    adapt(mono_ms);
    if (dropped_by_chance()) return false;
  }
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

void ConnectionThrottle::adapt(int64_t mono_ms) {
  if (mono_ms - adapted_ms_ <= options_.freeze_time_ms) return;
  adapted_ms_ = mono_ms;
  const double threshold = std::round(static_cast<double>(tokens_max_) * options_.decrease_ratio);
  if (tokens_ == 0 && drop_chance_ < 1) {
    drop_chance_ = std::min(drop_chance_ + options_.drop_increase, 1.0);
  } else if (static_cast<double>(deficit()) <= threshold && drop_chance_ > 0) {
    drop_chance_ = std::max(drop_chance_ - options_.drop_decrease, 0.0);
  }
}

bool ConnectionThrottle::dropped_by_chance() {
  // xorshift64
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
  return static_cast<double>(random_ >> 11) * kUnit < drop_chance_;
}

}  // namespace zookernel::core
