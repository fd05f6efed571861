// zkCleanup.sh: removes old snapshots and logs, with the arguments, texts and exit codes of
// org.apache.zookeeper.server.PurgeTxnLog. What goes is said in tools/db/purge.h.
#pragma once

#include <string>
#include <vector>

#include "tools/db/commands.h"

namespace zookernel::db_tool {

// dataLogDir [snapDir] -n count
int purge_txn_log(const std::vector<std::string>& given, Session& session);

}  // namespace zookernel::db_tool
