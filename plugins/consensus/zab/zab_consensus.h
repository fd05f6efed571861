// Makes the machine of an ensemble. What it needs of zoo.cfg the kernel reads: it comes as
// Ensemble.
#pragma once

#include "zookernel/consensus.h"

namespace zookernel::zab {

class ZabConsensus final : public Consensus {
 public:
  // Fails when the members make no ensemble, or what is saved of the epochs contradicts itself.
  Result<std::unique_ptr<ConsensusMachine>> open(const Ensemble& ensemble, const Epochs& epochs,
                                                 Zxid last_logged, uint64_t seed) override;
};

}  // namespace zookernel::zab
