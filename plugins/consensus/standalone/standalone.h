// Consensus of one: what is on this server's disk is committed. Pure: the same inputs give the same
// effects.
#pragma once

#include <deque>

#include "zookernel/consensus.h"

namespace zookernel::standalone {

//   the first Tick     roles: {kStandalone, last}
//   Propose            persist: {append: [record], ticket}; proposals of one batch of effects share
//   a Persist Durable{ticket}    commit: the records of all tickets up to this one, in order
//
// Inputs of other servers have no meaning here and are ignored.
class StandaloneMachine final : public ConsensusMachine {
 public:
  // Records that share a Persist at most (Apache's default of maxBatchSize).
  static constexpr size_t kRecordsPerPersist = 1000;

  explicit StandaloneMachine(Zxid last) : last_(last) {}
  void step(const ConsensusInput& input, ConsensusEffects& effects) override;

 private:
  struct Waiting {
    uint64_t ticket;
    LogRecord record;
  };

  void on_tick(ConsensusEffects& effects);
  void on_propose(const Propose& propose, ConsensusEffects& effects);
  void on_durable(const Durable& durable, ConsensusEffects& effects);

  Zxid last_;  // of the last proposal, or of the log
  bool serving_ = false;
  uint64_t ticket_ = 0;  // of the last Persist
  std::deque<Waiting>
      waiting_;  // proposed, not durable; bounded by the limit on outstanding requests
};

class StandaloneConsensus final : public Consensus {
 public:
  // Fails when zoo.cfg describes an ensemble: this machine knows nobody else.
  Result<std::unique_ptr<ConsensusMachine>> open(const Ensemble& ensemble, const Epochs& epochs,
                                                 Zxid last_logged, uint64_t seed) override;
};

}  // namespace zookernel::standalone
