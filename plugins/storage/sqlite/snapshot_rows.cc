#include "plugins/storage/sqlite/snapshot_rows.h"

#include <libdeflate.h>

#include <algorithm>

namespace zookernel::sqlite_storage {
namespace {

// About a millisecond of work, for which the log may have to wait.
constexpr int64_t kBatchRows = 2000;

void add(Buffer& to, int64_t value) {
  store_be64(to.extend(sizeof value), static_cast<uint64_t>(value));
}

Result<std::optional<int64_t>> lowest(Connection& connection, const std::string& table,
                                      const SnapshotRow& snapshot) {
  auto query =
      connection.prepare(("SELECT min(id) FROM " + table + " WHERE id >= ? AND id < ?").c_str());
  if (!query) return query.error();
  query->bind(1, snapshot.first_row());
  query->bind(2, snapshot.behind_row());
  auto row = query->step();
  if (!row) return row.error();
  if (!*row || query->is_null(0)) return std::optional<int64_t>{};
  return std::optional<int64_t>(query->integer(0));
}

Status remove_rows(Connection& connection, WriteTurn& turn, const std::string& table,
                   const SnapshotRow& snapshot) {
  for (;;) {
    auto first = lowest(connection, table, snapshot);
    if (!first) return first.error();
    if (!*first) return Unit{};
    const Turn mine(turn, WriteTurn::Who::kSnapshot);
    const int64_t behind = std::min(**first + kBatchRows, snapshot.behind_row());
    if (auto done =
            connection.execute("DELETE FROM " + table + " WHERE id >= " + std::to_string(**first) +
                               " AND id < " + std::to_string(behind));
        !done) {
      return done;
    }
  }
}

}  // namespace

int64_t SnapshotRow::sum_now() const {
  Buffer all;
  add(all, id);
  add(all, zxid.value);
  add(all, last_zxid ? last_zxid->value : -1);
  for (const int64_t count : {sessions, acls, znodes}) add(all, count);
  for (const std::string* bytes : {&header, &seal, &tail}) {
    add(all, static_cast<int64_t>(bytes->size()));
    all.append(*bytes);
  }
  return libdeflate_crc32(0, all.data(), all.size());
}

Result<std::vector<SnapshotRow>> read_snapshots(Connection& connection) {
  auto query = connection.prepare(
      "SELECT id, zxid, last_zxid, complete, header, seal, tail, sessions, acls, znodes, sum "
      "FROM snapshot ORDER BY zxid DESC, id DESC");
  if (!query) return query.error();
  std::vector<SnapshotRow> found;
  for (;;) {
    auto row = query->step();
    if (!row) return row.error();
    if (!*row) return found;
    SnapshotRow each;
    each.id = query->integer(0);
    each.zxid = Zxid{query->integer(1)};
    if (!query->is_null(2)) each.last_zxid = Zxid{query->integer(2)};
    each.complete = query->integer(3) == 1;
    each.header = query->bytes(4);
    each.seal = query->bytes(5);
    each.tail = query->bytes(6);
    each.sessions = query->integer(7);
    each.acls = query->integer(8);
    each.znodes = query->integer(9);
    each.sum = query->integer(10);
    found.push_back(std::move(each));
  }
}

Status remove_snapshot(Connection& connection, WriteTurn& turn, const SnapshotRow& snapshot) {
  const std::string id = std::to_string(snapshot.id);
  {
    const Turn mine(turn, WriteTurn::Who::kSnapshot);
    if (auto done = connection.execute("UPDATE snapshot SET complete = 0 WHERE id = " + id); !done)
      return done;
  }
  for (const char* table : {"znode_row", "acl_row", "session_row"}) {
    if (auto done = remove_rows(connection, turn, table, snapshot); !done) return done;
  }
  const Turn mine(turn, WriteTurn::Who::kSnapshot);
  return connection.execute("DELETE FROM snapshot WHERE id = " + id);
}

}  // namespace zookernel::sqlite_storage
