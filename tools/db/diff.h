// zookernel-db diff: what two databases do not have in common.
#pragma once

#include <iosfwd>

#include "tools/db/database.h"

namespace zookernel::db_tool {

// One line for each znode, session and number that differs, sorted; JSON: one object for each.
// kExitGood when there is none, else kExitFindings. Everything that is stored counts: data, ACLs,
// stats, sessions and the last zxid.
int diff(const Database& left, const Database& right, bool json, std::ostream& out);

}  // namespace zookernel::db_tool
