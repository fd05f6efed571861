// Settings, directories, snapshots, epochs, purging and forgetting.
#include <catch2/catch_test_macros.hpp>

#include "plugins/storage/file/log_format.h"
#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::file_storage {
namespace {

using sim::SimDisk;

TEST_CASE("FileStorage: bad settings are refused by key and value", "[storage][options]") {
  const struct {
    const char *key, *value, *message;
  } cases[] = {
      {"dataDir", "", "dataDir is not set"},
      {"forceSync", "perhaps", "forceSync=perhaps"},
      {"snapshot.compression.method", "zip",
       "snapshot.compression.method=zip: gz, snappy or nothing is expected"},
      {"txnLogSizeLimitInKb", "many", "txnLogSizeLimitInKb=many"},
      {"fsync.warningthresholdms", "1s", "fsync.warningthresholdms=1s"},
      {"fsync.warningthresholdms", "0x", "fsync.warningthresholdms=0x"},
      {"fsync.warningthresholdms", "0x-1", "fsync.warningthresholdms=0x-1"},
      {"fsync.warningthresholdms", "--1", "fsync.warningthresholdms=--1"},
      {"datadir.autocreate", "2", "datadir.autocreate=2"},
  };
  for (const auto& bad : cases) {
    INFO(bad.key);
    SimDisk disk;
    Rig rig(disk, {{bad.key, bad.value}});

    const auto begun = rig.begin();

    REQUIRE_FALSE(begun);
    CHECK(begun.error().message.find(bad.message) != std::string::npos);
    CHECK(disk.paths().empty());
  }
}

TEST_CASE("FileStorage: numbers may be hexadecimal, as in Java's properties",
          "[storage][options]") {
  for (const char* value : {"0x100", "0XfF", "-0x1", "+1000", "-9223372036854775808"}) {
    INFO(value);
    SimDisk disk;
    Rig rig(disk, {{"fsync.warningthresholdms", value}});

    CHECK(rig.begin());
  }
}

TEST_CASE(
    "FileStorage: a preAllocSize that is no number keeps the default with a warning, as in Java",
    "[storage][options]") {
  SimDisk disk;
  Rig rig(disk, {{"preAllocSize", "64M"}});

  REQUIRE(rig.begin());

  CHECK(rig.host.logger.has(LogLevel::kWarn, "preAllocSize=64M"));
}

TEST_CASE("FileStorage: missing directories are made, or asked for", "[storage][directories]") {
  SimDisk disk;
  {
    Rig rig(disk, {{"datadir.autocreate", "false"}});
    const auto begun = rig.begin();
    REQUIRE_FALSE(begun);
    CHECK(begun.error().message.find("Missing data directory /d/version-2") == 0);
  }
  Rig rig(disk, {{"dataLogDir", "/l/"}});
  REQUIRE(rig.begin());
  CHECK(disk.exists("/d/version-2"));
  CHECK(disk.exists("/l/version-2"));
}

TEST_CASE("FileStorage: a second server on one of the directories is refused",
          "[storage][directories]") {
  SimDisk disk;
  Rig first(disk, {{"dataLogDir", "/l"}});
  REQUIRE(first.begin());
  for (const auto& settings :
       {std::map<std::string, std::string>{{"dataDir", "/d"}, {"dataLogDir", "/other"}},
        std::map<std::string, std::string>{{"dataDir", "/other2"}, {"dataLogDir", "/l"}}}) {
    Rig second(disk, settings);
    const auto begun = second.begin();
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == Errc::kExists);
    CHECK(begun.error().message.find("another server (or tool) uses /") == 0);
  }
  first.storage.stop();
  Rig third(disk, {{"dataLogDir", "/l"}});
  CHECK(third.begin());
}

TEST_CASE("FileStorage: a directory that cannot be written is named", "[storage][directories]") {
  SimDisk disk;
  disk.fail_nth(SimDisk::Operation::kOpen, 1,
                {Errc::kDenied, "open /d/version-2/x: permission denied"});
  Rig rig(disk);

  const auto begun = rig.begin();

  REQUIRE_FALSE(begun);
  CHECK(begun.error().code == Errc::kDenied);
  CHECK(begun.error().message.find("data directory /d/version-2 cannot be written") == 0);
  CHECK(begun.error().message.find("owns it") != std::string::npos);
}

