// How a learner is brought up to the leader's history: a pure function of where it stands and of
// what the leader has. Source: LearnerHandler.syncFollower.
//
//   1  forced                                   SNAP
//   2  the learner stands where we stand        DIFF, nothing to send
//   3  it stands after everything committed     TRUNC to the last committed one
//   4  it stands inside the committed log       walk it
//   5  it stands before it                      walk our log on disk first, if that may be
//   6  otherwise                                SNAP
//
// Walking: the place where the learner stands, or the first transaction after it, tells.
//
//   there it is                                 DIFF, send what follows
//   the learner ends at the beginning of an     DIFF, send what follows: that is no transaction,
//   epoch (counter 0)                           and nothing of it is wrong
//   a later one of the same epoch               TRUNC to the one before it, send what follows
//   one of a later epoch                        SNAP: where the learner left our history is not to
//                                               be seen from here
#pragma once

#include <span>

#include "zookernel/ids.h"

namespace zookernel::zab {

struct SyncInputs {
  Zxid learner;               // the last one in its log
  Zxid last;                  // our last committed one
  Zxid log_floor;             // the committed log in memory has everything after this one
  std::span<const Zxid> log;  // its zxids, ascending, up to `last`
  bool force_snapshot = false;
  bool disk = false;  // our log on disk may be used
};

struct SyncPlan {
  enum class Kind {
    kDiff,
    kTrunc,
    kSnap,
    kAskDisk,  // decide again with the beginning of what the log on disk has from `learner` on
  };
  Kind kind = Kind::kSnap;
  Zxid op;          // the packet's zxid: of DIFF the last committed one, of TRUNC where to cut
  Zxid send_after;  // kDiff, kTrunc: everything committed after this one is sent
};

[[nodiscard]] SyncPlan sync_plan(const SyncInputs& in);

// Case 5, with the first records that the log on disk has, ascending, beginning with the last one
// that is not after the learner's. kSnap if they do not tell.
[[nodiscard]] SyncPlan sync_plan_from_disk(const SyncInputs& in, std::span<const Zxid> disk);

}  // namespace zookernel::zab
