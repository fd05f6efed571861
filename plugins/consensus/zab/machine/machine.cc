#include "plugins/consensus/zab/machine/machine.h"

#include <algorithm>
#include <string>
#include <utility>

#include "zookernel/assert.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::zab {
namespace {

Status check(const Ensemble& ensemble, const Epochs& epochs) {
  const std::string self = "server." + std::to_string(ensemble.self.value);
  const Result<Ensemble> proposed = wire::parse_ensemble_text(ensemble.proposed, ensemble);
  if (member_of(ensemble, ensemble.self) == nullptr &&
      !(proposed.ok() && member_of(*proposed, ensemble.self) != nullptr))
    return Error{Errc::kInvalid, self +
                                     ": no such line, but myid says that this server is it "
                                     "(add the line, or correct myid)"};
  for (const Member& member : ensemble.members) {
    if (member.quorum.empty() || member.quorum.size() != member.election.size())
      return Error{Errc::kInvalid, "server." + std::to_string(member.id.value) +
                                       ": needs a quorum port and an election port"};
  }
  if (ensemble.tick_ms <= 0 || ensemble.init_limit_ticks <= 0 || ensemble.sync_limit_ticks <= 0)
    return Error{Errc::kInvalid, "tickTime, initLimit and syncLimit must be set and above 0"};
  const int64_t accepted = epochs.accepted.value_or(0), current = epochs.current.value_or(0);
  if (epochs.accepted && accepted < current)
    return Error{Errc::kCorrupt, "acceptedEpoch " + std::to_string(accepted) +
                                     " is less than currentEpoch " + std::to_string(current) +
                                     " (one of these files was lost or changed; restore it, or "
                                     "empty the data directory and let a leader fill it)"};
  return Unit{};
}

bool observes(const Ensemble& ensemble) {
  const Member* self = member_of(ensemble, ensemble.self);
  return self != nullptr && self->observer;
}

}  // namespace

Result<std::unique_ptr<ZabMachine>> ZabMachine::make(const Ensemble& ensemble, const Epochs& epochs,
                                                     Zxid last_logged, uint64_t seed,
                                                     uint32_t counter_end) {
  if (Status good = check(ensemble, epochs); !good) return good.error();
  Result<QuorumVerifier> quorum = QuorumVerifier::of(ensemble);
  if (!quorum.ok()) return quorum.error();
  std::unique_ptr<ZabMachine> made(
      new ZabMachine(ensemble, std::move(quorum.value()), last_logged, seed, counter_end));
  // A log that has a transaction of an epoch has all of the history that this epoch began with,
  // which came first: a crash before currentEpoch was saved is mended here.
  LocalState& local = made->local_;
  local.current_epoch = std::max(epochs.current.value_or(0), local.history.last().epoch());
  local.accepted_epoch = std::max(epochs.accepted.value_or(0), local.current_epoch);
  if (Status taken = made->take_proposed(ensemble.proposed); !taken) return taken.error();
  return made;
}

// What we acknowledged before we stopped may be in force elsewhere. A proposal that is not in our
// log was not acknowledged, or was taken back.
Status ZabMachine::take_proposed(const std::string& text) {
  local_.ensemble.proposed.clear();
  if (text.empty() || !local_.ensemble.reconfig_enabled) return Unit{};
  Result<Ensemble> proposed = wire::parse_ensemble_text(text, local_.ensemble);
  if (!proposed.ok()) return proposed.error();
  if (member_of(local_.ensemble, local_.ensemble.self) == nullptr) links_.introduce_as(*proposed);
  const Zxid version{proposed->version};
  if (version <= Zxid{local_.ensemble.version} ||
      (version.counter() != 0 && version > local_.history.last()))
    return Unit{};
  ConsensusEffects unused;  // it is saved already
  Outlet::Counters none;
  Outlet nowhere(unused, none, now_ms_);
  if (!local_.propose(std::move(*proposed), nowhere))
    return Error{Errc::kCorrupt, "a proposed configuration makes no sense"};
  return Unit{};
}

ZabMachine::ZabMachine(const Ensemble& ensemble, QuorumVerifier quorum, Zxid last_logged,
                       uint64_t seed, uint32_t counter_end)
    : local_{ensemble,
             std::move(quorum),
             wire::ensemble_text(ensemble),
             observes(ensemble),
             counter_end,
             History(std::max(last_logged, Zxid{0}),
                     static_cast<size_t>(std::max(ensemble.committed_log_max, 0)))},
      election_(local_.ensemble, local_.quorum),
      links_(local_.ensemble),
      random_(seed) {
  local_.distrusted = last_logged.value < 0;
}

