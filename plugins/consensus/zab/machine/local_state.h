// What a server knows of itself across its roles. One per machine; the roles borrow it. [core]
#pragma once

#include <string>

#include "plugins/consensus/zab/machine/history.h"
#include "plugins/consensus/zab/machine/quorum.h"
#include "zookernel/consensus.h"

namespace zookernel::zab {

struct LocalState {
  const Ensemble ensemble;
  const QuorumVerifier quorum;
  const std::string config;  // of the ensemble, as text
  const bool observer;
  const uint32_t counter_end;  // this counter of a zxid is never used: a new epoch begins
  History history;
  // As saved, or asked to be saved: nothing that tells others overtakes the saving, because all
  // that leaves does so with a Persist that comes later.
  int64_t accepted_epoch = 0;
  int64_t current_epoch = 0;
  // Our history has lost something that others may rely on: it does not count, in no quorum, until
  // a leader has sent us a whole one.
  bool distrusted = false;
  // The tree is being rebuilt from storage.
  bool rewinding = false;

  [[nodiscard]] Epochs epochs() const { return {accepted_epoch, current_epoch}; }
  [[nodiscard]] int64_t ticks_ms(int32_t ticks) const { return int64_t{ticks} * ensemble.tick_ms; }
};

}  // namespace zookernel::zab
