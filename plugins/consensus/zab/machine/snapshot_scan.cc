#include "plugins/consensus/zab/machine/snapshot_scan.h"

#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::zab {

size_t SnapshotScan::scan(Bytes bytes) {
  size_t taken = 0;
  while (state_ == State::kMore) {
    wire::Reader reader(bytes.substr(taken), field_bytes_max_);
    const bool was_mark = part_ == Part::kEndMark;
    if (!element(reader)) {
      if (reader.missing() == 0) state_ = State::kBad;
      break;
    }
    if (was_mark) {
      state_ = State::kDone;
    } else {
      taken += reader.position();
    }
  }
  return taken;
}

bool SnapshotScan::element(wire::Reader& reader) {
  switch (part_) {
    case Part::kSessionCount:
    case Part::kAclCount: {
      const int32_t count = reader.read_int();
      if (count < 0) reader.fail("negative count in a snapshot");
      if (!reader.ok()) return false;
      left_ = count;
      part_ = part_ == Part::kSessionCount ? Part::kSessions : Part::kAcls;
      break;
    }
    case Part::kSessions:
      if (left_ != 0) reader.read_raw(wire::kSessionEntryBytes);
      if (!reader.ok()) return false;
      if (left_ == 0 || --left_ == 0) part_ = Part::kAclCount;
      break;
    case Part::kAcls:
      if (left_ != 0 && !acl_entry(reader)) return false;
      if (left_ == 0 || --left_ == 0) part_ = Part::kNodes;
      break;
    case Part::kNodes:
      return node(reader);
    case Part::kEndMark:
      return end_mark(reader);
  }
  return reader.ok();
}

bool SnapshotScan::acl_entry(wire::Reader& reader) {
  reader.read_long();
  // Not read_count(): the elements may not have arrived yet.
  const int32_t count = reader.read_int();
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    reader.read_int();
    reader.read_string();
    reader.read_string();
  }
  return reader.ok();
}

bool SnapshotScan::node(wire::Reader& reader) {
  const wire::OptBytes path = reader.read_string();
  if (!reader.ok()) return false;
  if (path.bytes == "/") {
    part_ = Part::kEndMark;
    return true;
  }
  reader.read_buffer();
  reader.read_long();
  reader.read_raw(wire::kStatPersistedBytes);
  return reader.ok();
}

bool SnapshotScan::end_mark(wire::Reader& reader) {
  const wire::OptBytes mark = reader.read_string();
  if (reader.ok() && mark.bytes != wire::kSnapshotStreamEnd) reader.fail("no end of the snapshot");
  static_assert(kEndMarkBytes == 4 + wire::kSnapshotStreamEnd.size());
  return reader.ok();
}

}  // namespace zookernel::zab
