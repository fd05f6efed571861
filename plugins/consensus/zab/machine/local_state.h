// What a server knows of itself across its roles. One per machine; the roles borrow it. [core]
#pragma once

#include <optional>
#include <string>

#include "plugins/consensus/zab/machine/history.h"
#include "plugins/consensus/zab/machine/outlet.h"
#include "plugins/consensus/zab/machine/quorum.h"
#include "zookernel/consensus.h"

namespace zookernel::zab {

struct LocalState {
  // The configuration in force. Changed by activate() and adopt() only.
  Ensemble ensemble;
  QuorumVerifier quorum;  // of `next`, too
  std::string config;     // as text
  bool observer;  // this server's role in it; one that is in no line is a voter without a voice

  const uint32_t counter_end;  // this counter of a zxid is never used: a new epoch begins
  History history;
  // As saved, or asked to be saved: nothing that tells others overtakes the saving, because all
  // that leaves does so with a Persist that comes later.
  int64_t accepted_epoch = 0;
  int64_t current_epoch = 0;
  int64_t epoch_elsewhere = 0;  // a voter has accepted this one: the next epoch is a later one
  // Our history has lost something that others may rely on: it does not count, in no quorum, until
  // a leader has sent us a whole one.
  bool distrusted = false;
  // The tree is being rebuilt from storage.
  bool rewinding = false;
  // A configuration that was proposed and is not known to be committed, or that a leader told with
  // NEWLEADER. Until it is in force or withdrawn, what decides is a quorum of both.
  std::optional<Ensemble> next{};
  bool reconfigured = false;  // since the machine looked last

  [[nodiscard]] Epochs epochs() const { return {accepted_epoch, current_epoch}; }
  [[nodiscard]] int64_t ticks_ms(int32_t ticks) const { return int64_t{ticks} * ensemble.tick_ms; }

  // Asks for it to be saved, with the next Persist. False: it makes no sense.
  [[nodiscard]] bool propose(Ensemble ensemble, Outlet& out);
  void withdraw(Outlet& out);
  // After history was lost: what was proposed in it was not committed.
  void withdraw_if_lost(Outlet& out);
  // `next` is in force. False: nobody but the version has changed.
  bool activate(Outlet& out);
  // Others have one in force that is newer than ours. False: it makes no sense, or nobody but the
  // version has changed.
  bool adopt(Ensemble newer, Outlet& out);
};

[[nodiscard]] const Member* member_of(const Ensemble& ensemble, ServerId id);

// Does this transaction change the ensemble? Of something that is no transaction: no.
[[nodiscard]] bool is_reconfig(Bytes txn);
// To what; nothing: it cannot be understood.
[[nodiscard]] std::optional<Ensemble> ensemble_of(Bytes txn, const Ensemble& base);

}  // namespace zookernel::zab
