// Connections between servers on the side of the transport: who is dialled, how long that may take,
// and which connection answers which attempt. What is said on them is the machine's business.
//
// One mutex guards the table, because with I/O threads their calls and the core's come at once.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "kernel/shell/peer_failures.h"
#include "zookernel/consensus.h"
#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

// Where it goes: the core thread itself, or the inbox before it. Calls for one connection never
// overlap.
class PeerSink {
 public:
  virtual ~PeerSink() = default;
  virtual void peer_opened(const Opened& opened) = 0;
  virtual void peer_bytes(ConnId conn, Bytes bytes) = 0;
  virtual void peer_closed(ConnId conn) = 0;
  virtual void dial_failed(uint64_t token) = 0;
};

class Peers final : public ConnectionEvents {
 public:
  // What is borrowed outlives the peers. A connection that is not there after connect_ms is given
  // up.
  Peers(Transport& transport, const Ensemble& ensemble, PeerSink& sink, Logger& log,
        int64_t connect_ms);

  // ConnectionEvents [io]
  bool on_open(ConnId conn, Channel channel, const PeerInfo& peer) override;
  size_t on_bytes(ConnId conn, Bytes bytes) override;
  void on_close(ConnId conn, const Error& why) override;

  // ---- [core]

  void dial(const Dial& dial, int64_t now_ms);
  // Gives up what takes too long.
  void end_overdue(int64_t now_ms);
  // When there may be something overdue: never later than the truth; INT64_MAX for never.
  [[nodiscard]] int64_t next_overdue_ms();
  // Connections that are there, of one channel.
  [[nodiscard]] std::vector<ConnId> open(Channel channel);
  // Those and the attempts.
  [[nodiscard]] std::vector<ConnId> all();

 private:
  struct Entry {
    Channel channel = Channel::kQuorum;
    bool open = false;
    uint64_t token = 0;  // of the Dial; 0: the other side dialled
    Endpoint to;         // what was dialled
    bool overdue = false;
  };

  Transport& transport_;
  PeerSink& sink_;
  const int64_t connect_ms_;

  std::mutex mutex_;  // guards what follows
  PeerFailures failures_;
  std::unordered_map<ConnId, Entry> entries_;
  std::deque<std::pair<int64_t, ConnId>> deadlines_;  // ascending; of those that may be open by now
};

}  // namespace zookernel::shell