void ZabMachine::step(const ConsensusInput& input, ConsensusEffects& effects) {
  if (const Tick* tick = std::get_if<Tick>(&input)) {
    ZOOKERNEL_ASSERT(tick->mono_ms >= now_ms_);
    now_ms_ = tick->mono_ms;
  }
  Outlet out(effects, counters_, now_ms_);
  std::visit([this, &out](const auto& in) { on(in, out); }, input);
  settle(out);
  note_wake(out);
}

ConsensusStatus ZabMachine::status() const {
  ConsensusStatus status;
  if (leader_) status = leader_->status();
  for (const Member& member : local_.ensemble.members) status.voters += member.observer ? 0 : 1;
  return status;
}

ConsensusConfig ZabMachine::config() const {
  return {local_.config, local_.ensemble.version};
}

// ---- inputs

void ZabMachine::on(const Tick&, Outlet& out) {
  links_.on_tick(out);
  if (idle_) return look_when_ready(out);
  election_.on_tick(now_ms_);
  if (leader_) leader_->on_tick(out);
  if (learner_) learner_->on_tick(out);
}

void ZabMachine::on(const Opened& opened, Outlet& out) {
  if (opened.channel == Channel::kElection) return links_.on_opened(opened, out);
  if (opened.dial == 0 && leader_) return leader_->on_opened(opened.conn, out);
  if (learner_ && learner_->on_opened(opened, out)) return;
  if (opened.dial == 0 && !learner_ && early_.size() < kEarlyMax) {
    early_.push_back({opened.conn, {}});
    return;
  }
  // Only a leader takes learners; and what we dialled for an earlier role is not needed any more.
  out.close(opened.conn);
}

void ZabMachine::on(const DialFailed& failed, Outlet& out) {
  if (links_.on_dial_failed(failed.dial, out)) return;
  if (learner_) learner_->on_dial_failed(failed.dial, out);
}

void ZabMachine::on(const Closed& closed, Outlet& out) {
  if (links_.on_closed(closed.conn)) return;
  std::erase_if(early_, [&closed](const Early& early) { return early.conn == closed.conn; });
  if (leader_ && leader_->on_closed(closed.conn, out)) return;
  if (learner_) learner_->on_closed(closed.conn);
}

void ZabMachine::on(const Received& received, Outlet& out) {
  heard_.clear();
  if (links_.on_received(received.conn, received.bytes, out, heard_)) {
    for (const auto& [from, notification] : heard_) {
      if (adopt_config(notification.config, out)) return;
      election_.on_notification(from, notification, now_ms_);
    }
    return;
  }
  const auto early = std::find_if(early_.begin(), early_.end(), [&received](const Early& one) {
    return one.conn == received.conn;
  });
  if (early != early_.end()) {
    early->bytes.append(received.bytes);
    if (early->bytes.size() <= kEarlyBytesMax) return;
    early_.erase(early);
    return out.close(received.conn);
  }
  if (leader_ && leader_->on_received(received.conn, received.bytes, out)) return;
  if (learner_) learner_->on_received(received.conn, received.bytes, out);
}

void ZabMachine::on(const Propose& propose, Outlet& out) {
  // The pipeline may not know yet that we stopped leading.
  if (leader_ && leader_->serving()) leader_->on_propose(propose.record, out);
}

void ZabMachine::on(const Forward& forward, Outlet& out) {
  if (learner_) learner_->on_forward(forward.request, out);
}

void ZabMachine::on(const Durable& durable, Outlet& out) {
  ZOOKERNEL_ASSERT(durable.ticket <= counters_.ticket);
  if (leader_) leader_->on_durable(durable.ticket, out);
}

void ZabMachine::on(const Sync& sync, Outlet& out) {
  if (leader_ && leader_->serving()) leader_->on_sync(sync, out);
}

void ZabMachine::on(const Touch& touch, Outlet&) {
  if (learner_) learner_->on_touch(touch);
}

void ZabMachine::on(const Revalidate& ask, Outlet& out) {
  if (learner_) learner_->on_revalidate(ask, out);
}

void ZabMachine::on(const RevalidateAnswer& answer, Outlet& out) {
  if (leader_) leader_->on_revalidate_answer(answer, out);
}

void ZabMachine::on(const SnapshotSent& sent, Outlet& out) {
  if (leader_) leader_->on_snapshot_sent(sent.conn, out);
}

void ZabMachine::on(const LogRead& read, Outlet& out) {
  if (leader_) leader_->on_log_read(read, out);
}

void ZabMachine::on(const InstallFailed&, Outlet&) {
  if (learner_) return learner_->on_install_failed();
  local_.distrusted = true;
}

