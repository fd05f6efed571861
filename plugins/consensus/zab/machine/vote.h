// A vote: who should lead, and with which history. Source: Vote, FastLeaderElection.
#pragma once

#include <cstdint>

#include "plugins/consensus/zab/machine/quorum.h"
#include "zookernel/ids.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::zab {

struct Vote {
  ServerId leader;
  Zxid zxid;                   // the last one in the leader's log
  int64_t election_epoch = 0;  // the voter's round
  int64_t peer_epoch = 0;      // the leader's currentEpoch

  bool operator==(const Vote&) const = default;
};

// As a voter told it.
struct StatedVote {
  Vote vote;
  wire::ServerState state = wire::ServerState::kLooking;
  int32_t version = wire::kNotificationVersion;  // 0 from 3.4
};

// The history decides, then the id; a server of weight 0 is never better.
[[nodiscard]] bool is_better(const Vote& candidate, const Vote& than, const QuorumVerifier& quorum);

// Do two voters mean the same leader? While one of them is looking, everything must agree. Settled
// servers of one epoch may remember different elections, so then only leader and epoch count; and
// 3.4 tells an older epoch, so that with one of its votes only the leader counts.
[[nodiscard]] bool is_same(const StatedVote& a, const StatedVote& b);

}  // namespace zookernel::zab
