// What zookernel/storage.h promises, asked of every storage.
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/storage_contract/any_storage.h"

namespace zookernel::test {
namespace {

using file_storage::make_record;
using file_storage::make_records;
using file_storage::read_all;
using file_storage::read_snapshot;
using sim::SimDisk;

// Runs a test body with each kind.
template <typename Test>
void for_each(Test test) {
  for (const std::string& kind : kStorages) {
    INFO("storage " << kind);
    test(kind);
  }
}

TEST_CASE("Storage: a new one is empty, and serves after recovery", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());

    const auto contents = any.storage->contents();

    REQUIRE(contents);
    CHECK(contents->snapshots.empty());
    CHECK_FALSE(contents->has_log);
    CHECK_FALSE(contents->epochs.accepted);
    REQUIRE(recover_any(*any.storage));
    CHECK(any.storage->contents()->snapshots == std::vector<Zxid>{Zxid{0}});
  });
}

TEST_CASE("Storage: records come back byte for byte after a restart, from anywhere", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    const auto records = make_records(Zxid{1}, 300, 200);
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      for (size_t at = 0; at < records.size(); at += 50) {
        REQUIRE(any.storage->append(std::span(records).subspan(at, 50)));
        REQUIRE(any.storage->sync());
      }
      any.storage->stop();
    }
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    file_storage::Reading reading;
    REQUIRE(recover_any(*any.storage, &reading)->value == 300);
    for (const int64_t from : {1, 2, 64, 65, 299, 300, 301, 999}) {
      const auto part = read_all(*any.storage, Zxid{from});
      REQUIRE_FALSE(part.error);
      REQUIRE(part.zxids.size() == static_cast<size_t>(std::max<int64_t>(0, 301 - from)));
      for (size_t i = 0; i < part.zxids.size(); ++i)
        REQUIRE(part.bodies[i] == records[static_cast<size_t>(from) - 1 + i].body.view());
    }
  });
}

TEST_CASE("Storage: a reader sees what was appended and not yet synced", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));

    REQUIRE(any.storage->append(make_records(Zxid{1}, 3)));

    CHECK(read_all(*any.storage, Zxid{1}).zxids.size() == 3);
  });
}

TEST_CASE("Storage: new epochs, and the same transaction twice, are kept as they came",
          "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    const std::vector<Zxid> zxids = {Zxid{1}, Zxid{2}, Zxid{2}, Zxid{(int64_t{7} << 32) + 1}};
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      for (const Zxid zxid : zxids) REQUIRE(any.storage->append(std::vector{make_record(zxid)}));
      REQUIRE(any.storage->sync());
    }
    disk.kill();
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    file_storage::Reading reading;
    REQUIRE(recover_any(*any.storage, &reading));
    CHECK(reading.zxids == zxids);
  });
}

TEST_CASE("Storage: a transaction that cannot follow is refused, for good", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));
    REQUIRE(any.storage->append(make_records(Zxid{1}, 2)));
    REQUIRE(any.storage->sync());

    const bool taken =
        any.storage->append(make_records(Zxid{9}, 1)).ok() && any.storage->sync().ok();

    CHECK_FALSE(taken);
    const auto later = any.storage->sync();
    REQUIRE_FALSE(later);
    CHECK(later.error().message.find("0x9") != std::string::npos);
  });
}

TEST_CASE("Storage: a failed sync is final", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));
    REQUIRE(any.storage->append(make_records(Zxid{1}, 1)));
    disk.fail_nth(SimDisk::Operation::kSync, 1, {Errc::kIo, "sync: simulated"});

    const auto failed = any.storage->sync();

    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("sync: simulated") != std::string::npos);
    CHECK_FALSE(any.storage->append(make_records(Zxid{2}, 1)));
    CHECK_FALSE(any.storage->sync());
    CHECK_FALSE(any.storage->save({1, 1}));
  });
}

TEST_CASE("Storage: snapshots come back byte for byte, the newest first", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      REQUIRE(any.storage->append(make_records(Zxid{1}, 9)));
      REQUIRE(any.storage->sync());
      REQUIRE(write_tree(*any.storage, Zxid{5}, Zxid{7}, 5000));
      REQUIRE(write_tree(*any.storage, Zxid{9}, Zxid{9}, 0));
    }
    disk.kill();
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    CHECK(any.storage->contents()->snapshots == std::vector<Zxid>{Zxid{9}, Zxid{5}, Zxid{0}});
    CHECK(*read_snapshot(*any.storage, Zxid{9}) == tree_snapshot(Zxid{9}, 0));
    CHECK(*read_snapshot(*any.storage, Zxid{5}) == tree_snapshot(Zxid{7}, 5000));
    CHECK_FALSE(read_snapshot(*any.storage, Zxid{6}));
  });
}

TEST_CASE("Storage: a snapshot that is not finished leaves no trace", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));
    {
      auto writer = any.storage->begin_snapshot(Zxid{4});
      REQUIRE(writer);
      REQUIRE((*writer)->write(tree_snapshot(Zxid{4}, 3000)));
    }

    CHECK(any.storage->contents()->snapshots == std::vector<Zxid>{Zxid{0}});
    REQUIRE(write_tree(*any.storage, Zxid{4}, Zxid{4}, 10));
    CHECK(*read_snapshot(*any.storage, Zxid{4}) == tree_snapshot(Zxid{4}, 10));
  });
}

