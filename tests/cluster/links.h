// Connections between clients and any of the servers: whole frames, in order and late; one that
// breaks loses what was under way. Watches what passes: every answer to a write is held against the
// history.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

#include "tests/cluster/history.h"
#include "tests/cluster/plan.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/sim_client.h"

namespace zookernel::cluster {

class LinkEnds {
 public:
  virtual ~LinkEnds() = default;
  [[nodiscard]] virtual bool listens(int server) const = 0;
  virtual void client_opened(int server, ConnId conn) = 0;
  virtual void client_frame(int server, ConnId conn, std::string payload) = 0;
  virtual void client_gone(int server, ConnId conn) = 0;
  virtual void answer(int client, uint64_t link, const std::string& payload) = 0;
  virtual void disconnected(int client, uint64_t link) = 0;
  virtual void greeted(int client, int server, int64_t session, int32_t timeout_ms) = 0;
};

class Links final : public sim::ClientNetwork {
 public:
  Links(const Plan& plan, int servers, sim::EventQueue& events, LinkEnds& ends,
        const History& history, uint64_t first)
      : plan_(plan),
        servers_(servers),
        events_(events),
        ends_(ends),
        history_(history),
        random_(plan.seed ^ 0x6c696e6b73ull),
        last_(first) {}

  // ---- of clients
  int64_t now_us() override { return events_.now_us(); }
  void after(int64_t delay_us, std::function<void()> event) override {
    events_.after(delay_us, std::move(event));
  }
  uint64_t connect(int client) override;
  void send(uint64_t link, std::string payload) override;
  void reset(uint64_t link) override;

  // ---- of servers: the frames of one batch
  void reply(ConnId conn, Bytes bytes);
  void close(ConnId conn);
  void reading(ConnId conn, bool on);
  void server_ended(int server);

  // Has a client a connection for this session, and been answered on it?
  [[nodiscard]] bool connected(int64_t session) const;
  // No client gets through any more.
  void mute();
  [[nodiscard]] uint64_t acknowledged() const { return acknowledged_; }

 private:
  struct Link {
    int client = 0, server = 0;
    bool open = false;   // the server knows of it
    bool ended = false;  // the server has closed it
    bool reading = true;
    int64_t to_server_us = 0, to_client_us = 0;  // when the last one arrives
    std::deque<std::string> held;
    bool asked = false, greeted = false;  // the handshake passed, in each direction
    int64_t session = 0;
    std::map<int32_t, wire::Opcode> writes;
  };

  int64_t arrival(int64_t& last_us);
  void arrive(uint64_t link);
  void look_at_request(Link& link, Bytes payload);
  void look_at_reply(Link& link, Bytes payload);

  const Plan& plan_;
  const int servers_;
  sim::EventQueue& events_;
  LinkEnds& ends_;
  const History& history_;
  Random random_;
  uint64_t last_;
  std::map<uint64_t, Link> links_;  // a client's number for it is the server's
  bool muted_ = false;
  uint64_t acknowledged_ = 0;
};

}  // namespace zookernel::cluster
