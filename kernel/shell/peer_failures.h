// What an operator hears of servers that cannot be reached: a line when it begins, further ones at
// growing intervals, and one when it is over. Trying again is the machine's business.
//
//   server.2 cannot be reached address=zk2:3888 reason="connect to zk2:3888 (10.0.0.7): Connection
//   refused" for_s=0 attempts=1
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "zookernel/consensus.h"
#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

class PeerFailures {
 public:
  // Between two lines of one address: at first, and in the long run.
  static constexpr int64_t kFirstIntervalMs = 10000;
  static constexpr int64_t kLastIntervalMs = 60000;

  // Both are borrowed for good.
  PeerFailures(const Ensemble& ensemble, Logger& log) : ensemble_(ensemble), log_(log) {}

  void failed(Channel channel, const Endpoint& to, const std::string& reason, int64_t now_ms);
  void reached(Channel channel, const Endpoint& to, int64_t now_ms);

 private:
  struct Failing {
    int64_t since_ms = 0;
    int64_t next_line_ms = 0;
    int64_t interval_ms = kFirstIntervalMs;
    uint64_t attempts = 0;
  };

  [[nodiscard]] std::string name_of(Channel channel, const Endpoint& to) const;

  const Ensemble& ensemble_;
  Logger& log_;
  std::map<std::string, Failing> failing_;  // by channel and address; no more than the members have
};

}  // namespace zookernel::shell
