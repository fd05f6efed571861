// Removing what no recovery needs any more.
#pragma once

#include <string>
#include <vector>

#include "tools/db/database.h"

namespace zookernel::db_tool {

inline constexpr int kSnapshotsKeptMin = 1;

// Paths of the files that go when the `keep` newest snapshots that can be read to their last seal
// are kept, with every log that the oldest of these needs: snapshots first, in the order in which
// they are to be removed, so that there never is a snapshot whose logs are gone. Empty when no
// snapshot can be read. Java counts snapshots that only look complete, and so may remove the last
// good one. May run beside a live server: that needs nothing of what is listed.
Result<std::vector<std::string>> find_purgeable(FileSystem& files, const Places& places, int keep);

}  // namespace zookernel::db_tool
