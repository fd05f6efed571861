// Every point at which the power may fail or the process may be killed: what was synced is there,
// in order, and start-up never refuses what a crash left.
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::file_storage {
namespace {

using sim::Random;
using sim::SimDisk;

// What the server has promised so far.
struct Promises {
  Zxid synced;                       // everything up to here was acknowledged
  Zxid appended;                     // everything up to here was handed over
  std::optional<Zxid> forget_above;  // a truncation that was begun
  Epochs epochs;
};

// A life of a server: groups of different sizes, rolls, snapshots, purges, a new epoch, epochs
// saved. Stops at the first error.
void live(Storage& storage, Random& random, Promises& promises) {
  for (int step = 0; step < 25; ++step) {
    const uint64_t choice = random.below(12);
    if (choice == 0) {
      if (!storage.roll()) return;
      promises.synced = promises.appended;
    } else if (choice == 1) {
      if (!write_snapshot(storage, promises.synced, promises.synced)) return;
      // As a server does: a snapshot comes with a new log.
      if (!storage.roll()) return;
      promises.synced = promises.appended;
    } else if (choice == 2) {
      if (!storage.purge(2)) return;
    } else if (choice == 3) {
      const int64_t epoch = promises.appended.epoch() + 1;
      promises.epochs.accepted = epoch;  // From now on either value may be found.
      if (!storage.save(promises.epochs)) return;
    } else {
      Zxid first = promises.appended.next();
      if (choice == 4) first = Zxid{((promises.appended.epoch() + 1) << 32) + 1};
      const size_t count = 1 + random.below(random.chance(1, 4) ? 60 : 4);
      promises.appended = Zxid{first.value + static_cast<int64_t>(count) - 1};
      if (!storage.append(make_records(first, count, 32 + random.below(900)))) return;
      if (random.chance(1, 5)) continue;
      if (!storage.sync()) return;
      promises.synced = promises.appended;
    }
  }
}

// Starts over what is on the disk and checks it against the promises.
Zxid check_recovery(SimDisk& disk, const Promises& promises) {
  Rig rig(disk, {{"preAllocSize", "16"}});
  const auto begun = rig.begin();
  if (!begun) FAIL(begun.error().message);
  Reading reading;
  const auto last = recover(rig.storage, &reading);
  if (!last) FAIL(last.error().message << " synced " << hex(promises.synced.value));
  REQUIRE(*last >= promises.synced);
  REQUIRE(*last <= promises.appended);
  for (size_t i = 0; i + 1 < reading.zxids.size(); ++i) {
    const Zxid a = reading.zxids[i], b = reading.zxids[i + 1];
    REQUIRE((b == a.next() || (b.epoch() > a.epoch() && b.counter() == 1)));
  }
  for (size_t i = 0; i < reading.zxids.size(); ++i) {
    REQUIRE(reading.bodies[i] ==
            make_record(reading.zxids[i], reading.bodies[i].size()).body.view());
  }
  // Every snapshot under its name is whole.
  const auto contents = rig.storage.contents();
  REQUIRE(contents);
  for (const Zxid zxid : contents->snapshots) {
    const auto bytes = read_snapshot(rig.storage, zxid);
    REQUIRE(bytes);
    REQUIRE(*bytes == make_snapshot(zxid));
  }
  for (const std::string& path : disk.paths()) {
    REQUIRE(path.find(".tmp-") == std::string::npos);
  }
  // Writing goes on.
  REQUIRE(rig.storage.append(make_records(last->next(), 2)));
  REQUIRE(rig.storage.sync());
  return Zxid{last->value + 2};
}

// One life from a seed that ends after `changes` changes of the disk. Returns how many changes
// there were.
template <typename End>
uint64_t one_life(uint64_t seed, uint64_t changes, End end) {
  SimDisk disk;
  Promises promises;
  {
    Random random(seed);
    Rig rig(disk, {{"preAllocSize", "16"}});
    if (changes != UINT64_MAX) disk.stop_after(changes);
    if (rig.begin() && recover(rig.storage)) live(rig.storage, random, promises);
  }
  const uint64_t made = disk.changes();
  Random random(seed * 1000003 + changes);
  end(disk, random);
  Promises after = promises;
  after.synced = after.appended = check_recovery(disk, promises);
  // And once more, over what recovery itself left.
  Random again(seed + changes);
  end(disk, again);
  check_recovery(disk, after);
  return made;
}

TEST_CASE("FileStorage: a power failure at any point loses nothing that was synced",
          "[storage][crash]") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const uint64_t changes = one_life(seed, UINT64_MAX, [](SimDisk&, Random&) {});
    for (uint64_t stop = 0; stop < changes; ++stop) {
      INFO("seed " << seed << " stopped after " << stop << " of " << changes);
      one_life(seed, stop, [](SimDisk& disk, Random& random) { disk.crash(random); });
    }
  }
}

TEST_CASE("FileStorage: a killed process loses nothing that was synced", "[storage][crash]") {
  for (uint64_t seed = 101; seed <= 104; ++seed) {
    const uint64_t changes = one_life(seed, UINT64_MAX, [](SimDisk&, Random&) {});
    for (uint64_t stop = 0; stop < changes; ++stop) {
      INFO("seed " << seed << " stopped after " << stop << " of " << changes);
      one_life(seed, stop, [](SimDisk& disk, Random&) { disk.kill(); });
    }
  }
}

