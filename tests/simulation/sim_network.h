// Connections between clients and the server: whole messages, in order, each direction with a
// latency of its own; a reset loses any number of the last ones of either direction.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "tests/simulation/event_queue.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "zookernel/ids.h"

namespace zookernel::sim {

// Who gets what arrives.
class NetworkEnds {
 public:
  virtual ~NetworkEnds() = default;
  virtual void server_opened(ConnId conn) = 0;
  virtual void server_frame(ConnId conn, std::string payload) = 0;
  virtual void server_closed(ConnId conn) = 0;
  virtual void client_frame(int client, ConnId conn, const std::string& payload) = 0;
  virtual void client_disconnected(int client, ConnId conn) = 0;
};

class SimNetwork {
 public:
  SimNetwork(const Plan& plan, EventQueue& events, NetworkEnds& ends, uint64_t first_conn);

  // ---- of clients
  // Refused, a little later, unless `listening`.
  ConnId connect(int client, bool listening);
  void send_to_server(ConnId conn, std::string payload);
  void reset_by_client(ConnId conn);

  // ---- of the server
  void send_to_client(ConnId conn, std::string frame);
  void close_by_server(ConnId conn);  // after what was sent
  void reading(ConnId conn, bool on);
  void server_died();

 private:
  // One direction. Messages have numbers; those from `cut` on never arrive.
  struct Direction {
    int64_t last_us = 0;
    uint64_t sent = 0, arrived = 0, cut = UINT64_MAX;
  };
  struct Link {
    int client = 0;
    Direction to_server, to_client;
    bool reading = true;
    bool server_knows = false;               // it was opened there, and not yet closed
    bool client_knows = true;                // it has not heard of the end
    std::deque<std::function<void()>> held;  // arrived while the server did not read
  };

  int64_t latency();
  // Puts a message into one direction of the link.
  void send(ConnId conn, Direction Link::*way, std::function<void(Link&)> arrive);
  void arrive_at_server(ConnId conn, std::function<void()> take);
  // Cuts a direction somewhere behind what has arrived.
  void cut_anywhere(Direction& direction);
  static void cut_now(Direction& direction) { direction.cut = direction.arrived; }
  void tell_server(ConnId conn, int64_t delay_us);
  void tell_client(ConnId conn, int64_t delay_us);
  void forget(ConnId conn);

  const Plan& plan_;
  EventQueue& events_;
  NetworkEnds& ends_;
  Random random_;
  uint64_t last_conn_;
  std::map<ConnId, Link> links_;
};

}  // namespace zookernel::sim