void ZabMachine::on(const Rewound& rewound, Outlet& out) {
  ZOOKERNEL_ASSERT(local_.rewinding);
  local_.rewinding = false;
  const Zxid expected = local_.history.last();
  if (rewound.last != expected) {
    // Less was left than we promised to have.
    local_.history.restart(std::max(rewound.last, Zxid{0}));
    local_.distrusted = true;
  }
  if (learner_) learner_->on_rewound(rewound.last, out);
}

// ---- roles

// What follows from the input: a role ends, an election is decided, messages leave.
void ZabMachine::settle(Outlet& out) {
  std::optional<ServerId> successor;
  if (leader_ && leader_->failed() != nullptr) {
    successor = leader_->successor();
    leave(leader_->failed(), out);
  }
  if (learner_ && learner_->failed() != nullptr) {
    successor = learner_->successor();
    leave(learner_->failed(), out);
  }
  follow_changes(out);
  if (successor && !local_.rewinding && !local_.distrusted) {
    idle_ = false;
    election_.appoint(*successor, local_.history.last());
  }
  if (idle_) look_when_ready(out);
  if (const auto outcome = election_.take_outcome()) take(*outcome, out);
  const bool serves = (leader_ && leader_->serving()) || (learner_ && learner_->serving());
  if (serves && !std::exchange(established_, true))
    election_.established(leader_ ? leader_->epoch() : learner_->epoch());
  tell(out);
}

// Of the ensemble: the parts that keep something of it for themselves.
void ZabMachine::follow_changes(Outlet& out) {
  const int64_t proposed = local_.next ? local_.next->version : 0;
  if (!std::exchange(local_.reconfigured, false) && proposed == proposed_version_) return;
  proposed_version_ = proposed;
  links_.set_members(local_.ensemble, local_.next ? &*local_.next : nullptr, out);
  election_.reconfigured();
}

// While it looks, a server learns from others that the ensemble has changed.
bool ZabMachine::adopt_config(const std::string& text, Outlet& out) {
  if (!local_.ensemble.reconfig_enabled || idle_ || !election_.looking() || text.empty())
    return false;
  Result<Ensemble> told = wire::parse_ensemble_text(text, local_.ensemble);
  if (!told.ok() || !local_.adopt(std::move(*told), out)) return false;
  follow_changes(out);
  election_.forget_rounds();
  look_when_ready(out);
  return true;
}

void ZabMachine::tell(Outlet& out) {
  for (const ElectionMessage& message : election_.take_messages())
    links_.send(message.to, message.notification, out);
}

void ZabMachine::leave(const char* why, Outlet& out) {
  if (leader_) leader_->end(out);
  if (learner_) learner_->end(out);
  leader_.reset();
  learner_.reset();
  out.effects().roles.push_back({Role::kLooking, local_.history.committed(), why});
  idle_ = true;
  established_ = false;
  // All observers of a leader lose it at once.
  look_at_ms_ = now_ms_ + (local_.observer ? random_below(local_.ensemble.observer_delay_ms) : 0);
}

void ZabMachine::look_when_ready(Outlet&) {
  // What our history is must be certain before we speak of it.
  if (local_.rewinding || look_at_ms_ > now_ms_) return;
  idle_ = false;
  election_.look(local_.distrusted ? Zxid{-1} : local_.history.last(), local_.current_epoch,
                 now_ms_);
}

void ZabMachine::take(const ElectionOutcome& outcome, Outlet& out) {
  ZOOKERNEL_ASSERT(!leader_ && !learner_);
  if (outcome.state == wire::ServerState::kLeading) {
    leader_ = std::make_unique<Leader>(local_);
    leader_->begin(out);
    hand_over_early(out);
  } else {
    for (const Early& early : std::exchange(early_, {})) out.close(early.conn);
    learner_ = std::make_unique<Learner>(local_, outcome.leader);
    learner_->begin(out);
  }
}

void ZabMachine::hand_over_early(Outlet& out) {
  for (const Early& early : std::exchange(early_, {})) {
    leader_->on_opened(early.conn, out);
    leader_->on_received(early.conn, early.bytes, out);
  }
}

void ZabMachine::note_wake(Outlet& out) {
  out.wake_at(links_.wake_at_ms());
  if (idle_) {
    if (!local_.rewinding) out.wake_at(look_at_ms_);
    return;
  }
  out.wake_at(election_.wake_at_ms());
  if (leader_) out.wake_at(leader_->wake_at_ms());
  if (learner_) out.wake_at(learner_->wake_at_ms());
}

int64_t ZabMachine::random_below(int64_t bound) {
  // SplitMix64.
  uint64_t z = (random_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  return bound <= 0 ? 0 : static_cast<int64_t>(z % static_cast<uint64_t>(bound));
}

}  // namespace zookernel::zab
