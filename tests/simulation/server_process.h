// One life of a server process, from recovery to its end: the real core, machine, persist queue,
// recovery and storage, and in place of the shell's threads events with a latency of their
// own.
//
//   core      wakes when something came in: a Tick, then what waits, in a batch; carries out
//             effects
//   log       takes a round of Persists, appends, syncs, tells the core; each takes time
//   snapshot  writes the pieces that slices make, purges
//
// A failure of the log ends the process, one of a snapshot only the snapshot.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "kernel/core/persist_queue.h"
#include "kernel/core/server.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/decorators.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/sim_host.h"
#include "tests/support/core_world.h"

namespace zookernel::sim {

// The world, as one process sees it.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual Tick now() = 0;
  // Runs later, unless the process has ended by then.
  virtual void after(int64_t delay_us, std::function<void()> event) = 0;
  virtual Random& timing() = 0;
  virtual int64_t sync_us() = 0;  // how long a sync takes now
  virtual void send(ConnId conn, std::string frame) = 0;
  virtual void close(ConnId conn) = 0;  // after what was sent
  virtual void reading(ConnId conn, bool on) = 0;
  // The process cannot go on. The caller returns at once; no event of it runs any more.
  virtual void fail(const std::string& why) = 0;
  virtual void trace(const std::string& text) = 0;
};

class ServerProcess {
 public:
  // What is borrowed outlives the process.
  ServerProcess(const Plan& plan, uint64_t layout_seed, Surroundings& surroundings,
                Checker& checker, FileSystem& disk);
  ~ServerProcess();

  // Recovers and begins to serve. After a failure only to be destroyed.
  Status start();
  // Closes the files as a server that is told to stop does; what waits for the log is written.
  void stop_cleanly();

  // ---- what comes in
  void opened(ConnId conn);
  void closed(ConnId conn);
  void frame(ConnId conn, std::string payload);

  [[nodiscard]] bool idle() const { return inbox_.empty() && !log_busy_ && queue_.empty(); }

 private:
  struct Opened {
    ConnId conn;
  };
  struct Closed {
    ConnId conn;
  };
  struct Frame {
    ConnId conn;
    std::string payload;
  };
  struct Slice {};
  struct Begin {};
  using Message = std::variant<Opened, Closed, Frame, Durable, Begin, Slice>;

  std::unique_ptr<core::Server> make_server();
  bool see_replayed(Bytes record);

  // core
  void post(Message message);
  void wake_core();
  void run_core();
  void set_timer();
  void take(const Message& message);
  void step(const core::Input& input);
  StepOutput new_output();
  void collect_frames(StepOutput& output);
  void plant(StepOutput& output);
  void trace_output(const StepOutput& output);
  void carry_out();

  // log
  void run_log();
  void sync_round();
  void round_done();

  // snapshot
  void begin_snapshot();
  void slice_later();
  void run_snapshot();
  Status write_piece(const core::SnapshotPiece& piece);
  void piece_done(bool last, bool good);

  [[nodiscard]] int64_t some(int64_t mean_us);

  const Plan& plan_;
  const uint64_t layout_seed_;
  Surroundings& world_;
  Checker& checker_;
  ForgetfulFileSystem forgetful_;
  SimSettings settings_;
  SimHost host_;
  test::DeafMetrics metrics_;
  test::Schemes schemes_;
  const std::unique_ptr<Storage> storage_;
  WatchedStorage watched_;
  std::unique_ptr<core::Server> server_;
  bool dead_ = false;

  core::Effects effects_;
  std::vector<size_t> replies_seen_;  // bytes of each reply buffer of this batch
  size_t persists_seen_ = 0, records_seen_ = 0, closes_seen_ = 0;
  std::vector<std::pair<ConnId, std::string>> outgoing_;  // frames of this batch, in order
  std::map<ConnId, bool> handshaken_;                     // has the first frame gone out?
  std::deque<Message> inbox_;
  bool core_woken_ = false;  // it will run because something came in
  uint64_t timers_ = 0;      // only the latest is heeded
  int64_t wake_at_ms_ = INT64_MAX;
  std::vector<std::unique_ptr<char[]>> padding_;  // moves what is allocated after it

  core::PersistQueue queue_;
  core::PersistRound round_;
  bool log_busy_ = false;
  int64_t records_since_snapshot_ = 0, snapshot_due_at_ = 0;

  std::deque<core::SnapshotPiece> pieces_;
  std::unique_ptr<SnapshotWriter> writer_;
  bool snapshot_busy_ = false, snapshot_writing_ = false, given_up_ = false;
};

}  // namespace zookernel::sim
