#include "zookernel/wire/records/persist.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"

namespace zookernel::wire {
namespace {

using wire_test::check_record;
using wire_test::check_view_truncation;
using wire_test::text;

template <typename T>
std::string written(const T& value) {
  Buffer out;
  Writer writer(out);
  write(writer, value);
  return std::string(out.view());
}

TEST_CASE("Files: headers and pieces have their bytes", "[wire][persist]") {
  // "ZKLG" and "ZKSN".
  check_record(FileHeader{kTxnLogMagic, kFileVersion, kTxnLogDbId},
               "5a4b4c47 00000002 0000000000000000");
  check_record(FileHeader{kSnapshotMagic, kFileVersion, kSnapshotDbId},
               "5a4b534e 00000002 ffffffffffffffff");
  check_record(
      StatPersisted{1, 2, 3, 4, 5, 6, 7, kContainerOwner, 9},
      "0000000000000001 0000000000000002 0000000000000003 0000000000000004 00000005 00000006"
      "00000007 8000000000000000 0000000000000009");
  check_record(SessionEntry{0x100000000000001, 6000}, "0100000000000001 00001770");
  check_record(AclEntry{1, {{31, {"world", "anyone"}}}},
               "0000000000000001 00000001 0000001f <world> <anyone>");
  check_record(SnapshotDigest{7, 2, -1}, "0000000000000007 00000002 ffffffffffffffff");
  // The last five bytes of every plain snapshot are 00 00 00 01 2f.
  check_record(Seal{0xfedcba98, "/"}, "00000000fedcba98 000000012f");
  CHECK(encoded(Seal{}).size() == kSealBytes);
  CHECK(encoded(SnapshotDigest{}).size() == kSnapshotDigestBytes);
}

TEST_CASE("Files: the fast readers and writers agree with the records", "[wire][persist]") {
  const StatPersisted stat{1, 2, 3, 4, 5, -6, 7, -8, 9};
  const FileHeader header{kSnapshotMagic, 2, -1};
  const SessionEntry session{-5, 4000};
  CHECK(text(written(stat)) == text(encoded(stat)));
  CHECK(written(stat).size() == kStatPersistedBytes);
  CHECK(text(written(header)) == text(encoded(header)));
  CHECK(written(header).size() == kFileHeaderBytes);
  CHECK(text(written(session)) == text(encoded(session)));
  CHECK(written(session).size() == kSessionEntryBytes);

  const std::string in = written(stat) + written(header) + written(session);
  Reader reader(in);
  StatPersisted stat_back;
  FileHeader header_back;
  SessionEntry session_back;
  REQUIRE(read(reader, stat_back));
  REQUIRE(read(reader, header_back));
  REQUIRE(read(reader, session_back));
  CHECK(stat_back == stat);
  CHECK(header_back == header);
  CHECK(session_back == session);
  check_view_truncation<StatPersisted>(written(stat));
  check_view_truncation<FileHeader>(written(header));
  check_view_truncation<SessionEntry>(written(session));
}

TEST_CASE("Owners: containers, TTLs and sessions are told apart", "[wire][persist]") {
  const int64_t session = 0x100002a4b5c0000;
  const int64_t high_session = static_cast<int64_t>(0xff00000000000001ull);

  CHECK(owner_kind(0, true) == OwnerKind::kNone);
  CHECK(owner_kind(session, true) == OwnerKind::kSession);
  CHECK(owner_kind(kContainerOwner, true) == OwnerKind::kContainer);
  CHECK(owner_kind(kContainerOwner, false) == OwnerKind::kContainer);
  CHECK(owner_kind(ttl_owner(1), true) == OwnerKind::kTtl);
  CHECK(owner_kind(ttl_owner(kTtlMax), true) == OwnerKind::kTtl);
  CHECK(owner_kind(ttl_owner(kTtlMax) + 1, true) == OwnerKind::kUnknownExtended);
  // Without extended types such an owner is a session like any other.
  CHECK(owner_kind(high_session, false) == OwnerKind::kSession);
  CHECK(static_cast<uint64_t>(ttl_owner(5)) == 0xff00000000000005ull);
  CHECK(owner_ttl(ttl_owner(kTtlMax)) == kTtlMax);
}

}  // namespace
}  // namespace zookernel::wire
