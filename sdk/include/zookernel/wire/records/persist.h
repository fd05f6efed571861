// Pieces of Apache's files: headers, seals, and what a snapshot keeps of a znode.
//
//   log      := FileHeader(ZKLG, 2, 0)  record*  zero padding?
//   record   := long adler32(body) | int length | body | 'B'
//   snapshot := FileHeader(ZKSN, 2, -1)  sessions  acls  nodes  "/"  Seal
//               [ SnapshotDigest Seal ]  [ long last_processed_zxid Seal ]
//   sessions := int count, SessionEntry*      acls := int count, AclEntry*
//   nodes    := ( ustring path | buffer data | long acl_ref | StatPersisted )*
//
// Source: FileTxnLog, FileSnap, SerializeUtils, EphemeralType.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::wire {

inline constexpr int32_t kTxnLogMagic = 0x5A4B4C47;    // "ZKLG"
inline constexpr int32_t kSnapshotMagic = 0x5A4B534E;  // "ZKSN"
inline constexpr int32_t kFileVersion = 2;
inline constexpr int64_t kTxnLogDbId = 0;
inline constexpr int64_t kSnapshotDbId = -1;
inline constexpr char kTxnEndByte = 'B';

struct FileHeader {
  int32_t magic = 0;
  int32_t version = kFileVersion;
  int64_t dbid = 0;

  bool operator==(const FileHeader&) const = default;
};
inline constexpr size_t kFileHeaderBytes = 16;

struct StatPersisted {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;  // ms since 1970
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;  // creates of children only
  int32_t aversion = 0;
  int64_t ephemeral_owner = 0;  // a session, or encoded as below
  int64_t pzxid = 0;

  bool operator==(const StatPersisted&) const = default;
};
inline constexpr size_t kStatPersistedBytes = 60;

struct SessionEntry {
  int64_t session_id = 0;
  int32_t timeout = 0;  // ms

  bool operator==(const SessionEntry&) const = default;
};
inline constexpr size_t kSessionEntryBytes = 12;

// The reference of world:anyone with all permissions, which is never in the table.
inline constexpr int64_t kOpenAclRef = -1;

struct AclEntry {
  int64_t ref = 0;
  std::vector<Acl> acl;

  bool operator==(const AclEntry&) const = default;
};

struct SnapshotDigest {
  int64_t zxid = 0;
  int32_t version = kTxnDigestVersion;
  int64_t tree_digest = 0;

  bool operator==(const SnapshotDigest&) const = default;
};
inline constexpr size_t kSnapshotDigestBytes = 20;

// Adler-32 of all uncompressed bytes before it, then "/".
struct Seal {
  int64_t adler32 = 0;
  std::string end = "/";

  bool operator==(const Seal&) const = default;
};
inline constexpr size_t kSealBytes = 13;

// --- What an ephemeral owner says --------------------------------------------------------------

inline constexpr int64_t kContainerOwner = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kTtlMax = 0xffffffffffll;  // ms, 40 bits
// Top byte ff: an extended owner; the 16 bits below it select the feature, 0 is TTL.
inline constexpr uint64_t kExtendedOwnerBits = 0xff00000000000000ull;
inline constexpr uint64_t kExtendedFeatureBits = 0x00ffff0000000000ull;

enum class OwnerKind { kNone, kSession, kContainer, kTtl, kUnknownExtended };

// `extended_types` is the server's extendedTypesEnabled: without it ff... is a session id like any
// other. `emulate_353` is its emulate353TTLNodes: release 3.5.3 marked TTLs with the top bit alone.
[[nodiscard]] constexpr OwnerKind owner_kind(int64_t owner, bool extended_types,
                                             bool emulate_353 = false) {
  if (owner == 0) return OwnerKind::kNone;
  if (owner == kContainerOwner) return OwnerKind::kContainer;
  if (extended_types && emulate_353 && owner < 0) return OwnerKind::kTtl;
  const auto bits = static_cast<uint64_t>(owner);
  const bool extended = (bits & kExtendedOwnerBits) == kExtendedOwnerBits;
  if (!extended_types || !extended) return OwnerKind::kSession;
  return (bits & kExtendedFeatureBits) == 0 ? OwnerKind::kTtl : OwnerKind::kUnknownExtended;
}
// `ttl` is 1 .. kTtlMax.
[[nodiscard]] constexpr int64_t ttl_owner(int64_t ttl) {
  return static_cast<int64_t>(kExtendedOwnerBits | static_cast<uint64_t>(ttl));
}
// Of an owner of kind kTtl.
[[nodiscard]] constexpr int64_t owner_ttl(int64_t owner) {
  return owner & kTtlMax;
}

[[nodiscard]] bool read(Reader& reader, FileHeader& header);
[[nodiscard]] bool read(Reader& reader, StatPersisted& stat);
[[nodiscard]] bool read(Reader& reader, SessionEntry& session);

// The same bytes as encode(), in one extend.
void write(Writer& writer, const FileHeader& header);
void write(Writer& writer, const StatPersisted& stat);
void write(Writer& writer, const SessionEntry& session);

}  // namespace zookernel::wire
