// Forgetting transactions that a leader has rolled back, and removing what nothing needs any more.
#pragma once

#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/log.h"

namespace zookernel::file_storage {

struct Directories {
  std::string logs, snapshots;
};

// Removes every transaction above `last`, durably: snapshots that hold one, logs that begin with
// one, and the end of the log that goes on beyond it. No log file may be open for writing.
//
// Java keeps newer snapshots and cuts behind the first transaction >= `last`; both bring rolled
// back transactions back.
//
// When no snapshot is left to build on, nothing is changed and kUnsupported is returned: a whole
// snapshot of the leader is needed. Snapshots go first, durably, so that a crash in between leaves
// the state before or after.
Status truncate_history(FileSystem& files, const Directories& directories, Zxid last, Logger& log);

// Keeps the `count` newest snapshots that look complete (at least 1) and every log that one of them
// needs: the newest that begins at or before the oldest kept snapshot, and all later ones.
Status purge_history(FileSystem& files, const Directories& directories, int count, Logger& log);

}  // namespace zookernel::file_storage
