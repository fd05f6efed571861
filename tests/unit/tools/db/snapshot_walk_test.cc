#include "tools/db/snapshot_walk.h"

#include <catch2/catch_test_macros.hpp>

#include "plugins/storage/file/snapshot_reader.h"
#include "tests/unit/tools/db/data_directory.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

const std::string kSnapshot = "/data/version-2/snapshot.5f";

Status walk(FileSystem& files, const SnapshotVisitor& visitor) {
  auto reader = file_storage::open_snapshot(files, kSnapshot, file_storage::Compression::kNone);
  REQUIRE(reader.ok());
  return walk_snapshot(**reader, visitor);
}

}  // namespace

TEST_CASE("walk_snapshot: the parts of a whole snapshot follow one another to its last byte",
          "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  uint64_t at = 0, nodes = 0;
  Zxid last;
  SnapshotVisitor visitor;
  visitor.part = [&at](const char*, uint64_t begin, uint64_t end, uint64_t) {
    CHECK(begin == at);
    at = end;
  };
  visitor.node = [&nodes](const SnapshotNode&) { ++nodes; };
  visitor.last_zxid = [&last](Zxid found) { last = found; };

  REQUIRE(walk(*disk, visitor).ok());

  CHECK(at == read_file(*disk, kSnapshot).size());
  CHECK(nodes > 10);
  CHECK(last == Zxid{0x5f});
}

TEST_CASE("walk_snapshot: every single flipped bit is an error", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  const std::string content = read_file(*disk, kSnapshot);
  for (size_t byte = 0; byte < content.size(); ++byte) {
    // The field of the database's number is summed up like any other byte.
    std::string flipped = content;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << (byte % 8)));
    write_file(*disk, kSnapshot, flipped);
    INFO("byte " << byte);
    REQUIRE_FALSE(walk(*disk, {}).ok());
  }
}

TEST_CASE("walk_snapshot: a snapshot that ends early is an error with the byte, wherever it ends",
          "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  const std::string content = read_file(*disk, kSnapshot);
  // Cut right behind the seal of the tree, or of the digest, it is a whole snapshot of an older
  // release.
  size_t whole = 0;
  for (size_t size = 0; size < content.size(); ++size) {
    write_file(*disk, kSnapshot, content.substr(0, size));
    const Status walked = walk(*disk, {});
    if (walked.ok()) {
      ++whole;
    } else {
      REQUIRE(walked.error().message.find("at byte ") != std::string::npos);
    }
  }
  CHECK(whole == 2);
}
