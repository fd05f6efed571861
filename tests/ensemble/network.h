// Connections between simulated servers: bytes arrive in order and late, in pieces of any size; a
// connection may break and lose a suffix of what was under way, in each direction another; where
// nothing passes, bytes wait, as TCP makes them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/ensemble/plan.h"
#include "tests/simulation/event_queue.h"
#include "zookernel/consensus.h"

namespace zookernel::ensemble {

class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  [[nodiscard]] virtual bool is_up(int server) const = 0;
  virtual void opened(int server, ConnId conn, Channel channel, uint64_t dial) = 0;
  virtual void dial_failed(int server, uint64_t dial) = 0;
  virtual void received(int server, ConnId conn, std::string bytes) = 0;
  virtual void closed(int server, ConnId conn) = 0;
};

class Network {
 public:
  // `first_conn` moves the numbers of connections, which must change nothing.
  Network(const Plan& plan, sim::EventQueue& events, NetworkListener& listener, uint64_t first_conn)
      : plan_(plan),
        events_(events),
        listener_(listener),
        random_(plan.seed ^ 0x6e6574776f726bull),
        last_conn_(first_conn) {}

  void dial(int from, int to, Channel channel, uint64_t token);
  void send(ConnId conn, Bytes bytes);
  // Gracefully: what was sent arrives first.
  void close(ConnId conn);
  // A process ended: its connections break.
  void server_ended(int server);
  // A connection of those that there are breaks.
  void reset_any();

  void block(int from, int to) { blocked_.insert({from, to}); }
  void unblock_all();

 private:
  // One end of a connection, and what is on its way to it.
  struct End {
    int server = 0;
    int other_server = 0;
    ConnId other;
    std::deque<std::string> coming;
    int64_t arrives_us = 0;  // of the last piece
    bool closing = false;    // after what is coming
    bool pumping = false;    // an event is scheduled
  };

  void pump(ConnId conn);
  void deliver(ConnId conn);
  void lose_suffix(ConnId conn, End& end);
  [[nodiscard]] bool blocked(int from, int to) const { return blocked_.contains({from, to}); }
  [[nodiscard]] int64_t delay_us();

  const Plan& plan_;
  sim::EventQueue& events_;
  NetworkListener& listener_;
  Random random_;
  uint64_t last_conn_;
  std::map<ConnId, End> ends_;
  std::set<std::pair<int, int>> blocked_;  // from, to
};

}  // namespace zookernel::ensemble
