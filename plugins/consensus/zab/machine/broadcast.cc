#include "plugins/consensus/zab/machine/broadcast.h"

#include "zookernel/assert.h"

namespace zookernel::zab {

void Broadcast::acknowledge(ServerId server, Zxid zxid) {
  if (proposals_.empty() || zxid < proposals_.front().zxid || zxid > proposals_.back().zxid) return;
  Proposal& proposal = proposals_[static_cast<size_t>(zxid.value - proposals_.front().zxid.value)];
  ZOOKERNEL_ASSERT(proposal.zxid == zxid);
  proposal.acks.add(server);
}

void Broadcast::forget(ServerId server) {
  for (Proposal& proposal : proposals_) proposal.acks.remove(server);
}

bool Broadcast::wait_for_sync(SyncWaiter waiter) {
  if (proposals_.empty()) return false;
  proposals_.back().syncs.push_back(waiter);
  return true;
}

size_t Broadcast::pending_syncs() const {
  size_t count = 0;
  for (const Proposal& proposal : proposals_) count += proposal.syncs.size();
  return count;
}

bool Broadcast::next_committed(Committed& committed) {
  if (proposals_.empty() || !quorum_.is_quorum(proposals_.front().acks)) return false;
  committed = {proposals_.front().zxid, std::move(proposals_.front().syncs),
               std::move(proposals_.front().acks)};
  proposals_.pop_front();
  return true;
}

ServerId Broadcast::most_acknowledged(ServerSet candidates) const {
  ZOOKERNEL_ASSERT(candidates.size() != 0);
  for (const Proposal& proposal : proposals_) {
    ServerSet left;
    for (const ServerId id : candidates) {
      if (proposal.acks.contains(id)) left.add(id);
    }
    if (left.size() == 0) break;
    candidates = std::move(left);
  }
  return *candidates.begin();
}

}  // namespace zookernel::zab
