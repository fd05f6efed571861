#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tests/unit/tools/db/data_directory.h"
#include "tools/db/archive/archive_file.h"
#include "tools/db/diff.h"
#include "tools/db/transfer/transfer.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

const std::string kArchive = "/data/backup.zka";
const Places kCopy{"/copy/version-2", "/copy/version-2"};

std::string differences(FileSystem& files) {
  auto left = load_database(files, kPlaces, false);
  auto right = load_database(files, kCopy, false);
  REQUIRE(left.ok());
  REQUIRE(right.ok());
  std::ostringstream out;
  diff(*left, *right, false, out);
  CHECK(left->tree->digest() == right->tree->digest());
  return out.str();
}

}  // namespace

TEST_CASE("archive: what comes back from it is the same, to the byte where that can be",
          "[tools][db]") {
  for (const char* name :
       {"empty", "rich", "fuzzy", "gz", "snappy", "multisnap", "rollover", "log-duplicate-zxid",
        "made-by-3.5.10", "made-by-3.6.4", "snap-format-35", "snap-format-36", "ensemble-epochs-s2",
        "reconfig-member", "torn-then-restarted"}) {
    INFO(name);
    auto disk = disk_of_fixture(name);

    const auto exported = export_archive(*disk, kPlaces, kArchive);
    REQUIRE(exported.ok());
    const auto imported = import_archive(*disk, kArchive, {StorageKind::kFile, "/copy", ""});
    if (!imported) FAIL(imported.error().message);

    CHECK(differences(*disk).empty());
    CHECK(imported->znodes == exported->znodes);
    CHECK(imported->transactions == exported->transactions);
    CHECK(imported->last == exported->last);
    // Of a snapshot that is not compressed every byte is as it was.
    const auto files = disk->list(kCopy.snapshots);
    REQUIRE(files.ok());
    for (const std::string& file : *files) {
      if (!file.starts_with("snapshot.") || !disk->exists(kPlaces.snapshots + "/" + file)) continue;
      CHECK(read_file(*disk, kCopy.snapshots + "/" + file) ==
            read_file(*disk, kPlaces.snapshots + "/" + file));
    }
    // And the archive of the copy is the archive.
    REQUIRE(export_archive(*disk, kCopy, "/data/again.zka").ok());
    CHECK(read_file(*disk, "/data/again.zka") == read_file(*disk, kArchive));
  }
}

TEST_CASE("archive: every single flipped byte, and every early end, is refused", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  REQUIRE(export_archive(*disk, kPlaces, kArchive).ok());
  const std::string content = read_file(*disk, kArchive);
  const auto read_whole = [&disk] {
    auto reader = ArchiveReader::open(*disk, kArchive);
    if (!reader) return false;
    archive::Entry entry;
    for (;;) {
      auto there = (*reader)->next(entry);
      if (!there) return false;
      if (!*there) return true;
    }
  };
  REQUIRE(read_whole());

  size_t harmless = 0;
  for (size_t byte = 0; byte < content.size(); ++byte) {
    std::string flipped = content;
    flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << (byte % 8)));
    write_file(*disk, kArchive, flipped);
    INFO("byte " << byte);
    // A bit may change how zstd wrote something without changing what it wrote: the checksum says
    // so. These are very few.
    if (read_whole()) {
      ++harmless;
      REQUIRE(
          import_archive(*disk, kArchive, {StorageKind::kFile, "/copy" + std::to_string(byte), ""})
              .ok());
    }
    if (byte % 7 != 0) continue;
    write_file(*disk, kArchive, content.substr(0, byte));
    REQUIRE_FALSE(read_whole());
  }
  CHECK(harmless <= 16);
  write_file(*disk, kArchive, content + "x");
  REQUIRE_FALSE(read_whole());
}

TEST_CASE("archive: a damaged one makes no directory that a server would serve", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  REQUIRE(export_archive(*disk, kPlaces, kArchive).ok());
  std::string content = read_file(*disk, kArchive);
  content[content.size() - 2] = static_cast<char>(content[content.size() - 2] ^ 1);
  write_file(*disk, kArchive, content);

  REQUIRE_FALSE(import_archive(*disk, kArchive, {StorageKind::kFile, "/copy", ""}).ok());

  const auto files = disk->list(kCopy.snapshots);
  if (!files) return;  // it was refused before anything was made
  for (const std::string& file : *files) {
    CHECK_FALSE(file.starts_with("snapshot."));
  }
}

TEST_CASE("archive: nothing is overwritten", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  REQUIRE(export_archive(*disk, kPlaces, kArchive).ok());

  const auto again = export_archive(*disk, kPlaces, kArchive);
  const auto over = import_archive(*disk, kArchive, {StorageKind::kFile, "/data", ""});

  REQUIRE_FALSE(again.ok());
  CHECK(again.error().code == Errc::kExists);
  REQUIRE_FALSE(over.ok());
  CHECK(over.error().code == Errc::kExists);
}

TEST_CASE("archive: a directory that a server would refuse is not exported", "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-payload");

  REQUIRE_FALSE(export_archive(*disk, kPlaces, kArchive).ok());
  CHECK_FALSE(disk->exists(kArchive));
}
