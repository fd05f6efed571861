#include "plugins/consensus/zab/machine/election.h"

#include <algorithm>
#include <limits>

#include "zookernel/assert.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::zab {
namespace {

using wire::ServerState;

// Nobody: what those vote for who may not be elected.
constexpr int64_t kNobody = std::numeric_limits<int64_t>::min();

}  // namespace

Election::Election(const Ensemble& ensemble, const QuorumVerifier& quorum)
    : ensemble_(ensemble), quorum_(quorum) {
  reconfigured();
}

void Election::reconfigured() {
  config_ = wire::ensemble_text(ensemble_);
  answered_ms_.clear();
  observer_ = false;
  for (const Member& member : ensemble_.members) {
    if (member.id == ensemble_.self) observer_ = member.observer;
  }
}

void Election::look(Zxid last, int64_t current_epoch, int64_t now_ms) {
  state_ = ServerState::kLooking;
  began_ = true;
  ++round_;
  received_.clear();
  outside_.clear();
  finish_at_ms_ = INT64_MAX;
  outcome_.reset();
  initial_ = {ensemble_.self, last, round_, current_epoch};
  if (observer_) {
    initial_ = {ServerId{kNobody}, Zxid{kNobody}, round_, kNobody};
  } else if (!quorum_.is_voter(ensemble_.self)) {
    initial_.leader = ServerId{kNobody};
  }
  interval_ms_ = ensemble_.notification_min_ms;
  adopt(initial_, now_ms);
}

void Election::on_notification(ServerId from, const wire::Notification& heard, int64_t now_ms) {
  if (!began_) return;
  if (!quorum_.is_voter(from)) {
    if (answered_ms_.size() > kAnsweredMax) answered_ms_.clear();
    const auto [before, first] = answered_ms_.try_emplace(from, now_ms);
    if (!first && now_ms - before->second < kAnswerEveryMs) return;
    before->second = now_ms;
    return answer(from, heard);
  }
  const auto state = static_cast<ServerState>(heard.state);
  if (!looking()) {
    if (state == ServerState::kLooking) answer(from, heard);
    return;
  }
  // It votes in an election that is over: it is told what is voted on now. Not by one that has no
  // vote: it would be answered, and would answer that, without end.
  if (state == ServerState::kLooking && heard.election_epoch < round_) {
    if (quorum_.is_voter(ensemble_.self))
      messages_.push_back({from, notification(proposal_, proposal_.peer_epoch)});
    return;
  }
  if (!quorum_.is_voter(ServerId{heard.leader})) return;
  const StatedVote stated = {
      {ServerId{heard.leader}, Zxid{heard.zxid}, heard.election_epoch, heard.peer_epoch},
      state,
      heard.version};
  if (state == ServerState::kLooking) on_looking(from, stated, now_ms);
  if (state == ServerState::kFollowing || state == ServerState::kLeading) on_settled(from, stated);
}

void Election::on_looking(ServerId from, const StatedVote& stated, int64_t now_ms) {
  // A server without history has no say, and an observer's vote is nobody's.
  if (initial_.zxid.value == -1 || stated.vote.zxid.value == -1) return;
  if (stated.vote.election_epoch > round_) {
    round_ = stated.vote.election_epoch;
    received_.clear();
    initial_.election_epoch = round_;
    adopt(is_better(stated.vote, initial_, quorum_) ? stated.vote : initial_, now_ms);
  } else if (is_better(stated.vote, proposal_, quorum_)) {
    adopt(stated.vote, now_ms);
  }
  received_[from] = stated;
  count_votes(now_ms);
}

void Election::on_settled(ServerId from, const StatedVote& stated) {
  if (stated.vote.election_epoch == round_) {
    received_[from] = stated;
    if (agree(received_, stated) && leader_confirms(received_, stated.vote))
      return finish(stated.vote);
  }
  outside_[from] = stated;
  if (agree(outside_, stated) && leader_confirms(outside_, stated.vote)) {
    round_ = stated.vote.election_epoch;
    finish(stated.vote);
  }
}

