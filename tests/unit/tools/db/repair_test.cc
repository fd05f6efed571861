#include "tools/db/repair.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tests/unit/tools/db/data_directory.h"
#include "zookernel/log.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

using Contents = std::map<std::string, std::string>;

Contents contents_of(FileSystem& files, const std::string& directory) {
  Contents contents;
  const auto names = files.list(directory);
  REQUIRE(names.ok());
  for (const std::string& name : *names) {
    if (name != ".zookernel.lock") contents[name] = read_file(files, directory + "/" + name);
  }
  return contents;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Zxid served_up_to(FileSystem& files) {
  auto database = load_database(files, kPlaces, false);
  REQUIRE(database.ok());
  return database->tree->last_zxid();
}

}  // namespace

TEST_CASE("repair: without yes nothing is changed, and what would be dropped is said",
          "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-payload");
  const Contents before = contents_of(*disk, kPlaces.logs);

  const std::string told = repaired(*disk, false);

  INFO(told);
  CHECK(holds(told, "would cut /data/version-2/log.1 at byte "));
  CHECK(holds(told, " readable transaction"));
  CHECK(holds(told, " unreadable bytes"));
  CHECK(told.ends_with("exit 3\n"));
  CHECK(contents_of(*disk, kPlaces.logs) == before);
}

TEST_CASE("repair: damaged logs are served afterwards, and the originals are kept", "[tools][db]") {
  for (const char* name :
       {"corrupt-middle-crc", "corrupt-middle-eor", "corrupt-middle-len-huge",
        "corrupt-middle-len-neg", "corrupt-middle-len0", "corrupt-middle-payload", "log-bad-magic",
        "log-empty-middle", "log-zxid-gap"}) {
    INFO(name);
    auto disk = disk_of_fixture(name);
    const Contents before = contents_of(*disk, kPlaces.logs);
    REQUIRE_FALSE(load_database(*disk, kPlaces, false).ok());

    const std::string told = repaired(*disk, true);

    INFO(told);
    REQUIRE(told.ends_with("exit 0\n"));
    // The only log of this one is no log at all.
    CHECK((served_up_to(*disk) > Zxid{} || std::string_view(name) == "log-bad-magic"));
    const Contents after = contents_of(*disk, kPlaces.logs);
    const Contents kept = contents_of(*disk, "/data/repair.1");
    CHECK_FALSE(kept.empty());
    for (const auto& [file, content] : before) {
      const auto now = after.find(file);
      if (now == after.end() || now->second != content) {
        REQUIRE(kept.contains(file));
        CHECK(kept.at(file) == content);
      }
    }
    CHECK(repaired(*disk, true).starts_with("nothing to repair"));
  }
}

TEST_CASE("repair: what it keeps is everything before the damage", "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-payload");
  const auto refused = load_database(*disk, kPlaces, false);
  REQUIRE_FALSE(refused.ok());

  const std::string told = repaired(*disk, true);

  INFO(told);
  // "at byte N, behind transaction 0x..": that one is the last.
  const std::string last = hex(served_up_to(*disk).value);
  CHECK(holds(refused.error().message, "behind transaction " + last + ","));
}

TEST_CASE("repair: a damaged snapshot that the logs make up for is no reason to do anything",
          "[tools][db]") {
  auto disk = disk_of_fixture("snap-newest-badcrc");
  const Contents before = contents_of(*disk, kPlaces.logs);

  const std::string told = repaired(*disk, true);

  INFO(told);
  CHECK(told.starts_with("nothing to repair"));
  CHECK(contents_of(*disk, kPlaces.logs) == before);
}

TEST_CASE("repair: without a snapshot there is nothing to build on, and nothing is done",
          "[tools][db]") {
  for (const char* name : {"multisnap", "snap-all-badcrc"}) {
    auto disk = disk_of_fixture(name);
    if (std::string_view(name) == "multisnap") {
      // What is left begins in the middle.
      for (const char* file : {"snapshot.0", "snapshot.5a", "snapshot.5f", "log.1"}) {
        REQUIRE(disk->remove(kPlaces.logs + "/" + file));
      }
    }
    const Contents before = contents_of(*disk, kPlaces.logs);

    const std::string told = repaired(*disk, true);

    INFO(told);
    CHECK(holds(told, "restore one from a backup"));
    CHECK(told.ends_with("exit 3\n"));
    CHECK(contents_of(*disk, kPlaces.logs) == before);
  }
}

TEST_CASE("repair: a directory that somebody uses is left alone", "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-payload");
  const auto lock = disk->lock_directory(kPlaces.logs);
  REQUIRE(lock.ok());

  const std::string told = repaired(*disk, true);

  INFO(told);
  CHECK(holds(told, "stop it first"));
  CHECK(told.ends_with("exit 2\n"));
}

TEST_CASE("repair: stopped after any number of steps, it can be done again", "[tools][db]") {
  for (uint64_t changes = 1; changes < 40; ++changes) {
    auto disk = disk_of_fixture("log-zxid-gap");
    sim::Random random(changes);
    const auto names = disk->list(kPlaces.logs);
    REQUIRE(names.ok());
    for (const std::string& name : *names) {
      auto file = disk->open(kPlaces.logs + "/" + name, FileSystem::Mode::kReadWrite);
      REQUIRE(file.ok());
      REQUIRE((*file)->sync().ok());
    }
    REQUIRE(disk->sync_directory(kPlaces.logs).ok());
    REQUIRE(disk->sync_directory("/data").ok());
    auto undisturbed = disk->clone();
    REQUIRE(repaired(*undisturbed, true).ends_with("exit 0\n"));

    disk->stop_after(changes);
    const std::string first = repaired(*disk, true);
    disk->crash(random);
    const std::string second = repaired(*disk, true);

    INFO("after " << changes << " changes\n" << first << second);
    REQUIRE(second.ends_with("exit 0\n"));
    CHECK(served_up_to(*disk) == served_up_to(*undisturbed));
  }
}
