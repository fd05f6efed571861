// Writes Apache's snapshot stream as rows, in short transactions between those of the log: the log
// never waits longer than for one of them. Until the last, which makes the snapshot complete and
// durable, nobody takes the rows for a snapshot.
#pragma once

#include <memory>

#include "plugins/storage/sqlite/connection.h"
#include "plugins/storage/sqlite/write_turn.h"
#include "zookernel/storage.h"

namespace zookernel::sqlite_storage {

// [snapshot] What is borrowed outlives the writer. One at a time for a connection.
Result<std::unique_ptr<SnapshotWriter>> begin_snapshot_rows(Connection& connection, WriteTurn& turn,
                                                            Zxid zxid);

}  // namespace zookernel::sqlite_storage