TEST_CASE("FileStorage: logs and snapshots in each other's directory are refused",
          "[storage][directories]") {
  SimDisk disk;
  SECTION("snapshots among the logs") {
    disk.put("/l/version-2/snapshot.5", "");
    Rig rig(disk, {{"dataLogDir", "/l"}});
    const auto begun = rig.begin();
    REQUIRE_FALSE(begun);
    CHECK(begun.error().message.find(
              "Log directory has snapshot files. Check if dataLogDir and dataDir") == 0);
  }
  SECTION("logs among the snapshots") {
    disk.put("/d/version-2/log.5", "");
    Rig rig(disk, {{"dataLogDir", "/l"}});
    const auto begun = rig.begin();
    REQUIRE_FALSE(begun);
    CHECK(begun.error().message.find(
              "Snapshot directory has log files. Check if dataLogDir and dataDir") == 0);
  }
}

TEST_CASE("FileStorage: copies with other names are not read and are pointed out",
          "[storage][directories]") {
  SimDisk disk;
  for (const char* name :
       {"log.5.bak", "snapshot.05", "snapshot.5A", "log.", "snapshot.5.zip", "snapshot.5.gz.old"}) {
    disk.put(std::string("/d/version-2/") + name, "x");
  }
  Rig rig(disk);
  REQUIRE(rig.begin());
  const auto contents = rig.storage.contents();
  REQUIRE(contents);
  CHECK(contents->snapshots.empty());
  CHECK_FALSE(contents->has_log);
  CHECK(rig.host.logger.has(LogLevel::kWarn, "log.5.bak"));
  REQUIRE(rig.storage.recovered(Zxid{0}));
  CHECK(disk.exists("/d/version-2/log.5.bak"));
}

TEST_CASE("FileStorage: snapshots of every compression are read as they were written",
          "[storage][snapshot]") {
  for (const char* method : {"", "gz", "SNAPPY"}) {
    for (const size_t size : {size_t{40}, size_t{32768}, size_t{5000000}}) {
      INFO(method << " " << size);
      SimDisk disk;
      Rig rig(disk, {{"snapshot.compression.method", method}});
      REQUIRE(rig.begin());
      const std::string bytes = make_snapshot(Zxid{0x5a}, size);
      auto writer = rig.storage.begin_snapshot(Zxid{0x5a});
      REQUIRE(writer);
      sim::Random random(size);
      for (size_t at = 0; at < bytes.size();) {
        const size_t piece = std::min(bytes.size() - at, size_t{1} + random.below(size));
        REQUIRE((*writer)->write(Bytes(bytes).substr(at, piece)));
        at += piece;
      }
      const auto before = rig.storage.contents();
      REQUIRE(before);
      CHECK(before->snapshots.empty());
      REQUIRE((*writer)->finish());

      const auto contents = rig.storage.contents();
      REQUIRE(contents);
      CHECK(contents->snapshots == std::vector<Zxid>{Zxid{0x5a}});
      const auto read = read_snapshot(rig.storage, Zxid{0x5a});
      REQUIRE(read);
      CHECK(*read == bytes);
      CHECK(rig.storage.usage().snapshot_bytes == disk.content(disk.paths().front()).size());
    }
  }
}

TEST_CASE("FileStorage: an unfinished snapshot is gone", "[storage][snapshot]") {
  SimDisk disk;
  Rig rig(disk);
  REQUIRE(rig.begin());
  {
    auto writer = rig.storage.begin_snapshot(Zxid{7});
    REQUIRE(writer);
    REQUIRE((*writer)->write("some bytes"));
  }
  CHECK(disk.paths().empty());
}

TEST_CASE(
    "FileStorage: compressed snapshots cut or flipped anywhere are errors or other bytes, never a "
    "crash",
    "[storage][snapshot]") {
  for (const char* method : {"gz", "snappy"}) {
    SimDisk disk;
    Rig rig(disk, {{"snapshot.compression.method", method}});
    REQUIRE(rig.begin());
    REQUIRE(write_snapshot(rig.storage, Zxid{5}, Zxid{5}));
    const std::string path = disk.paths().front();
    const std::string whole = disk.content(path);
    const std::string expected = make_snapshot(Zxid{5});
    for (size_t size = 0; size < whole.size(); ++size) {
      disk.put(path, whole.substr(0, size));
      const auto read = read_snapshot(rig.storage, Zxid{5});
      CHECK((!read.ok() || *read != expected));
    }
    for (size_t offset = 0; offset < whole.size(); ++offset) {
      std::string flipped = whole;
      flipped[offset] = static_cast<char>(flipped[offset] ^ 0x10);
      disk.put(path, flipped);
      (void)read_snapshot(rig.storage, Zxid{5});
    }
  }
}

