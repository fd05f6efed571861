// The ports on which this server waits for the others: its own quorum and election addresses.
#pragma once

#include "kernel/shell/config.h"
#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

class PeerListeners {
 public:
  // What is borrowed outlives the transport.
  PeerListeners(Transport& transport, ConnectionEvents& events, Logger& log)
      : transport_(transport), events_(events), log_(log) {}

  // Binds the addresses of this server's own line, or their ports on every address. A port that is
  // taken is tried again, electionPortBindRetry times in all. [startup]
  Status open(const Config& config);

 private:
  Status open(Channel channel, const Endpoint& at, int tries);

  Transport& transport_;
  ConnectionEvents& events_;
  Logger& log_;
};

}  // namespace zookernel::shell
