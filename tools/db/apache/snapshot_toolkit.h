// The tools that look at snapshots, with the options, texts and exit codes of Apache's classes. A
// snapshot that is damaged anywhere is refused with the byte, exit 1, and nothing of it is printed:
// Java's do not look at its checksums.
#pragma once

#include <string>
#include <vector>

#include "tools/db/commands.h"

namespace zookernel::db_tool {

// zkSnapShotToolkit.sh (SnapshotFormatter): znodes with their stats, sorted, then the sessions; or
// sizes as JSON for ncdu.
int snapshot_formatter(const std::vector<std::string>& given, Session& session);

// zkSnapshotRecursiveSummaryToolkit.sh (SnapshotRecursiveSummary): descendants and bytes of
// subtrees.
int snapshot_recursive_summary(const std::vector<std::string>& given, Session& session);

}  // namespace zookernel::db_tool