TEST_CASE("FileStorage: it tells what room there is", "[storage]") {
  SimDisk disk;
  Rig rig(disk);
  REQUIRE(rig.begin());
  disk.set_capacity(UINT64_MAX - *disk.free_space("/") + 5000);

  const auto room = rig.storage.room();

  REQUIRE(room);
  CHECK(room->log_bytes == 5000);
  CHECK(room->snapshot_bytes == 5000);
}

TEST_CASE("FileStorage: epochs are saved in a form that Java reads", "[storage][epochs]") {
  SimDisk disk;
  {
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE(rig.storage.save({12, {}}));
    REQUIRE(rig.storage.save({12, 11}));
    CHECK(disk.content("/d/version-2/acceptedEpoch") == "+12\nsum 4875b7c7\n");
    CHECK(disk.content("/d/version-2/currentEpoch") == "+11\nsum 96e20fbd\n");
  }
  sim::Random random(1);
  disk.crash(random);
  Rig rig(disk);
  REQUIRE(rig.begin());
  const auto contents = rig.storage.contents();
  REQUIRE(contents);
  CHECK(contents->epochs.accepted == 12);
  CHECK(contents->epochs.current == 11);
}

TEST_CASE("FileStorage: an epoch file that is no number is refused by name", "[storage][epochs]") {
  for (const char* text : {"", "x", "-1", "3 ", "99999999999999999999"}) {
    SimDisk disk;
    disk.put("/d/version-2/currentEpoch", text);
    Rig rig(disk);
    REQUIRE(rig.begin());
    const auto contents = rig.storage.contents();
    REQUIRE_FALSE(contents);
    CHECK(contents.error().message.find("/d/version-2/currentEpoch") != std::string::npos);
  }
}

TEST_CASE("FileStorage: a current epoch that a crash left too low is corrected where that is safe",
          "[storage][epochs]") {
  SimDisk disk;
  disk.put("/d/version-2/acceptedEpoch", "2");
  disk.put("/d/version-2/currentEpoch", "1");
  disk.put("/d/version-2/snapshot.100000000", make_snapshot(Zxid{0x100000000}));
  int64_t expected = 1;
  SECTION("nothing newer") {}
  SECTION("a snapshot of the accepted epoch") {
    disk.put("/d/version-2/snapshot.200000004", make_snapshot(Zxid{0x200000004}));
    expected = 2;
  }
  SECTION("a snapshot of an epoch that was never accepted") {
    disk.put("/d/version-2/snapshot.300000004", make_snapshot(Zxid{0x300000004}));
  }
  SECTION("Java's unfinished file names the epoch of the newest log") {
    disk.put("/d/version-2/log.200000001", "");
    disk.put("/d/version-2/currentEpoch.tmp", "2");
    expected = 2;
  }
  SECTION("Java's unfinished file is cut") {
    disk.put("/d/version-2/log.200000001", "");
    disk.put("/d/version-2/currentEpoch.tmp", "");
  }
  SECTION("the marker of 3.4") {
    disk.put("/d/version-2/log.200000001", "");
    disk.put("/d/version-2/updatingEpoch", "");
    expected = 2;
  }
  Rig rig(disk);
  REQUIRE(rig.begin());

  const auto contents = rig.storage.contents();

  REQUIRE(contents);
  CHECK(contents->epochs.current == expected);
}

// Snapshots 0, a, 1e, 32 and logs 1, 15, 29 of twenty records each; names in hex.
void build_history(SimDisk& disk) {
  Rig rig(disk, {{"preAllocSize", "16"}});
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  for (const int64_t first : {1, 21, 41}) {
    REQUIRE(rig.storage.append(make_records(Zxid{first}, 20)));
    REQUIRE(rig.storage.roll());
    REQUIRE(write_snapshot(rig.storage, Zxid{first + 9}, Zxid{first + 14}));
  }
  disk.kill();
}

