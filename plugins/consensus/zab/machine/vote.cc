#include "plugins/consensus/zab/machine/vote.h"

#include <tuple>

namespace zookernel::zab {

bool is_better(const Vote& candidate, const Vote& than, const QuorumVerifier& quorum) {
  if (quorum.weight(candidate.leader) == 0) return false;
  return std::tie(candidate.peer_epoch, candidate.zxid, candidate.leader) >
         std::tie(than.peer_epoch, than.zxid, than.leader);
}

bool is_same(const StatedVote& a, const StatedVote& b) {
  using wire::ServerState;
  if (a.state == ServerState::kLooking || b.state == ServerState::kLooking) return a.vote == b.vote;
  if (a.vote.leader != b.vote.leader) return false;
  const bool one_is_old = (a.version == 0) != (b.version == 0);
  return one_is_old || a.vote.peer_epoch == b.vote.peer_epoch;
}

}  // namespace zookernel::zab
