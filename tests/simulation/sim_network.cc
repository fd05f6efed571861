#include "tests/simulation/sim_network.h"

#include <algorithm>
#include <utility>

namespace zookernel::sim {

SimNetwork::SimNetwork(const Plan& plan, EventQueue& events, NetworkEnds& ends, uint64_t first_conn)
    : plan_(plan),
      events_(events),
      ends_(ends),
      random_(plan.seed ^ 0x6e6574ull),
      last_conn_(first_conn) {}

int64_t SimNetwork::latency() {
  const auto us = static_cast<int64_t>(random_.below(2 * static_cast<uint64_t>(plan_.network_us)));
  return 1 + (random_.chance(1, 100) ? 20 * us : us);
}

void SimNetwork::send(ConnId conn, Direction Link::*way, std::function<void(Link&)> arrive) {
  const auto at = links_.find(conn);
  if (at == links_.end()) return;
  Direction& direction = at->second.*way;
  const uint64_t number = direction.sent++;
  direction.last_us = std::max(direction.last_us, events_.now_us() + latency());
  events_.at(direction.last_us, [this, conn, way, number, arrive = std::move(arrive)] {
    const auto link = links_.find(conn);
    if (link == links_.end() || number >= (link->second.*way).cut) return;
    (link->second.*way).arrived = number + 1;
    arrive(link->second);
  });
}

// ---- of clients

ConnId SimNetwork::connect(int client, bool listening) {
  const ConnId conn{++last_conn_};
  Link& link = links_[conn];
  link.client = client;
  if (!listening) {
    cut_now(link.to_server);
    tell_client(conn, latency());
    return conn;
  }
  send(conn, &Link::to_server, [this, conn](Link& opened) {
    opened.server_knows = true;
    ends_.server_opened(conn);
  });
  return conn;
}

void SimNetwork::send_to_server(ConnId conn, std::string payload) {
  send(conn, &Link::to_server, [this, conn, payload = std::move(payload)](Link&) {
    arrive_at_server(conn, [this, conn, payload] { ends_.server_frame(conn, payload); });
  });
}

void SimNetwork::arrive_at_server(ConnId conn, std::function<void()> take) {
  Link& link = links_.at(conn);
  if (link.reading) return take();
  link.held.push_back(std::move(take));
}

void SimNetwork::reset_by_client(ConnId conn) {
  const auto at = links_.find(conn);
  if (at == links_.end()) return;
  Link& link = at->second;
  link.client_knows = false;
  cut_now(link.to_client);
  cut_anywhere(link.to_server);
  // Now and then the server does not hear of it for long.
  const int64_t half_open =
      random_.chance(1, 10)
          ? static_cast<int64_t>(
                random_.below(2000 * static_cast<uint64_t>(plan_.options.max_session_timeout_ms)))
          : 0;
  tell_server(conn, half_open);
}

// ---- of the server

void SimNetwork::send_to_client(ConnId conn, std::string frame) {
  send(conn, &Link::to_client, [this, conn, frame = std::move(frame)](Link& link) {
    ends_.client_frame(link.client, conn, frame);
  });
}

void SimNetwork::close_by_server(ConnId conn) {
  const auto at = links_.find(conn);
  if (at == links_.end()) return;
  Link& link = at->second;
  cut_now(link.to_server);
  link.held.clear();
  if (random_.chance(1, 10)) cut_anywhere(link.to_client);
  tell_client(conn, 0);
  tell_server(conn, 0);
}

void SimNetwork::reading(ConnId conn, bool on) {
  const auto at = links_.find(conn);
  if (at == links_.end()) return;
  at->second.reading = on;
  if (!on) return;
  const std::deque<std::function<void()>> held = std::exchange(at->second.held, {});
  for (const auto& take : held) take();
}

void SimNetwork::server_died() {
  for (auto& [conn, link] : links_) {
    link.server_knows = false;
    link.held.clear();
    cut_now(link.to_server);
    cut_anywhere(link.to_client);
  }
  std::vector<ConnId> all;
  for (const auto& [conn, link] : links_) all.push_back(conn);
  for (const ConnId conn : all) tell_client(conn, 0);
}

// ---- ends

void SimNetwork::cut_anywhere(Direction& direction) {
  const uint64_t under_way = direction.sent - direction.arrived;
  // All of it as often as any part.
  const uint64_t kept = random_.chance(1, 2) ? under_way : random_.below(under_way + 1);
  direction.cut = std::min(direction.cut, direction.arrived + kept);
}

void SimNetwork::tell_server(ConnId conn, int64_t delay_us) {
  const Direction& way = links_.at(conn).to_server;
  events_.at(std::max(way.last_us, events_.now_us()) + delay_us + 1, [this, conn] {
    const auto at = links_.find(conn);
    if (at == links_.end()) return;
    // What it had not read when the end came is lost.
    at->second.held.clear();
    const bool knew = std::exchange(at->second.server_knows, false);
    cut_now(at->second.to_server);
    forget(conn);
    if (knew) ends_.server_closed(conn);
  });
}

void SimNetwork::tell_client(ConnId conn, int64_t delay_us) {
  const Direction& way = links_.at(conn).to_client;
  events_.at(std::max(way.last_us, events_.now_us()) + delay_us + 1, [this, conn] {
    const auto at = links_.find(conn);
    if (at == links_.end()) return;
    const int client = at->second.client;
    const bool knew = std::exchange(at->second.client_knows, false);
    cut_now(at->second.to_client);
    forget(conn);
    if (knew) ends_.client_disconnected(client, conn);
  });
}

void SimNetwork::forget(ConnId conn) {
  const auto at = links_.find(conn);
  if (at != links_.end() && !at->second.server_knows && !at->second.client_knows) links_.erase(at);
}

}  // namespace zookernel::sim