TEST_CASE("FileStorage: a purge keeps the newest snapshots and the logs that they need",
          "[storage][purge]") {
  SimDisk disk;
  build_history(disk);
  disk.put("/d/version-2/snapshot.40", "cut short");
  Rig rig(disk);
  REQUIRE(rig.begin());

  REQUIRE(rig.storage.purge(2));

  CHECK(disk.paths() == std::vector<std::string>{"/d/version-2/.newest-log", "/d/version-2/log.15",
                                                 "/d/version-2/log.29", "/d/version-2/snapshot.1e",
                                                 "/d/version-2/snapshot.32",
                                                 "/d/version-2/snapshot.40"});
  CHECK_FALSE(read_all(rig.storage, Zxid{0x1f}).error);
  REQUIRE(rig.storage.purge(0));
  CHECK(disk.exists("/d/version-2/snapshot.32"));
  CHECK_FALSE(disk.exists("/d/version-2/snapshot.1e"));
  CHECK(disk.exists("/d/version-2/log.29"));
}

TEST_CASE("FileStorage: a purge without any complete snapshot removes nothing",
          "[storage][purge]") {
  SimDisk disk;
  disk.put("/d/version-2/snapshot.5", "damaged");
  disk.put("/d/version-2/log.1", "x");
  disk.put("/d/version-2/log.3", "x");
  Rig rig(disk);
  REQUIRE(rig.begin());

  REQUIRE(rig.storage.purge(3));

  CHECK(disk.paths().size() == 3);
}

TEST_CASE(
    "FileStorage: forgetting cuts behind the last transaction kept, whether it is in the log or "
    "not",
    "[storage][truncate]") {
  for (int64_t last = 15; last <= 61; ++last) {
    INFO(last);
    SimDisk disk;
    build_history(disk);
    {
      Rig rig(disk, {{"preAllocSize", "16"}});
      REQUIRE(rig.begin());
      REQUIRE(recover(rig.storage));
      REQUIRE(rig.storage.append(make_records(Zxid{0x100000001}, 5)));
      REQUIRE(rig.storage.truncate_after(Zxid{last}));
      // And the next history begins.
      REQUIRE(rig.storage.append(make_records(Zxid{0x200000001}, 5)));
      REQUIRE(rig.storage.sync());
    }
    disk.kill();
    Rig rig(disk);
    REQUIRE(rig.begin());
    const auto contents = rig.storage.contents();
    REQUIRE(contents);
    // Snapshot a ends at 15, 1e at 35, 32 at 55.
    const Zxid base = last >= 55 ? Zxid{0x32} : last >= 35 ? Zxid{0x1e} : Zxid{0xa};
    CHECK(contents->snapshots.front() == base);
    const Reading reading = read_all(rig.storage, Zxid{1});
    REQUIRE_FALSE(reading.error);
    const size_t kept = static_cast<size_t>(std::min<int64_t>(last, 60));
    REQUIRE(reading.zxids.size() == kept + 5);
    CHECK(reading.zxids[kept - 1] == Zxid{static_cast<int64_t>(kept)});
  }
}

TEST_CASE("FileStorage: forgetting more than any snapshot allows changes nothing",
          "[storage][truncate]") {
  SimDisk disk;
  build_history(disk);
  Rig rig(disk);
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  REQUIRE(rig.storage.purge(1));
  const auto before = disk.paths();

  const auto truncated = rig.storage.truncate_after(Zxid{0x10});

  REQUIRE_FALSE(truncated);
  CHECK(truncated.error().code == Errc::kUnsupported);
  CHECK(disk.paths() == before);
  // The server asks for a snapshot and lives on.
  CHECK(rig.storage.append(make_records(Zxid{61}, 1)));
}

TEST_CASE("FileStorage: usage counts snapshots and logs", "[storage]") {
  SimDisk disk;
  build_history(disk);
  Rig rig(disk);
  REQUIRE(rig.begin());

  const DiskUsage usage = rig.storage.usage();

  CHECK(usage.log_bytes == 3 * (kLogHeaderBytes + 20 * (100 + kRecordOverheadBytes)));
  CHECK(usage.snapshot_bytes == 4 * make_snapshot(Zxid{0}).size());
}

}  // namespace
}  // namespace zookernel::file_storage
