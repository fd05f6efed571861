// Who should lead: FastLeaderElection. Knows no connections: notifications of other servers come
// in, notifications for them and, in the end, a decision go out. Pure. [core]
//
//   look()             a new round begins: our vote goes to every voter
//   on_notification()  better votes are adopted; a quorum that agrees decides, after a short wait
//                      for something better
//   on_tick()          silence: our vote goes out again, at growing intervals
//
// A server that is not looking still answers those that are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/consensus/zab/machine/quorum.h"
#include "plugins/consensus/zab/machine/vote.h"

namespace zookernel::zab {

struct ElectionMessage {
  ServerId to;
  wire::Notification notification;
};

struct ElectionOutcome {
  wire::ServerState state = wire::ServerState::kLooking;  // ours from now on
  ServerId leader;
};

class Election {
 public:
  // How long a quorum of votes waits for a better one.
  static constexpr int64_t kFinalizeWaitMs = 200;
  // One that has no vote is answered so often at most: two servers that do not count one another
  // would answer each other's answers without end.
  static constexpr int64_t kAnswerEveryMs = 100;
  static constexpr size_t kAnsweredMax = 200;  // that are remembered

  // Borrows both; they outlive it.
  Election(const Ensemble& ensemble, const QuorumVerifier& quorum);

  // A new round. `last` is the end of our log; -1: we have no history that counts.
  void look(Zxid last, int64_t current_epoch, int64_t now_ms);
  void on_notification(ServerId from, const wire::Notification& notification, int64_t now_ms);
  void on_tick(int64_t now_ms);
  // Our role is established in this epoch: those who ask are told so.
  void established(int64_t epoch);
  // The ensemble is another one now.
  void reconfigured();
  // With it came another leader, or another role for us: decided without votes.
  void appoint(ServerId leader, Zxid zxid);
  // The next round is the first one: what was voted on before was voted on by others.
  void forget_rounds() { round_ = 0; }

  [[nodiscard]] bool looking() const { return state_ == wire::ServerState::kLooking; }
  [[nodiscard]] int64_t round() const { return round_; }
  [[nodiscard]] const Vote& proposal() const { return proposal_; }
  // When on_tick() has something to do; INT64_MAX: never.
  [[nodiscard]] int64_t wake_at_ms() const;

  // What has to be sent since the last call, in order.
  [[nodiscard]] std::vector<ElectionMessage> take_messages() {
    return std::exchange(messages_, {});
  }
  // The decision, once.
  [[nodiscard]] std::optional<ElectionOutcome> take_outcome() {
    return std::exchange(outcome_, std::nullopt);
  }

 private:
  void on_looking(ServerId from, const StatedVote& stated, int64_t now_ms);
  void on_settled(ServerId from, const StatedVote& stated);
  void answer(ServerId to, const wire::Notification& asked);
  void adopt(const Vote& vote, int64_t now_ms);
  void tell_all();
  void count_votes(int64_t now_ms);
  [[nodiscard]] bool agree(const std::map<ServerId, StatedVote>& votes, const StatedVote& on) const;
  [[nodiscard]] bool leader_confirms(const std::map<ServerId, StatedVote>& votes,
                                     const Vote& vote) const;
  void finish(const Vote& vote);
  void settle(const Vote& vote);
  [[nodiscard]] wire::Notification notification(const Vote& vote, int64_t epoch) const;

  const Ensemble& ensemble_;
  const QuorumVerifier& quorum_;
  std::string config_;
  bool observer_ = false;

  wire::ServerState state_ = wire::ServerState::kLooking;
  bool began_ = false;          // look() was called at least once
  int64_t round_ = 0;           // the logical clock
  Vote initial_;                // for ourselves
  Vote proposal_;               // the best so far
  Vote settled_;                // of the last election, with the epoch of the role since
  int64_t settled_before_ = 0;  // its epoch before the role was established: what 3.4 compares
  std::map<ServerId, StatedVote> received_;  // of this round
  std::map<ServerId, int64_t> answered_ms_;  // those that have no vote: when
  std::map<ServerId, StatedVote> outside_;   // of servers that are not looking, whatever the round
  int64_t interval_ms_ = 0;
  int64_t resend_at_ms_ = INT64_MAX;
  int64_t finish_at_ms_ = INT64_MAX;  // a quorum agrees, and this long we wait
  std::vector<ElectionMessage> messages_;
  std::optional<ElectionOutcome> outcome_;
};

}  // namespace zookernel::zab
