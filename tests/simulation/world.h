// One run: a server on a disk, clients, a network between them, faults, and time. Everything that
// happens follows from the plan, which follows from the seed.
//
//   run()   with faults for the plan's duration; then heals: no faults any more, and every client
//           must be served; then the server is killed and recovers once more
//
// Throws a Violation when a promise is broken.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/checkers.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/server_process.h"
#include "tests/simulation/sim_client.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_network.h"
#include "tests/simulation/trace.h"

namespace zookernel::sim {

struct RunTotals {
  uint64_t events = 0;
  int64_t simulated_us = 0;
  uint64_t acknowledged_writes = 0;
  uint64_t crashes = 0;  // every end of a process but the clean ones
};

class World final : private Surroundings, private NetworkEnds {
 public:
  // `layout_seed` changes hash seeds, numbers of connections and where memory lies, and must change
  // nothing else; 0: all as usual. The trace is borrowed.
  World(const Plan& plan, uint64_t layout_seed, Trace& trace);
  ~World() override;

  void run();
  // Also after a Violation.
  [[nodiscard]] RunTotals totals() const;

 private:
  enum class End { kPowerFailure, kKill, kCleanStop };

  // Life of the server.
  void start_server();
  void refused_to_start(const Error& why);
  void arm_start_faults();
  void end_server(End end, const std::string& why);
  void end_later(int64_t delay_us, const std::string& why);
  void restart_later();
  End draw_end();

  // Faults.
  void inject_later();
  void inject(Fault fault);
  void arm_mid_call();
  void fill_disk();
  void rot_a_bit();
  void heal_rot();

  void run_until(int64_t time_us);
  void heal();

  // Surroundings
  Tick now() override;
  void after(int64_t delay_us, std::function<void()> event) override;
  Random& timing() override { return timing_; }
  int64_t sync_us() override;
  void send(ConnId conn, std::string frame) override {
    network_.send_to_client(conn, std::move(frame));
  }
  void close(ConnId conn) override { network_.close_by_server(conn); }
  void reading(ConnId conn, bool on) override { network_.reading(conn, on); }
  void fail(const std::string& why) override;
  void trace(const std::string& text) override { trace_.line(events_.now_us(), text); }
  void run_in_life(uint64_t life, std::function<void()> event);

  struct ClientSide final : ClientNetwork {
    explicit ClientSide(World& owner) : world(owner) {}
    int64_t now_us() override { return world.events_.now_us(); }
    void after(int64_t delay_us, std::function<void()> event) override {
      world.events_.after(delay_us, std::move(event));
    }
    uint64_t connect(int client) override;
    void send(uint64_t link, std::string payload) override;
    void reset(uint64_t link) override;
    World& world;
  };

  // NetworkEnds
  void server_opened(ConnId conn) override;
  void server_frame(ConnId conn, std::string payload) override;
  void server_closed(ConnId conn) override;
  void client_frame(int client, ConnId conn, const std::string& payload) override;
  void client_disconnected(int client, ConnId conn) override;

  const Plan& plan_;
  const uint64_t layout_seed_;
  Trace& trace_;
  EventQueue events_;
  Random timing_, faults_random_, disk_random_;
  Checker checker_;
  SimDisk disk_;
  SimNetwork network_;
  ClientSide client_side_;
  std::vector<std::unique_ptr<SimClient>> clients_;

  std::unique_ptr<ServerProcess> server_;
  uint64_t life_ = 0;     // of the process; events of an earlier one do not run
  bool serving_ = false;  // started and not ended
  bool ending_ = false;   // it has failed, and its end is scheduled
  bool excused_ = false;  // something was done that may keep it from starting
  bool full_ = false;     // the disk
  bool healing_ = false;
  uint64_t crashes_ = 0;

  int64_t wall_offset_ms_ = 0;
  int64_t paused_until_us_ = 0;
  int64_t slow_until_us_ = 0;
  struct Rot {
    std::string path;
    uint64_t offset;
    int bit;
    std::string rotten = {};  // the whole file with that bit turned
  };
  std::optional<Rot> rot_;
};

}  // namespace zookernel::sim
