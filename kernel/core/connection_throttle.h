// How many sessions may be opened in a while: a bucket of tokens that fills with time, and each
// handshake takes some. With a freeze time, handshakes are also dropped by chance, the more often
// the longer the bucket was empty. Source: BlueThrottle. [core]
#pragma once

#include <cstdint>

namespace zookernel::core {

struct ConnectionThrottleOptions {
  int32_t tokens_max = 0;  // connection_throttle_tokens; 0: no throttle
  int32_t fill_time_ms = 1;
  int32_t fill_count = 1;        // for each fill_time_ms
  int32_t freeze_time_ms = -1;   // -1: nothing is dropped by chance
  double drop_increase = 0.02;   // of the chance, for each freeze time with an empty bucket
  double drop_decrease = 0.002;  // for each with a bucket that is fuller than
  double decrease_ratio = 0;     // this part of it is missing
  bool weighted = false;         // handshakes cost what follows, in place of 1
  int32_t new_session_weight = 3;
  int32_t renewed_session_weight = 2;
};

class ConnectionThrottle {
 public:
  enum class Handshake { kNewSession, kRenewedSession };

  // `seed` of the chance.
  ConnectionThrottle(const ConnectionThrottleOptions& options, uint64_t seed);

  // May this handshake go on? Takes its tokens then.
  [[nodiscard]] bool admit(Handshake handshake, int64_t mono_ms);

  // Tokens that are missing; for the metrics, as the chance to be dropped.
  [[nodiscard]] int64_t deficit() const { return tokens_max_ - tokens_; }
  [[nodiscard]] double drop_chance() const { return drop_chance_; }

 private:
  void adapt(int64_t mono_ms);
  [[nodiscard]] bool dropped_by_chance();

  const ConnectionThrottleOptions options_;
  int64_t tokens_max_, fill_count_;
  int64_t tokens_;
  int64_t filled_ms_ = 0;
  int64_t adapted_ms_ = 0;
  double drop_chance_ = 0;
  uint64_t random_;
};

}  // namespace zookernel::core
