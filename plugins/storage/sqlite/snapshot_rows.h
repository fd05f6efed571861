// What the table snapshot says of a snapshot, and the ids of its rows in the other tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/storage/sqlite/connection.h"
#include "plugins/storage/sqlite/write_turn.h"
#include "zookernel/ids.h"

namespace zookernel::sqlite_storage {

struct SnapshotRow {
  int64_t id = 0;
  Zxid zxid;                      // its name
  std::optional<Zxid> last_zxid;  // the last that may be in it
  bool complete = false;
  std::string header, seal, tail;
  int64_t sessions = 0, acls = 0, znodes = 0;
  int64_t sum = 0;  // as it was stored

  // Rows of the other tables: first_row() <= id < behind_row().
  [[nodiscard]] int64_t first_row() const { return id << 40; }
  [[nodiscard]] int64_t behind_row() const { return (id + 1) << 40; }
  // What `sum` must be: the row decides from where the log is replayed, and nothing else vouches
  // for it.
  [[nodiscard]] int64_t sum_now() const;
};

// All snapshots, newest first; of one zxid the latest first.
Result<std::vector<SnapshotRow>> read_snapshots(Connection& connection);

// Removes a snapshot, a batch of rows at a time. First of all it stops being complete, so that a
// crash leaves nothing that looks whole. [snapshot] [startup]
Status remove_snapshot(Connection& connection, WriteTurn& turn, const SnapshotRow& snapshot);

}  // namespace zookernel::sqlite_storage
