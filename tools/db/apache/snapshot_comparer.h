// zkSnapshotComparer.sh: which subtrees of two snapshots differ in size, with the options, texts
// and exit codes of org.apache.zookeeper.server.SnapshotComparer. Sessions are
// left out, as there.
#pragma once

#include <string>
#include <vector>

#include "tools/db/commands.h"

namespace zookernel::db_tool {

int snapshot_comparer(const std::vector<std::string>& given, Session& session);

}  // namespace zookernel::db_tool
