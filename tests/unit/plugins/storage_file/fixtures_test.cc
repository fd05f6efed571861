// Directories that Java servers wrote.
#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "plugins/storage/file/log_format.h"
#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::file_storage {
namespace {

using sim::SimDisk;

// What is in the log behind a snapshot, counted by an independent reader.
struct Expected {
  const char* name;
  int64_t snapshot;  // which is loaded
  size_t records;    // behind it
  int64_t last;
};
constexpr Expected kGood[] = {
    {"empty", 0x0, 0, 0x0},
    {"ensemble-dirty-snapshot-s3", 0x10000001a, 0, 0x10000001a},
    {"ensemble-divergent-s1", 0x0, 23, 0x100000017},
    {"ensemble-divergent-s2", 0x0, 23, 0x100000017},
    {"ensemble-divergent-s3", 0x0, 26, 0x10000001a},
    {"ensemble-epochs-s1", 0x0, 31, 0x300000004},
    {"ensemble-epochs-s2", 0x300000004, 0, 0x300000004},
    {"ensemble-epochs-s3", 0x200000004, 4, 0x300000004},
    {"fuzzy", 0x13b7, 461, 0x1584},
    {"gz", 0x7a, 44, 0xa6},
    {"log-duplicate-zxid", 0x100000000, 5, 0x100000004},
    {"log-empty-tail", 0x0, 90, 0x5a},
    {"log-header-only-tail", 0x0, 90, 0x5a},
    {"made-by-3.5.10", 0x0, 8, 0x100000008},
    {"made-by-3.6.4", 0x0, 12, 0x10000000c},
    {"multisnap", 0x5f, 5, 0x64},
    {"reconfig-member", 0x100000011, 4, 0x200000004},
    {"rich", 0x0, 90, 0x5a},
    {"rollover", 0x100000000, 14, 0x1fffffffe},
    {"snap-format-35", 0x5f, 5, 0x64},
    {"snap-format-36", 0x5f, 5, 0x64},
    {"snap-newest-badcrc", 0x5a, 10, 0x64},
    {"snap-newest-truncated", 0x5a, 10, 0x64},
    {"snap-newest-empty", 0x5a, 10, 0x64},
    // Its snapshot.9.snappy is a hex dump of a snapshot, in text: no candidate, so that the one
    // before it is loaded.
    {"snappy", 0x0, 166, 0xa6},
    {"torn-crc-only", 0x0, 89, 0x59},
    {"torn-no-eor", 0x0, 89, 0x59},
    {"torn-short", 0x0, 89, 0x59},
    {"torn-then-restarted", 0x59, 5, 0x5e},
    {"torn-zeros", 0x0, 89, 0x59},
    // Logs without a snapshot, read when the operator says so.
    {"no-snapshot", 0x0, 90, 0x5a},
    {"made-by-3.4.14", 0x0, 8, 0x100000008},
};

struct Refused {
  const char* name;
  int64_t snapshot;
  const char* message;
};
constexpr Refused kRefused[] = {
    {"corrupt-middle-crc", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*checksum.*from byte [0-9]+ \\(0x2e\\)"},
    {"corrupt-middle-payload", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*checksum.*\\(0x2e\\)"},
    {"corrupt-middle-eor", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*end byte.*\\(0x2e\\)"},
    {"corrupt-middle-len0", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*length is 0.*\\(0x2e\\)"},
    {"corrupt-middle-len-huge", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*length.*\\(0x2e\\)"},
    {"corrupt-middle-len-neg", 0,
     "log\\.1: at byte 7704, behind transaction 0x2c, .*length.*\\(0x2e\\)"},
    {"log-bad-magic", 0, "log\\.1: .*at byte 0 "},
    {"log-empty-middle", 0x59, "log\\.30: the file ends at byte 0, "},
    {"log-short-header-tail", 0, "log\\.5b: the file ends at byte 7, "},
    {"log-zxid-gap", 0,
     "log\\.1: at byte [0-9]+, behind transaction 0x2e, transaction 0x2e follows 0x2c"},
};

TEST_CASE("FileStorage: logs that Java wrote are read to the last record", "[storage][fixtures]") {
  for (const Expected& expected : kGood) {
    INFO(expected.name);
    SimDisk disk;
    import_fixture(disk, expected.name);
    if (std::string_view(expected.name) == "empty") REQUIRE(disk.exists("/d/version-2/snapshot.0"));
    Rig rig(disk);
    REQUIRE(rig.begin());

    const Reading reading = read_all(rig.storage, Zxid{expected.snapshot + 1});

    if (reading.error) INFO(reading.error->message);
    CHECK_FALSE(reading.error);
    CHECK(reading.zxids.size() == expected.records);
    const Zxid last = reading.zxids.empty() ? Zxid{expected.snapshot} : reading.zxids.back();
    CHECK(last.value == expected.last);
    CHECK(rig.storage.recovered(last));
  }
}

TEST_CASE("FileStorage: after recovery of a Java directory writing goes on and all is read again",
          "[storage][fixtures]") {
  for (const Expected& expected : kGood) {
    INFO(expected.name);
    SimDisk disk;
    import_fixture(disk, expected.name);
    {
      Rig rig(disk);
      REQUIRE(rig.begin());
      REQUIRE_FALSE(read_all(rig.storage, Zxid{expected.snapshot + 1}).error);
      REQUIRE(rig.storage.recovered(Zxid{expected.last}));
      REQUIRE(rig.storage.append(make_records(Zxid{expected.last + 1}, 3)));
      REQUIRE(rig.storage.sync());
      rig.storage.stop();
    }
    Rig rig(disk);
    REQUIRE(rig.begin());

    const Reading reading = read_all(rig.storage, Zxid{expected.snapshot + 1});

    CHECK_FALSE(reading.error);
    CHECK(reading.zxids.size() == expected.records + 3);
  }
}

TEST_CASE("FileStorage: damaged logs are refused with file, byte and transactions",
          "[storage][fixtures]") {
  for (const Refused& refused : kRefused) {
    INFO(refused.name);
    SimDisk disk;
    import_fixture(disk, refused.name);
    Rig rig(disk);
    REQUIRE(rig.begin());

    const Reading reading = read_all(rig.storage, Zxid{refused.snapshot + 1});

    REQUIRE(reading.error);
    INFO(reading.error->message);
    CHECK(std::regex_search(reading.error->message, std::regex(refused.message)));
    CHECK(reading.error->message.find("Restore") != std::string::npos);
  }
}

TEST_CASE("FileStorage: candidates are the snapshots that look complete, newest first",
          "[storage][fixtures]") {
  const struct {
    const char* name;
    std::vector<Zxid> snapshots;
    bool has_log;
  } cases[] = {
      {"empty", {Zxid{0}}, false},
      {"multisnap", {Zxid{0x5f}, Zxid{0x5a}, Zxid{0}}, true},
      {"snap-newest-badcrc", {Zxid{0x5f}, Zxid{0x5a}, Zxid{0}}, true},
      {"snap-newest-truncated", {Zxid{0x5a}, Zxid{0}}, true},
      {"snap-newest-empty", {Zxid{0x5a}, Zxid{0}}, true},
      {"gz", {Zxid{0x7a}, Zxid{0x31}, Zxid{0}}, true},
      {"snappy", {Zxid{0}}, true},
      {"no-snapshot", {}, true},
  };
  for (const auto& expected : cases) {
    INFO(expected.name);
    SimDisk disk;
    import_fixture(disk, expected.name);
    Rig rig(disk);
    REQUIRE(rig.begin());

    const auto contents = rig.storage.contents();

    REQUIRE(contents);
    CHECK(contents->snapshots == expected.snapshots);
    CHECK(contents->has_log == expected.has_log);
    CHECK_FALSE(contents->epochs.current);
  }
}

TEST_CASE("FileStorage: snapshots of all compressions end with a seal that matches",
          "[storage][fixtures]") {
  for (const char* name :
       {"gz", "snappy", "multisnap", "fuzzy", "snap-format-35", "snap-format-36", "empty"}) {
    INFO(name);
    SimDisk disk;
    import_fixture(disk, name);
    Rig rig(disk);
    REQUIRE(rig.begin());
    const auto contents = rig.storage.contents();
    REQUIRE(contents);
    for (const Zxid zxid : contents->snapshots) {
      const auto bytes = read_snapshot(rig.storage, zxid);
      REQUIRE(bytes);
      constexpr size_t kSealBytes = 13;
      REQUIRE(bytes->size() > kSealBytes);
      CHECK(bytes->starts_with("ZKSN"));
      const size_t sealed = bytes->size() - kSealBytes;
      CHECK(load_be64(bytes->data() + sealed) == adler32(Bytes(*bytes).substr(0, sealed)));
    }
  }
}

TEST_CASE("FileStorage: epochs of a Java member are read", "[storage][fixtures]") {
  SimDisk disk;
  import_fixture(disk, "ensemble-epochs-s3");
  Rig rig(disk);
  REQUIRE(rig.begin());

  const auto contents = rig.storage.contents();

  REQUIRE(contents);
  CHECK(contents->epochs.accepted == 3);
  CHECK(contents->epochs.current == 3);
}

TEST_CASE("FileStorage: a follower told to forget keeps neither log end nor snapshot of it",
          "[storage][fixtures]") {
  SimDisk disk;
  import_fixture(disk, "ensemble-dirty-snapshot-s3");
  const Zxid kept{0x100000017};
  {
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE_FALSE(read_all(rig.storage, Zxid{0x10000001b}).error);
    REQUIRE(rig.storage.recovered(Zxid{0x10000001a}));

    REQUIRE(rig.storage.truncate_after(kept));
  }
  Rig rig(disk);
  disk.kill();
  REQUIRE(rig.begin());
  const auto contents = rig.storage.contents();
  REQUIRE(contents);
  CHECK(contents->snapshots == std::vector<Zxid>{Zxid{0}});
  const Reading reading = read_all(rig.storage, Zxid{1});
  CHECK_FALSE(reading.error);
  REQUIRE(reading.zxids.size() == 23);
  CHECK(reading.zxids.back() == kept);
  SimDisk sibling;
  import_fixture(sibling, "ensemble-divergent-s1");
  // The sibling never had more: its records are byte for byte those that are left. (Java reads the
  // mark in the header nowhere.)
  std::string mine = disk.content("/d/version-2/log.100000001");
  CHECK(load_be64(mine.data() + kDurableEndOffset) == mine.size());
  store_be64(mine.data() + kDurableEndOffset, 0);
  CHECK(sibling.content("/d/version-2/log.100000001").starts_with(mine));
}

}  // namespace
}  // namespace zookernel::file_storage
