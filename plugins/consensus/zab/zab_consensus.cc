#include "plugins/consensus/zab/zab_consensus.h"

#include <utility>

#include "plugins/consensus/zab/machine/machine.h"

namespace zookernel::zab {

Result<std::unique_ptr<ConsensusMachine>> ZabConsensus::open(const Ensemble& ensemble,
                                                             const Epochs& epochs, Zxid last_logged,
                                                             uint64_t seed) {
  if (ensemble.members.empty()) {
    return Error{Errc::kInvalid,
                 "plugin.consensus=zab: zoo.cfg describes no ensemble (add a line "
                 "server.N=host:2888:3888 for each server, or remove plugin.consensus to run a "
                 "standalone server)"};
  }
  Result<std::unique_ptr<ZabMachine>> made = ZabMachine::make(ensemble, epochs, last_logged, seed);
  if (!made) return made.error();
  return std::unique_ptr<ConsensusMachine>(std::move(*made));
}

}  // namespace zookernel::zab
