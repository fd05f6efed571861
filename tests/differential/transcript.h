// A recording as lines of text that are equal for servers that behave alike.
//
// What may differ between two right servers is told in a form in which it does not. Each such
// rule, with its reason:
//
//   zxids            relative to the baseline ("+3"); older ones are "old": the servers do not
//                    count from the same number after a difference, and a replay starts anew
//   times            "time", or 0: the servers' clocks
//   session ids      "s" and the connection that each was given to: chosen by the server
//   passwords        only whether a session keeps its own: chosen by the server
//   stats of the system's nodes
//                    versions relative to the baseline: they remember what earlier scripts did
//   children, ephemerals, whoAmI
//                    sorted: Java answers in the order of a hash
//   ACL entries      neighbours of scheme digest with equal permissions are sorted: entries of
//                    scheme "auth" become the ids of the connection, in the order of a hash
//   auth, SASL       replies apart from the others: they may overtake them
//   events of one closeSession
//                    sorted: Java removes the ephemerals in the order of a hash
//   lastly on a connection that the server closed
//                    events after the last reply are left out: Java may close before it sends them
#pragma once

#include <string>
#include <vector>

#include "tests/differential/recording.h"

namespace zookernel::differential {

// Lines like "c0 #4 create zxid +2 err 0 path /z/a", connection by connection, then the tree.
[[nodiscard]] std::vector<std::string> transcript(const Recording& recording);

}  // namespace zookernel::differential
