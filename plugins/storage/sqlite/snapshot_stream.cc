#include "plugins/storage/sqlite/snapshot_stream.h"

#include <array>

namespace zookernel::sqlite_storage {
namespace {

constexpr size_t kLastZxidBytes = sizeof(int64_t) + wire::kSealBytes;
constexpr size_t kDigestBytes = wire::kSnapshotDigestBytes + wire::kSealBytes;
constexpr size_t kTailBytesMax = kDigestBytes + kLastZxidBytes;

bool ends_with_seal(Bytes bytes) {
  return bytes.size() >= wire::kSealBytes && bytes.ends_with(Bytes("\0\0\0\1/", 5));
}

// Nothing read, but for want of bytes: more may come.
bool wants_more(const wire::Reader& reader) {
  return !reader.ok() && reader.missing() != 0;
}

void add_entry(std::string& text, int32_t permissions, Bytes scheme, Bytes id) {
  constexpr std::array<std::pair<int32_t, char>, 5> kLetters = {
      {{4, 'c'}, {8, 'd'}, {1, 'r'}, {2, 'w'}, {16, 'a'}}};
  if (!text.empty()) text += '\n';
  text.append(scheme).append(":").append(id).append(":");
  for (const auto& [bit, letter] : kLetters) {
    if ((permissions & bit) != 0) text += letter;
  }
}

// Reads over a list; the text of its entries when one is wanted.
void read_acl(wire::Reader& reader, std::string* text) {
  const int32_t count = reader.read_int();
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    const int32_t permissions = reader.read_int();
    const wire::OptBytes scheme = reader.read_string();
    const wire::OptBytes id = reader.read_string();
    if (text != nullptr && reader.ok()) add_entry(*text, permissions, scheme.bytes, id.bytes);
  }
}

}  // namespace

std::string acl_text(Bytes record) {
  std::string text;
  wire::Reader reader(record);
  read_acl(reader, &text);
  return reader.ok() ? text : std::string();
}

Status SnapshotStream::feed(Bytes bytes) {
  rest_.append(bytes);
  size_t taken = 0;
  while (part_ != Part::kTail) {
    wire::Reader reader(rest_.view().substr(taken), kFieldBytesMax);
    auto whole = take(reader);
    if (!whole) return whole.error();
    if (!*whole) break;
    taken += reader.position();
    position_ += reader.position();
  }
  if (taken != 0) {
    const size_t left = rest_.size() - taken;
    std::memmove(rest_.data(), rest_.data() + taken, left);
    rest_.truncate(left);
  }
  if (part_ != Part::kTail && rest_.size() > kThingBytesMax)
    return malformed("a thing without end");
  if (part_ == Part::kTail && rest_.size() > kTailBytesMax)
    return malformed("bytes behind the tree that are no known section");
  return Unit{};
}

Status SnapshotStream::finish() {
  if (part_ != Part::kTail) return malformed("the end inside the tree");
  const Bytes tail = rest_.view();
  bool good = tail.empty() || ends_with_seal(tail);
  switch (tail.size()) {
    case 0:
    case kDigestBytes:
    case kLastZxidBytes:
      break;
    case kTailBytesMax:
      good = good && ends_with_seal(tail.substr(0, kDigestBytes));
      break;
    default:
      good = false;
  }
  return good ? Status(Unit{}) : malformed("bytes behind the tree that are no known section");
}

Result<bool> SnapshotStream::take(wire::Reader& reader) {
  switch (part_) {
    case Part::kHeader: {
      header_ = reader.read_raw(wire::kFileHeaderBytes);
      if (!reader.ok()) return false;
      if (load_be32(header_.data()) != static_cast<uint32_t>(wire::kSnapshotMagic))
        return malformed("no snapshot (it does not begin with ZKSN)");
      part_ = Part::kSessionCount;
      return true;
    }
    case Part::kSessionCount:
      return take_count(reader, Part::kSessions);
    case Part::kSessions: {
      if (left_ == 0) {
        part_ = Part::kAclCount;
        return true;
      }
      wire::SessionEntry session;
      if (!wire::read(reader, session)) return false;
      --left_;
      if (auto done = sink_.on_session(session); !done) return done.error();
      return true;
    }
    case Part::kAclCount:
      return take_count(reader, Part::kAcls);
    case Part::kAcls:
      return take_acl(reader);
    case Part::kZnodes:
      return take_znode(reader);
    case Part::kSeal:
      seal_ = reader.read_raw(wire::kSealBytes);
      if (!reader.ok()) return false;
      if (!ends_with_seal(seal_)) return malformed("no checksum behind the tree");
      part_ = Part::kTail;
      return true;
    case Part::kTail:
      break;
  }
  return false;
}

Result<bool> SnapshotStream::take_count(wire::Reader& reader, Part then) {
  left_ = reader.read_int();
  if (!reader.ok()) return false;
  if (left_ < 0) return malformed("a negative count");
  part_ = then;
  return true;
}

Result<bool> SnapshotStream::take_acl(wire::Reader& reader) {
  if (left_ == 0) {
    part_ = Part::kZnodes;
    return true;
  }
  const Bytes all = reader.rest();
  const int64_t ref = reader.read_long();
  read_acl(reader, nullptr);
  if (wants_more(reader)) return false;
  if (!reader.ok()) return malformed("a malformed ACL");
  const Bytes record = all.substr(sizeof ref, reader.position() - sizeof ref);
  --left_;
  if (auto done = sink_.on_acl(ref, record, acl_text(record)); !done) return done.error();
  return true;
}

Result<bool> SnapshotStream::take_znode(wire::Reader& reader) {
  const wire::OptBytes path = reader.read_string();
  if (reader.ok() && path.bytes == "/") {
    part_ = Part::kSeal;
    return true;
  }
  const wire::OptBytes data = reader.read_buffer();
  const int64_t acl_ref = reader.read_long();
  wire::StatPersisted stat;
  if (!wire::read(reader, stat)) {
    if (wants_more(reader)) return false;
    return malformed("a malformed znode");
  }
  if (path.null) return malformed("a znode without a path");
  if (auto done = sink_.on_znode(path.bytes, data, acl_ref, stat); !done) return done.error();
  return true;
}

Error SnapshotStream::malformed(const std::string& what) const {
  return {Errc::kCorrupt, "snapshot: " + what + ", at byte " + std::to_string(position_)};
}

}  // namespace zookernel::sqlite_storage