TEST_CASE("Storage: epochs are durable one by one", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      REQUIRE(any.storage->save({3, {}}));
      REQUIRE(any.storage->save({{}, 2}));
      REQUIRE(any.storage->save({4, {}}));
    }
    sim::Random random(1);
    disk.crash(random);
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    const auto contents = any.storage->contents();
    REQUIRE(contents);
    CHECK(contents->epochs.accepted == 4);
    CHECK(contents->epochs.current == 2);
  });
}

TEST_CASE("Storage: a purge keeps the newest snapshots and the log behind them", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));
    for (const int64_t first : {1, 11, 21, 31}) {
      REQUIRE(any.storage->append(make_records(Zxid{first}, 10)));
      REQUIRE(any.storage->sync());
      REQUIRE(any.storage->roll());
      REQUIRE(write_tree(*any.storage, Zxid{first + 9}, Zxid{first + 9}, 3000));
    }

    REQUIRE(any.storage->purge(2));

    CHECK(any.storage->contents()->snapshots == std::vector<Zxid>{Zxid{40}, Zxid{30}});
    CHECK(read_all(*any.storage, Zxid{31}).zxids.size() == 10);
    CHECK(*read_snapshot(*any.storage, Zxid{30}) == tree_snapshot(Zxid{30}, 3000));
    const auto purged = read_all(*any.storage, Zxid{5});
    CHECK((purged.error || purged.zxids.empty()));
    REQUIRE(any.storage->append(make_records(Zxid{41}, 10)));
    REQUIRE(any.storage->sync());
    CHECK(read_all(*any.storage, Zxid{31}).zxids.size() == 20);
  });
}

TEST_CASE("Storage: transactions behind a point are forgotten with the snapshots that hold them",
          "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      REQUIRE(any.storage->append(make_records(Zxid{1}, 30)));
      REQUIRE(any.storage->sync());
      REQUIRE(write_tree(*any.storage, Zxid{10}, Zxid{12}));
      REQUIRE(write_tree(*any.storage, Zxid{19}, Zxid{25}));

      REQUIRE(any.storage->truncate_after(Zxid{20}));

      CHECK(read_all(*any.storage, Zxid{11}).zxids.size() == 10);
      REQUIRE(any.storage->append(make_records(Zxid{21}, 5, 64)));
      REQUIRE(any.storage->sync());
    }
    disk.kill();
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    file_storage::Reading reading;
    REQUIRE(recover_any(*any.storage, &reading)->value == 25);
    CHECK(any.storage->contents()->snapshots.front() == Zxid{10});
    CHECK(reading.bodies.back() == make_record(Zxid{25}, 64).body.view());
  });
}

TEST_CASE("Storage: without a snapshot to build on nothing is forgotten", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    REQUIRE(recover_any(*any.storage));
    REQUIRE(any.storage->append(make_records(Zxid{1}, 30)));
    REQUIRE(any.storage->sync());
    REQUIRE(write_tree(*any.storage, Zxid{10}, Zxid{12}));
    REQUIRE(any.storage->purge(1));

    const auto refused = any.storage->truncate_after(Zxid{11});

    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kUnsupported);
    REQUIRE(any.storage->append(make_records(Zxid{31}, 1)));
    REQUIRE(any.storage->sync());
    CHECK(read_all(*any.storage, Zxid{11}).zxids.size() == 21);
  });
}

TEST_CASE("Storage: a second server in the same directory is refused", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage first(kind, disk);
    REQUIRE(first.begin());
    AnyStorage second(kind, disk);
    const auto refused = second.begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kExists);
    CHECK(refused.error().message.find("/d") != std::string::npos);
  });
}

TEST_CASE("Storage: a full disk is named, and room makes it well again", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    {
      AnyStorage any(kind, disk);
      REQUIRE(any.begin());
      REQUIRE(recover_any(*any.storage));
      REQUIRE(any.storage->append(make_records(Zxid{1}, 5)));
      REQUIRE(any.storage->sync());
      disk.set_capacity(UINT64_MAX - *disk.free_space("/d"));
      Status full = any.storage->append(make_records(Zxid{6}, 400, 1000));
      if (full) full = any.storage->sync();
      REQUIRE_FALSE(full);
      CHECK(full.error().code == Errc::kFull);
      CHECK(full.error().message.find("/d") != std::string::npos);
    }
    disk.kill();
    disk.set_capacity(UINT64_MAX);
    AnyStorage any(kind, disk);
    REQUIRE(any.begin());
    const auto last = recover_any(*any.storage);
    REQUIRE(last);
    CHECK(last->value >= 5);
  });
}

TEST_CASE("Storage: a missing directory is made only when it may be", "[storage]") {
  for_each([](const std::string& kind) {
    SimDisk disk;
    AnyStorage any(kind, disk, {{"datadir.autocreate", "false"}});
    const auto refused = any.begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("/d") != std::string::npos);
  });
}

}  // namespace
}  // namespace zookernel::test
