// The ZAB machine: looks for a leader, leads, follows or observes, and looks again when that ends.
// Pure: equal inputs give equal effects; random numbers come from the seed. [core]
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/consensus/zab/machine/election.h"
#include "plugins/consensus/zab/machine/election_links.h"
#include "plugins/consensus/zab/machine/leader.h"
#include "plugins/consensus/zab/machine/learner.h"
#include "plugins/consensus/zab/machine/local_state.h"
#include "zookernel/consensus.h"

namespace zookernel::zab {

class ZabMachine final : public ConsensusMachine {
 public:
  // Connections that wait for the end of an election, and what each may have said.
  static constexpr size_t kEarlyMax = 100;
  static constexpr size_t kEarlyBytesMax = 4096;

  // For a server whose log ends with `last_logged`, all of which is in the tree; -1: it has no
  // history that may count in a quorum, and gets one from a leader first. Fails when the ensemble
  // makes no sense, or the epochs are damaged.
  static constexpr uint32_t kCounterEnd = 0xffffffff;
  static Result<std::unique_ptr<ZabMachine>> make(const Ensemble& ensemble, const Epochs& epochs,
                                                  Zxid last_logged, uint64_t seed,
                                                  uint32_t counter_end = kCounterEnd);

  void step(const ConsensusInput& input, ConsensusEffects& effects) override;
  [[nodiscard]] const Ensemble* ensemble() const override { return &local_.ensemble; }
  [[nodiscard]] bool change_pending() const override { return local_.next.has_value(); }
  [[nodiscard]] bool has_synced_quorum_of(const Ensemble& next) const override {
    return leader_ && leader_->has_synced_quorum_of(next);
  }
  [[nodiscard]] ConsensusStatus status() const override;
  [[nodiscard]] ConsensusConfig config() const override;

  // ---- what tests and the simulation may look at

  [[nodiscard]] const LocalState& local() const { return local_; }
  [[nodiscard]] const Election& election() const { return election_; }
  [[nodiscard]] const Leader* leader() const { return leader_.get(); }
  [[nodiscard]] const Learner* learner() const { return learner_.get(); }

 private:
  ZabMachine(const Ensemble& ensemble, QuorumVerifier quorum, Zxid last_logged, uint64_t seed,
             uint32_t counter_end);

  Status take_proposed(const std::string& text);
  void on(const Tick& tick, Outlet& out);
  void on(const Opened& opened, Outlet& out);
  void on(const DialFailed& failed, Outlet& out);
  void on(const Closed& closed, Outlet& out);
  void on(const Received& received, Outlet& out);
  void on(const Propose& propose, Outlet& out);
  void on(const Forward& forward, Outlet& out);
  void on(const Durable& durable, Outlet& out);
  void on(const Sync& sync, Outlet& out);
  void on(const Touch& touch, Outlet& out);
  void on(const Revalidate& ask, Outlet& out);
  void on(const RevalidateAnswer& answer, Outlet& out);
  void on(const SnapshotSent& sent, Outlet& out);
  void on(const LogRead& read, Outlet& out);
  void on(const InstallFailed&, Outlet& out);
  void on(const Rewound& rewound, Outlet& out);

  void settle(Outlet& out);
  void tell(Outlet& out);
  void leave(const char* why, Outlet& out);
  void look_when_ready(Outlet& out);
  void take(const ElectionOutcome& outcome, Outlet& out);
  void follow_changes(Outlet& out);
  [[nodiscard]] bool adopt_config(const std::string& text, Outlet& out);
  void hand_over_early(Outlet& out);
  void note_wake(Outlet& out);
  [[nodiscard]] int64_t random_below(int64_t bound);

  LocalState local_;
  Election election_;
  ElectionLinks links_;
  std::unique_ptr<Leader> leader_;
  std::unique_ptr<Learner> learner_;
  // Learners that were quicker than we were in finding out that we lead: turned away, they would
  // look for a leader again.
  struct Early {
    ConnId conn;
    std::string bytes;
  };
  std::vector<Early> early_;
  bool idle_ = true;              // neither looking nor in a role
  int64_t look_at_ms_ = 0;        // idle_: when to look
  bool established_ = false;      // the election knows the epoch of our role
  int64_t proposed_version_ = 0;  // of the change that the links know of
  int64_t now_ms_ = 0;
  uint64_t random_;
  Outlet::Counters counters_;
  std::vector<ElectionLinks::Heard> heard_;
};

}  // namespace zookernel::zab
