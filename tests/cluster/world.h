// One run: whole servers on disks, clients that go from one to another, networks, faults and time.
// Everything follows from the plan, which follows from the seed.
//
//   run()   with faults for the plan's duration; then heals: every server must serve, every client
//   be served,
//           and all trees be the same; then the clients fall silent, and no session and no
//           ephemeral may be left
//
// Throws a Violation when a promise is broken.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/cluster/links.h"
#include "tests/cluster/node.h"
#include "tests/ensemble/trace.h"

namespace zookernel::cluster {

struct Totals {
  uint64_t events = 0;
  int64_t simulated_us = 0;
  uint64_t acknowledged = 0, transactions = 0, crashes = 0, roles = 0;
};

class World final : private Around, private LinkEnds, private ensemble::NetworkListener {
 public:
  // `layout_seed` changes hash seeds and numbers of connections, and must change nothing else.
  World(const Plan& plan, uint64_t layout_seed, ensemble::Trace& trace);
  ~World() override;

  void run();
  [[nodiscard]] Totals totals() const;  // also after a Violation

 private:
  // A server, up or down, numbered from 1.
  struct Place {
    std::unique_ptr<sim::SimDisk> disk = std::make_unique<sim::SimDisk>();
    std::unique_ptr<Node> node;  // null: down
    uint64_t life = 0;
    int64_t paused_until_us = 0;
    std::deque<std::function<void()>> waiting;  // what happened to it while it stood still
    int64_t slow_until_us = 0;
  };

  void start(int id);
  void crash(int id);
  void restart_later(int id);
  void inject_later();
  void inject(ensemble::Fault fault);
  void happen(int id, std::function<void()> event);
  void resume(int id);
  void run_until(int64_t time_us);
  void heal();
  void fall_silent();
  [[nodiscard]] bool well() const;
  [[nodiscard]] bool alike() const;
  void input(int id, std::function<core::Input()> make);
  [[nodiscard]] int count() const { return plan_.servers.voters + plan_.servers.observers; }
  [[nodiscard]] Place& place(int id) { return places_[static_cast<size_t>(id)]; }
  [[nodiscard]] const Place& place(int id) const { return places_[static_cast<size_t>(id)]; }
  int any() { return 1 + static_cast<int>(faults_.below(static_cast<uint64_t>(count()))); }

  // Around
  Tick now(int server) override;
  void after(int server, int64_t delay_us, std::function<void()> event) override;
  ensemble::Network& network() override { return network_; }
  History& history() override { return history_; }
  void reply(int server, ConnId conn, std::string bytes) override;
  void close_client(int server, ConnId conn) override;
  void reading(ConnId conn, bool on) override { links_.reading(conn, on); }
  void note(int server, const std::string& text) override;
  void mix(uint64_t value) override { trace_.mix(value); }
  Random& timing() override { return timing_; }
  int64_t sync_us(int server) override;

  // LinkEnds
  bool listens(int server) const override { return place(server).node != nullptr; }
  void client_opened(int server, ConnId conn) override;
  void client_frame(int server, ConnId conn, std::string payload) override;
  void client_gone(int server, ConnId conn) override;
  void answer(int client, uint64_t link, const std::string& payload) override;
  void disconnected(int client, uint64_t link) override;
  void greeted(int client, int server, int64_t session, int32_t timeout_ms) override;

  // NetworkListener
  bool is_up(int server) const override { return place(server).node != nullptr; }
  void opened(int server, ConnId conn, Channel channel, uint64_t dial) override;
  void dial_failed(int server, uint64_t dial) override;
  void received(int server, ConnId conn, std::string bytes) override;
  void closed(int server, ConnId conn) override;

  const Plan& plan_;
  const uint64_t layout_seed_;
  ensemble::Trace& trace_;
  const Ensemble ensemble_;
  sim::EventQueue events_;
  Random timing_, faults_, disks_;
  History history_;
  ensemble::Network network_;
  Links links_;
  std::vector<std::unique_ptr<sim::SimClient>> clients_;
  std::vector<Place> places_;
  bool healing_ = false;
  uint64_t crashes_ = 0, roles_ = 0;
};

}  // namespace zookernel::cluster
