// One simulated server: the real core, the real ZAB machine, the real file storage over a disk that
// crashes, and around them what the shell does, in simulated time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernel/core/persist_queue.h"
#include "kernel/core/server.h"
#include "tests/cluster/history.h"
#include "tests/cluster/plan.h"
#include "tests/ensemble/network.h"
#include "tests/simulation/decorators.h"
#include "tests/simulation/sim_disk.h"
#include "tests/simulation/sim_host.h"

namespace zookernel::cluster {

// What a server needs of the world.
class Around {
 public:
  virtual ~Around() = default;
  [[nodiscard]] virtual Tick now(int server) = 0;
  // Not run when the process has ended; later when it stands still.
  virtual void after(int server, int64_t delay_us, std::function<void()> event) = 0;
  virtual ensemble::Network& network() = 0;
  virtual History& history() = 0;
  virtual void reply(int server, ConnId conn, std::string bytes) = 0;
  virtual void close_client(int server, ConnId conn) = 0;
  virtual void reading(ConnId conn, bool on) = 0;
  virtual void note(int server, const std::string& text) = 0;
  virtual void mix(uint64_t value) = 0;
  virtual Random& timing() = 0;
  [[nodiscard]] virtual int64_t sync_us(int server) = 0;
};

class Node {
 public:
  Node(const Plan& plan, const Ensemble& ensemble, int id, uint64_t layout_seed, sim::SimDisk& disk,
       Around& around);
  ~Node();

  void start();
  // Hands it to the core, soon, perhaps together with others.
  void post(std::function<void()> input);
  void step(const core::Input& input);

  [[nodiscard]] const core::Server& server() const { return *server_; }
  // Nothing waits for the disk, and nothing that was taken waits to be worked on.
  [[nodiscard]] bool quiet() const { return !writing_ && queue_.empty() && inbox_.empty(); }

 private:
  void run_core();
  void carry_out();
  void watch_tree();
  void set_timer(int64_t wake_ms);
  void stream(ConnId conn);
  void read_log(const ReadLog& read);
  void write_snapshot(core::SnapshotPiece& piece);
  void write_install(core::InstallPiece& piece);
  void slice_later();
  void start_round();
  void write_round();
  void sync_round();
  void round_done();
  void rewind_if_durable();
  Zxid rebuild();
  Status load(Zxid name);
  Status replay();
  void check(const Status& status, const char* what);
  std::unique_ptr<core::Server> make_server();
  [[nodiscard]] int64_t some(int64_t mean_us);

  const Plan& plan_;
  const Ensemble ensemble_;
  const int id_;
  const uint64_t layout_seed_;
  Around& around_;
  sim::SimSettings settings_;
  sim::SimHost host_;
  test::Schemes schemes_;
  test::DeafMetrics metrics_;
  std::unique_ptr<Storage> storage_;
  sim::WatchedStorage watched_;
  std::unique_ptr<core::Server> server_;
  core::Effects effects_;
  std::deque<std::function<void()>> inbox_;
  bool woken_ = false;
  uint64_t timers_ = 0;

  std::vector<LogRecord> untold_;  // applied, and perhaps not committed: not told to the history
  Zxid loaded_;                    // what the snapshot gave that replay began with
  bool jump_ = true;               // the tree was replaced by one that ends with loaded_

  core::PersistQueue queue_;
  bool writing_ = false;
  core::PersistRound round_;
  bool uncut_ = false;
  bool serving_ = false;  // at the end of the last batch
  bool rewinding_ = false;
  bool slicing_ = false;
  int64_t records_ = 0, snapshot_due_ = 0;
  std::unique_ptr<SnapshotWriter> snapshot_, install_;
  std::deque<std::unique_ptr<SnapshotWriter>> whole_;
};

}  // namespace zookernel::cluster
