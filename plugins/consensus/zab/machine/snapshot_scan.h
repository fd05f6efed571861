// Finds the end of the tree that follows SNAP: it has no length.
//
//   stream   := sessions acls nodes ustring "/" ustring "BenWasHere"
//   sessions := int count, ( long id, int timeout )*
//   acls     := int count, ( long ref, vector<ACL> )*
//   nodes    := ( ustring path, buffer data, long acl_ref, 60 bytes )*
//
// Only lengths are looked at; the tree is read by whoever installs it. Source: SerializeUtils,
// Learner.syncWithLeader. [core]
#pragma once

#include <cstdint>

#include "zookernel/bytes.h"
#include "zookernel/wire/jute.h"

namespace zookernel::zab {

class SnapshotScan {
 public:
  enum class State { kMore, kDone, kBad };

  explicit SnapshotScan(uint32_t field_bytes_max) : field_bytes_max_(field_bytes_max) {}

  // How many bytes of `bytes` are whole elements of the tree; offer the rest again with what
  // follows. When kDone, the end mark comes after those and is kEndMarkBytes long.
  size_t scan(Bytes bytes);
  [[nodiscard]] State state() const { return state_; }

  static constexpr size_t kEndMarkBytes = 14;

 private:
  enum class Part { kSessionCount, kSessions, kAclCount, kAcls, kNodes, kEndMark };

  // One element; false: it is not all there.
  bool element(wire::Reader& reader);
  bool acl_entry(wire::Reader& reader);
  bool node(wire::Reader& reader);
  bool end_mark(wire::Reader& reader);

  uint32_t field_bytes_max_;
  State state_ = State::kMore;
  Part part_ = Part::kSessionCount;
  int32_t left_ = 0;  // elements of this part
};

}  // namespace zookernel::zab
