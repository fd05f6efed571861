#include "plugins/consensus/standalone/standalone.h"

#include "zookernel/assert.h"

namespace zookernel::standalone {

void StandaloneMachine::step(const ConsensusInput& input, ConsensusEffects& effects) {
  if (std::holds_alternative<Tick>(input)) return on_tick(effects);
  if (const auto* propose = std::get_if<Propose>(&input)) return on_propose(*propose, effects);
  if (const auto* durable = std::get_if<Durable>(&input)) return on_durable(*durable, effects);
}

void StandaloneMachine::on_tick(ConsensusEffects& effects) {
  if (serving_) return;
  serving_ = true;
  effects.roles.push_back({Role::kStandalone, last_});
}

void StandaloneMachine::on_propose(const Propose& propose, ConsensusEffects& effects) {
  ZOOKERNEL_ASSERT(serving_);
  ZOOKERNEL_ASSERT(propose.record.zxid > last_);
  last_ = propose.record.zxid;
  // A Persist that is still in the effects was not taken by the log: one more record makes it no
  // later.
  if (effects.persist.empty() || effects.persist.back().append.size() >= kRecordsPerPersist) {
    Persist persist;
    persist.ticket = ++ticket_;
    effects.persist.push_back(std::move(persist));
  }
  ZOOKERNEL_ASSERT(effects.persist.back().ticket == ticket_);
  effects.persist.back().append.push_back(propose.record);
  waiting_.push_back({ticket_, propose.record});
}

void StandaloneMachine::on_durable(const Durable& durable, ConsensusEffects& effects) {
  ZOOKERNEL_ASSERT(durable.ticket <= ticket_);
  while (!waiting_.empty() && waiting_.front().ticket <= durable.ticket) {
    effects.commit.push_back(std::move(waiting_.front().record));
    waiting_.pop_front();
  }
}

Result<std::unique_ptr<ConsensusMachine>> StandaloneConsensus::open(const Ensemble& ensemble,
                                                                    const Epochs&, Zxid last_logged,
                                                                    uint64_t) {
  if (ensemble.members.size() > 1) {
    return Error{Errc::kInvalid, "plugin.consensus=standalone: zoo.cfg has " +
                                     std::to_string(ensemble.members.size()) +
                                     " server lines; a standalone server knows no others (remove "
                                     "the lines, or choose another plugin)"};
  }
  return std::unique_ptr<ConsensusMachine>(std::make_unique<StandaloneMachine>(last_logged));
}

}  // namespace zookernel::standalone
