// Every point at which the power may fail or the process may be killed: what was synced is there,
// in order, and start-up never refuses what a crash left. (Of the file storage there is more in
// tests/unit/plugins/storage_file.)
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/storage_contract/any_storage.h"

namespace zookernel::test {
namespace {

using file_storage::make_record;
using file_storage::make_records;
using sim::Random;
using sim::SimDisk;

struct Promises {
  Zxid synced;    // everything up to here was acknowledged
  Zxid appended;  // everything up to here was handed over
};

// Groups of different sizes, rolls, snapshots, purges, a new epoch. Stops at the first error.
void live(Storage& storage, Random& random, Promises& promises) {
  for (int step = 0; step < 18; ++step) {
    const uint64_t choice = random.below(10);
    if (choice == 0) {
      const int znodes = promises.synced == Zxid{0} ? 20 : 30;
      if (!write_tree(storage, promises.synced, promises.synced, znodes)) return;
      if (!storage.roll()) return;
      promises.synced = promises.appended;
    } else if (choice == 1) {
      if (!storage.purge(2)) return;
    } else if (choice == 2) {
      if (!storage.save({promises.appended.epoch() + 1, {}})) return;
    } else {
      Zxid first = promises.appended.next();
      if (choice == 3) first = Zxid{((promises.appended.epoch() + 1) << 32) + 1};
      const size_t count = 1 + random.below(random.chance(1, 4) ? 40 : 4);
      promises.appended = Zxid{first.value + static_cast<int64_t>(count) - 1};
      if (!storage.append(make_records(first, count, 32 + random.below(900)))) return;
      if (random.chance(1, 5)) continue;
      if (!storage.sync()) return;
      promises.synced = promises.appended;
    }
  }
}

Zxid check_recovery(const std::string& kind, SimDisk& disk, const Promises& promises) {
  AnyStorage any(kind, disk);
  const auto begun = any.begin();
  if (!begun) FAIL(begun.error().message);
  file_storage::Reading reading;
  const auto last = recover_any(*any.storage, &reading);
  if (!last) FAIL(last.error().message << " synced " << hex(promises.synced.value));
  REQUIRE(*last >= promises.synced);
  REQUIRE(*last <= promises.appended);
  for (size_t i = 0; i < reading.zxids.size(); ++i) {
    REQUIRE(reading.bodies[i] ==
            make_record(reading.zxids[i], reading.bodies[i].size()).body.view());
  }
  const auto contents = any.storage->contents();
  REQUIRE(contents);
  for (const Zxid zxid : contents->snapshots) {
    const auto bytes = file_storage::read_snapshot(*any.storage, zxid);
    REQUIRE(bytes);
    REQUIRE(*bytes == tree_snapshot(zxid, zxid == Zxid{0} ? 20 : 30));
  }
  REQUIRE(any.storage->append(make_records(last->next(), 2)));
  REQUIRE(any.storage->sync());
  return Zxid{last->value + 2};
}

// One life from a seed that ends after `changes` changes of the disk. Returns how many there were.
template <typename End>
uint64_t one_life(const std::string& kind, uint64_t seed, uint64_t changes, End end) {
  SimDisk disk;
  Promises promises;
  {
    Random random(seed);
    AnyStorage any(kind, disk);
    if (changes != UINT64_MAX) disk.stop_after(changes);
    if (any.begin() && recover_any(*any.storage)) live(*any.storage, random, promises);
    if (changes == UINT64_MAX) return disk.changes();
    disk.stop_after(0);
  }
  Random random(seed * 1000003 + changes);
  end(disk, random);
  Promises after;
  after.synced = after.appended = check_recovery(kind, disk, promises);
  // And once more, over what recovery itself left.
  end(disk, random);
  check_recovery(kind, disk, after);
  return 0;
}

TEST_CASE("Storage: a power failure at any point loses nothing that was synced",
          "[storage][crash]") {
  for (const std::string& kind : kStorages) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const uint64_t changes = one_life(kind, seed, UINT64_MAX, [](SimDisk&, Random&) {});
      for (uint64_t stop = 0; stop < changes; ++stop) {
        INFO(kind << ", seed " << seed << " stopped after " << stop << " of " << changes);
        one_life(kind, seed, stop, [](SimDisk& disk, Random& random) { disk.crash(random); });
      }
    }
  }
}

TEST_CASE("Storage: a killed process loses nothing that was synced", "[storage][crash]") {
  for (const std::string& kind : kStorages) {
    const uint64_t changes = one_life(kind, 101, UINT64_MAX, [](SimDisk&, Random&) {});
    for (uint64_t stop = 0; stop < changes; ++stop) {
      INFO(kind << " stopped after " << stop << " of " << changes);
      one_life(kind, 101, stop, [](SimDisk& disk, Random&) { disk.kill(); });
    }
  }
}

TEST_CASE("Storage: a failing operation anywhere is told, and a restart has what was synced",
          "[storage][fault]") {
  using Operation = SimDisk::Operation;
  for (const std::string& kind : kStorages) {
    for (const auto operation :
         {Operation::kOpen, Operation::kWrite, Operation::kSync, Operation::kResize,
          Operation::kRemove, Operation::kSyncDirectory, Operation::kRead}) {
      for (uint64_t nth = 1; nth <= 40; ++nth) {
        INFO(kind << ", operation " << static_cast<int>(operation) << " number " << nth);
        SimDisk disk;
        Promises promises;
        {
          Random random(nth);
          AnyStorage any(kind, disk);
          disk.fail_nth(operation, nth, {Errc::kIo, "injected"});
          if (any.begin() && recover_any(*any.storage)) live(*any.storage, random, promises);
          disk.stop_after(0);
        }
        Random random(nth);
        disk.crash(random);
        check_recovery(kind, disk, promises);
      }
    }
  }
}

TEST_CASE("Storage: a crash while forgetting leaves the state before or after",
          "[storage][crash]") {
  for (const std::string& kind : kStorages) {
    for (uint64_t round = 0; round < 30 * 4; ++round) {
      INFO(kind << ", round " << round);
      SimDisk disk;
      {
        AnyStorage any(kind, disk);
        REQUIRE(any.begin());
        REQUIRE(recover_any(*any.storage));
        for (const int64_t first : {1, 21, 41}) {
          REQUIRE(any.storage->append(make_records(Zxid{first}, 20)));
          REQUIRE(any.storage->sync());
          REQUIRE(any.storage->roll());
          REQUIRE(write_tree(*any.storage, Zxid{first + 9}, Zxid{first + 14}));
        }
        disk.stop_after(round / 4);
        const bool done = any.storage->truncate_after(Zxid{33}).ok();
        if (round == 30 * 4 - 1) CHECK(done);
        disk.stop_after(0);
      }
      Random random(round);
      disk.crash(random);
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      const auto last = recover_any(*any.storage);
      if (!last) FAIL(last.error().message);
      CHECK(last->value >= 33);
      if (round == 30 * 4 - 1) CHECK(last->value == 33);
    }
  }
}

}  // namespace
}  // namespace zookernel::test