TEST_CASE("FileStorage: what recovery has read survives a power failure", "[storage][crash]") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk;
    {
      Rig rig(disk);
      REQUIRE(rig.begin());
      REQUIRE(recover(rig.storage));
      REQUIRE(rig.storage.append(make_records(Zxid{1}, 3)));
      REQUIRE(rig.storage.sync());
      REQUIRE(rig.storage.append(make_records(Zxid{4}, 3)));
      disk.fail_nth(SimDisk::Operation::kSync, 1, {Errc::kIo, "sync: simulated"});
      REQUIRE(!rig.storage.sync());
      disk.kill();
    }

    const Promises written{Zxid{3}, Zxid{6}, {}, {}};
    const Zxid served = check_recovery(disk, written);
    Random random(seed);
    disk.crash(random);

    const Promises promises{served, served, {}, {}};
    check_recovery(disk, promises);
  }
}

TEST_CASE("FileStorage: a snapshot that recovery has used survives a power failure",
          "[storage][crash]") {
  const std::map<std::string, std::string> settings = {{"dataLogDir", "/log"}};
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk;
    {
      Rig rig(disk, settings);
      REQUIRE(rig.begin());
      REQUIRE(recover(rig.storage));
      // Killed between the snapshot's rename and the sync of its directory.
      disk.fail_nth(SimDisk::Operation::kSyncDirectory, 1, {Errc::kIo, "sync: simulated"});
      REQUIRE(!write_snapshot(rig.storage, Zxid{0}, Zxid{0}));
      disk.kill();
    }
    {
      Rig rig(disk, settings);
      REQUIRE(rig.begin());
      REQUIRE(recover(rig.storage));
      disk.kill();
    }

    Random random(seed);
    disk.crash(random);

    Rig rig(disk, settings);
    REQUIRE(rig.begin());
    REQUIRE(rig.storage.contents()->snapshots == std::vector<Zxid>{Zxid{0}});
  }
}

TEST_CASE("FileStorage: a crash while recovery tidies up is recovered from", "[storage][crash]") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    SimDisk disk;
    Promises promises;
    {
      Random random(seed);
      Rig rig(disk, {{"preAllocSize", "16"}});
      disk.stop_after(20 + random.below(60));
      if (rig.begin() && recover(rig.storage)) live(rig.storage, random, promises);
    }
    Random random(seed);
    disk.crash(random);
    for (uint64_t stop = 0; stop < 12; ++stop) {
      INFO("stopped after " << stop);
      auto copy = disk.clone();
      {
        Rig rig(*copy, {{"preAllocSize", "16"}});
        copy->stop_after(stop);
        if (rig.begin()) (void)recover(rig.storage);
      }
      copy->crash(random);
      check_recovery(*copy, promises);
    }
  }
}

TEST_CASE("FileStorage: a crash while forgetting leaves the state before or after",
          "[storage][crash]") {
  std::map<std::string, std::string> settings{{"preAllocSize", "16"}};
  SECTION("in one directory") {}
  SECTION("in two directories") {
    settings["dataLogDir"] = "/l";
  }
  const auto build = [&settings](SimDisk& disk) {
    Rig rig(disk, settings);
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    for (const int64_t first : {1, 21, 41}) {
      REQUIRE(rig.storage.append(make_records(Zxid{first}, 20)));
      REQUIRE(rig.storage.sync());
      REQUIRE(rig.storage.roll());
      REQUIRE(write_snapshot(rig.storage, Zxid{first + 9}, Zxid{first + 14}));
    }
    disk.kill();
  };
  for (uint64_t round = 0; round < 40 * 8; ++round) {
    const uint64_t stop = round / 8;
    INFO("round " << round);
    SimDisk disk;
    build(disk);
    bool done = false;
    {
      Rig rig(disk, settings);
      REQUIRE(rig.begin());
      REQUIRE(recover(rig.storage));
      disk.stop_after(stop);
      done = rig.storage.truncate_after(Zxid{33}).ok();
    }
    Random random(round);
    disk.crash(random);
    Rig rig(disk, settings);
    REQUIRE(rig.begin());
    Reading reading;
    const auto last = recover(rig.storage, &reading);
    if (!last) FAIL(last.error().message);
    if (done) {
      CHECK(last->value == 33);
    } else {
      CHECK(last->value >= 33);
    }
    if (round == 40 * 8 - 1) CHECK(done);
  }
}

TEST_CASE("FileStorage: a failing operation anywhere is told, and a restart has what was synced",
          "[storage][fault]") {
  using Operation = SimDisk::Operation;
  for (const auto operation : {Operation::kOpen, Operation::kWrite, Operation::kSync,
                               Operation::kResize, Operation::kRename, Operation::kRemove,
                               Operation::kSyncDirectory, Operation::kList, Operation::kRead}) {
    for (uint64_t nth = 1; nth <= 40; ++nth) {
      INFO("operation " << static_cast<int>(operation) << " number " << nth);
      SimDisk disk;
      Promises promises;
      {
        Random random(nth);
        Rig rig(disk, {{"preAllocSize", "16"}});
        disk.fail_nth(operation, nth, {Errc::kIo, "injected"});
        if (rig.begin() && recover(rig.storage)) live(rig.storage, random, promises);
      }
      Random random(nth);
      disk.crash(random);
      check_recovery(disk, promises);
    }
  }
}

}  // namespace
}  // namespace zookernel::file_storage
