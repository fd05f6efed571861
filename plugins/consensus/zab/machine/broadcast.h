// Proposals that wait for a quorum, and the syncs that wait for proposals. Pure. [core]
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "plugins/consensus/zab/machine/quorum.h"
#include "zookernel/consensus.h"

namespace zookernel::zab {

// One that asked for a sync: a learner, or a client of the leader itself.
struct SyncWaiter {
  ConnId learner;  // 0: a client of ours
};

class Broadcast {
 public:
  explicit Broadcast(const QuorumVerifier& quorum) : quorum_(quorum) {}

  void propose(Zxid zxid) { proposals_.push_back({zxid, {}, {}}); }
  // One server has the proposal on its disk. Anything that is not outstanding is ignored.
  void acknowledge(ServerId server, Zxid zxid);
  // What this server acknowledged and is not committed yet may be gone from its disk.
  void forget(ServerId server);
  // True: it waits, until the last proposal so far is committed.
  [[nodiscard]] bool wait_for_sync(SyncWaiter waiter);

  struct Committed {
    Zxid zxid;
    std::vector<SyncWaiter> syncs;  // answered after the commit
    ServerSet acks;                 // who has it on its disk
  };
  // The next proposal, in order, that a quorum has; false: there is none.
  [[nodiscard]] bool next_committed(Committed& committed);
  // Of these, one that has as much as any of what is outstanding.
  [[nodiscard]] ServerId most_acknowledged(ServerSet candidates) const;
  [[nodiscard]] size_t outstanding() const { return proposals_.size(); }
  [[nodiscard]] size_t pending_syncs() const;

 private:
  struct Proposal {
    Zxid zxid;
    ServerSet acks;
    std::vector<SyncWaiter> syncs;
  };

  const QuorumVerifier& quorum_;
  std::deque<Proposal> proposals_;  // contiguous zxids
};

}  // namespace zookernel::zab
