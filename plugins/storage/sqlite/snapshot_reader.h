// A snapshot's rows as Apache's stream again, byte for byte what was written. The seals, which the
// kernel checks, are those of then.
#pragma once

#include <memory>
#include <string>

#include "plugins/storage/sqlite/snapshot_rows.h"
#include "zookernel/storage.h"

namespace zookernel::sqlite_storage {

// Of a connection of its own. `path` is for messages.
Result<std::unique_ptr<SnapshotReader>> open_snapshot(std::unique_ptr<Connection> connection,
                                                      SnapshotRow snapshot, std::string path);

}  // namespace zookernel::sqlite_storage
