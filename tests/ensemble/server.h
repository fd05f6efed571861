// One simulated server: the real machine and the real queue of the log, around them a tree that is
// a list of transactions, a disk, and what clients do. Carries out every effect of the machine.
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
#include "plugins/consensus/zab/machine/machine.h"
#include "tests/ensemble/checker.h"
#include "tests/ensemble/disk.h"
#include "tests/ensemble/network.h"
#include "tests/ensemble/trace.h"

namespace zookernel::ensemble {

// What a server needs of the world.
class Around {
 public:
  virtual ~Around() = default;
  [[nodiscard]] virtual int64_t now_us() const = 0;
  // Not run when the process has ended; later when it stands still.
  virtual void after(int server, int64_t delay_us, std::function<void()> event) = 0;
  virtual Network& network() = 0;
  virtual Checker& checker() = 0;
  virtual Trace& trace() = 0;
  [[nodiscard]] virtual int64_t sync_us(int server) = 0;
  // A round of the log begins that saves an epoch, and takes so long.
  virtual void saves_epoch(int server, int64_t takes_us) = 0;
  virtual Random& random() = 0;
};

class Server {
 public:
  // Reads the disk and starts. Both are borrowed.
  Server(const Plan& plan, const Ensemble& ensemble, int id, Disk& disk, Around& around);

  void input(const ConsensusInput& input);
  // A client's write, to be proposed here or passed on; false: nobody is served here.
  bool write(int64_t operation);
  // If this server leads and may: this one is a member like that from then on, or none. One at a
  // time, as who operates an ensemble does it: of two that come at once and a leader that goes, too
  // many may not know that they may vote.
  void reconfigure(int64_t operation, const Member& changed, bool remove);
  void sync();
  void touch();
  void revalidate(int64_t session);
  void snapshot(bool purge);
  // The process ends in the middle of whatever it writes.
  void crash(Random& random);

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] bool serving() const { return role_ != Role::kLooking; }
  [[nodiscard]] const Tree& tree() const { return tree_; }
  [[nodiscard]] const zab::ZabMachine& machine() const { return *machine_; }
  [[nodiscard]] size_t writes_waiting() const { return waiting_.size(); }
  [[nodiscard]] size_t syncs_waiting() const { return syncs_; }
  // Where it stands, for the trace of a run that fails.
  [[nodiscard]] std::string state_text() const;
  // When the leader last heard of the session, in ms; -1: never.
  [[nodiscard]] int64_t touched_ms(int64_t session) const;
  [[nodiscard]] static int64_t session_of(int server) { return 0x7000000 + server; }

 private:
  void carry_out();
  void apply(const LogRecord& record);
  void take_role(const RoleChange& change);
  void install(InstallSnapshot piece);
  void stream_snapshot(ConnId conn);
  void read_log(const ReadLog& read);
  void from_learner(const FromLearner& sent);
  void propose(int64_t session, int32_t cxid);
  void propose(const std::string& body);  // at last_proposed_
  void start_round();
  void round_done();
  void rewind_if_durable();
  void note_wake(int64_t wake_ms);
  [[nodiscard]] int64_t now_ms() const { return around_.now_us() / 1000; }

  const Plan& plan_;
  const int id_;
  Disk& disk_;
  Around& around_;
  std::unique_ptr<zab::ZabMachine> machine_;
  ConsensusEffects effects_;
  bool stepping_ = false;
  std::deque<std::function<void()>> next_;  // what effects lead to, after them

  Role role_ = Role::kLooking;
  Tree tree_;
  Zxid tree_zxid_;
  Zxid last_proposed_;
  std::set<int64_t> waiting_;  // operations of clients here
  size_t syncs_ = 0;
  std::map<int64_t, int64_t> touched_;  // leader: session, when

  core::PersistQueue queue_;
  bool writing_ = false;
  core::PersistRound round_;
  struct Installed {
    Tree tree;
    Zxid zxid;
  };
  std::deque<Installed> installed_;  // for each Persist with a snapshot
  std::string arriving_;             // of a tree that is being installed
  bool rewinding_ = false;
  int64_t wake_scheduled_ms_ = INT64_MAX;
};

[[nodiscard]] std::string encode_tree(const Tree& tree);
[[nodiscard]] Tree decode_tree(Bytes bytes);

}  // namespace zookernel::ensemble
