// One snapshot from its first byte to its last, in the order of the file and in bounded memory: see
// kernel/core/snapshot_encoder.h for the format. Offsets count uncompressed bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/storage.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::db_tool {

struct SnapshotNode {
  wire::OptBytes path, data;  // borrowed for the call; the root's path is empty
  int64_t acl_ref = 0;
  wire::StatPersisted stat;
};

// What is not set is not called.
struct SnapshotVisitor {
  std::function<void(const wire::SessionEntry&)> session;
  std::function<void(int64_t ref, const wire::AclListView&)> acl;
  std::function<void(const SnapshotNode&)> node;
  std::function<void(const wire::SnapshotDigest&)> digest;
  std::function<void(Zxid)> last_zxid;
  // After each part of the file, seals included: "sessions", "znodes", ... and how many there were
  // (1 for what is no table).
  std::function<void(const char* what, uint64_t begin, uint64_t end, uint64_t count)> part;
};

// A znode or list of ACLs is whole in memory; nothing that a length promises is believed before the
// bytes are there. An error names the byte. What was visited before it stands.
Status walk_snapshot(SnapshotReader& reader, const SnapshotVisitor& visitor);

}  // namespace zookernel::db_tool