void Election::adopt(const Vote& vote, int64_t now_ms) {
  proposal_ = vote;
  proposal_.election_epoch = round_;
  finish_at_ms_ = INT64_MAX;
  if (quorum_.is_voter(ensemble_.self)) received_[ensemble_.self] = {proposal_};
  tell_all();
  resend_at_ms_ = now_ms + interval_ms_;
  count_votes(now_ms);
}

void Election::tell_all() {
  for (const ServerId voter : quorum_.voters()) {
    if (voter != ensemble_.self)
      messages_.push_back({voter, notification(proposal_, proposal_.peer_epoch)});
  }
}

void Election::count_votes(int64_t now_ms) {
  if (initial_.zxid.value == -1) return;
  if (finish_at_ms_ == INT64_MAX && agree(received_, {proposal_}))
    finish_at_ms_ = now_ms + kFinalizeWaitMs;
}

bool Election::agree(const std::map<ServerId, StatedVote>& votes, const StatedVote& on) const {
  ServerSet agreeing;
  for (const auto& [id, vote] : votes) {
    if (is_same(vote, on)) agreeing.add(id);
  }
  return quorum_.is_quorum(agreeing);
}

// Followers may still tell of a leader that is gone: it must say itself that it leads.
bool Election::leader_confirms(const std::map<ServerId, StatedVote>& votes,
                               const Vote& vote) const {
  if (vote.leader == ensemble_.self) return vote.election_epoch == round_;
  const auto own = votes.find(vote.leader);
  return own != votes.end() && own->second.state == ServerState::kLeading;
}

void Election::on_tick(int64_t now_ms) {
  if (!began_ || !looking()) return;
  if (finish_at_ms_ <= now_ms) return finish(proposal_);
  if (finish_at_ms_ != INT64_MAX || resend_at_ms_ > now_ms) return;
  tell_all();
  interval_ms_ = std::min(2 * interval_ms_, int64_t{ensemble_.notification_max_ms});
  resend_at_ms_ = now_ms + interval_ms_;
}

void Election::finish(const Vote& vote) {
  ZOOKERNEL_ASSERT(looking());
  Vote settled = vote;
  settled.election_epoch = round_;
  settle(settled);
}

void Election::appoint(ServerId leader, Zxid zxid) {
  settle({leader, zxid, -1, -1});
}

void Election::settle(const Vote& vote) {
  settled_ = vote;
  settled_before_ = vote.peer_epoch;
  state_ = vote.leader == ensemble_.self ? ServerState::kLeading
           : observer_                   ? ServerState::kObserving
                                         : ServerState::kFollowing;
  finish_at_ms_ = resend_at_ms_ = INT64_MAX;
  outcome_ = {state_, vote.leader};
}

void Election::established(int64_t epoch) {
  ZOOKERNEL_ASSERT(!looking());
  settled_before_ = settled_.peer_epoch;
  settled_.peer_epoch = epoch;
}

void Election::answer(ServerId to, const wire::Notification& asked) {
  const bool is_voter = quorum_.is_voter(to);
  const Vote& vote = looking() ? initial_ : settled_;
  // 3.4 compares the epoch that the election was about.
  const int64_t epoch =
      !looking() && is_voter && asked.version == 0 ? settled_before_ : vote.peer_epoch;
  wire::Notification told = notification(vote, epoch);
  if (!is_voter) told.election_epoch = round_;
  messages_.push_back({to, std::move(told)});
}

wire::Notification Election::notification(const Vote& vote, int64_t epoch) const {
  wire::Notification made;
  made.state = static_cast<int32_t>(state_);
  made.leader = vote.leader.value;
  made.zxid = vote.zxid.value;
  made.election_epoch = vote.election_epoch;
  made.peer_epoch = epoch;
  made.config = config_;
  return made;
}

int64_t Election::wake_at_ms() const {
  return looking() ? std::min(finish_at_ms_, resend_at_ms_) : INT64_MAX;
}

}  // namespace zookernel::zab
