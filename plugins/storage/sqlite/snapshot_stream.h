// Apache's snapshot as a stream of things: sessions, ACLs, znodes. Takes bytes as they come and
// keeps only what is not whole yet. The grammar is that of zookernel/wire/records/persist.h.
#pragma once

#include <string>

#include "zookernel/bytes.h"
#include "zookernel/result.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::sqlite_storage {

// What is found, in this order. Everything is borrowed until the call returns.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  virtual Status on_session(const wire::SessionEntry& session) = 0;
  // `record` is the list as it is written, `text` the same to be read.
  virtual Status on_acl(int64_t ref, Bytes record, const std::string& text) = 0;
  virtual Status on_znode(Bytes path, const wire::OptBytes& data, int64_t acl_ref,
                          const wire::StatPersisted& stat) = 0;
};

// "world:anyone:cdrwa", one entry a line; nothing for bytes that are no list.
[[nodiscard]] std::string acl_text(Bytes record);

class SnapshotStream {
 public:
  static constexpr uint32_t kFieldBytesMax = 1u << 28;
  // Of one ACL or znode: beyond it a count or length is damage, and is not waited for.
  static constexpr size_t kThingBytesMax = 2 * size_t{kFieldBytesMax};

  explicit SnapshotStream(SnapshotSink& sink) : sink_(sink) {}

  // kCorrupt with the byte where it is no snapshot, or what the sink says.
  Status feed(Bytes bytes);
  // Was that all? Then what stands around the znodes can be asked for.
  Status finish();
  [[nodiscard]] Bytes header() const { return header_; }
  [[nodiscard]] Bytes seal() const { return seal_; }
  [[nodiscard]] Bytes tail() const { return rest_.view(); }

 private:
  enum class Part { kHeader, kSessionCount, kSessions, kAclCount, kAcls, kZnodes, kSeal, kTail };

  // Takes one thing from the front. False: it is not whole yet.
  Result<bool> take(wire::Reader& reader);
  Result<bool> take_count(wire::Reader& reader, Part then);
  Result<bool> take_acl(wire::Reader& reader);
  Result<bool> take_znode(wire::Reader& reader);
  [[nodiscard]] Error malformed(const std::string& what) const;

  SnapshotSink& sink_;
  Part part_ = Part::kHeader;
  int32_t left_ = 0;  // of sessions or ACLs
  uint64_t position_ = 0;
  std::string header_, seal_;
  Buffer rest_;  // not taken yet
};

}  // namespace zookernel::sqlite_storage
