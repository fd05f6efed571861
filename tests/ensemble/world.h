// One run: an ensemble of servers, a network, disks, clients, faults and time. Everything that
// happens follows from the plan, which follows from the seed.
//
//   run()   with faults for the plan's duration; then heals: a quorum stays up, everything passes,
//   and
//           within a bounded time every server that is up must serve, every write be committed, and
//           all trees be the same
//
// Throws a Violation when a promise is broken.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "tests/ensemble/checker.h"
#include "tests/ensemble/disk.h"
#include "tests/ensemble/network.h"
#include "tests/ensemble/plan.h"
#include "tests/ensemble/server.h"
#include "tests/ensemble/trace.h"
#include "tests/simulation/event_queue.h"

namespace zookernel::ensemble {

struct Totals {
  uint64_t events = 0;
  int64_t simulated_us = 0;
  uint64_t acknowledged = 0;
  uint64_t epochs = 0;  // that had a leader
  uint64_t crashes = 0;
};

class World final : private Around, private NetworkListener {
 public:
  // `layout_seed` changes the numbers of connections, and must change nothing else. The trace is
  // borrowed.
  World(const Plan& plan, uint64_t layout_seed, Trace& trace);
  ~World() override;

  void run();
  [[nodiscard]] Totals totals() const;  // also after a Violation

 private:
  // A server, up or down, numbered from 1.
  struct Place {
    std::unique_ptr<Disk> disk;
    std::unique_ptr<Disk> lost;      // what it had when it lost everything
    std::unique_ptr<Server> server;  // null: down
    uint64_t life = 0;
    bool down_for_good = false;
    int64_t paused_until_us = 0;
    std::deque<std::function<void()>> waiting;  // what happened to it while it stood still
    int64_t slow_until_us = 0;
  };

  void start(int id);
  void crash(int id);
  void restart_later(int id);
  void inject_later();
  void inject(Fault fault);
  void write_later();
  void reconfigure_later();
  void snapshot_later(int id);
  void touch_later();
  void happen(int id, std::function<void()> event);
  void resume(int id);
  void run_until(int64_t time_us);
  void heal();
  void operate_later(int id);
  [[nodiscard]] bool well(int64_t since_operation) const;
  void check_touches();
  // Asked once for each, in the order of commitment.
  [[nodiscard]] bool on_quorum(const LogRecord& record);
  [[nodiscard]] int count() const { return plan_.voters + plan_.observers; }
  [[nodiscard]] int any() {
    return 1 + static_cast<int>(faults_.below(static_cast<uint64_t>(count())));
  }
  void note(int id, const std::string& text) { trace_.line(events_.now_us(), id, text); }

  // Around
  int64_t now_us() const override { return events_.now_us(); }
  void after(int server, int64_t delay_us, std::function<void()> event) override;
  Network& network() override { return network_; }
  Checker& checker() override { return checker_; }
  Trace& trace() override { return trace_; }
  int64_t sync_us(int server) override;
  void saves_epoch(int server, int64_t takes_us) override;
  Random& random() override { return timing_; }
  // NetworkListener
  bool is_up(int server) const override;
  void opened(int server, ConnId conn, Channel channel, uint64_t dial) override;
  void dial_failed(int server, uint64_t dial) override;
  void received(int server, ConnId conn, std::string bytes) override;
  void closed(int server, ConnId conn) override;

  const Plan& plan_;
  Trace& trace_;
  const Ensemble ensemble_;
  zab::QuorumVerifier quorum_;  // of the members that are in force by what is committed
  sim::EventQueue events_;
  Random timing_, faults_, clients_;
  Network network_;
  Checker checker_;
  std::vector<Place> places_;  // [0] is not used
  int64_t operations_ = 0;
  uint64_t crashes_ = 0;
  bool healing_ = false;
  bool lost_a_disk_ = false;
};

}  // namespace zookernel::ensemble
