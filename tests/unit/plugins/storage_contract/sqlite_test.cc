// What only the database has: damage in it, its versions, what operators ask of it, and copies of
// it.
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "kernel/shell/posix_file_system.h"
#include "plugins/storage/sqlite/connection.h"
#include "tests/support/random_txns.h"
#include "tests/unit/plugins/storage_contract/any_storage.h"

namespace zookernel::test {
namespace {

using file_storage::make_records;
using file_storage::read_all;
using file_storage::read_snapshot;
using sim::SimDisk;
using sqlite_storage::Connection;
using sqlite_storage::Vfs;

// Thirty transactions, the epochs and a snapshot in the middle; killed, so that a write-ahead log
// is left, or stopped, so that all is in data.db.
void build(SimDisk& disk, bool stopped) {
  AnyStorage any("sqlite", disk);
  REQUIRE(any.begin());
  REQUIRE(recover_any(*any.storage));
  REQUIRE(any.storage->save({3, 2}));
  for (const int64_t first : {1, 11, 21}) {
    REQUIRE(any.storage->append(make_records(Zxid{first}, 10, 300)));
    REQUIRE(any.storage->sync());
    if (first == 11) REQUIRE(write_tree(*any.storage, Zxid{15}, Zxid{20}));
  }
  if (stopped) any.storage->stop();
  disk.kill();
}

// All that a server would have: empty when it is refused.
std::string what_is_served(SimDisk& disk) {
  AnyStorage any("sqlite", disk);
  if (!any.begin()) return {};
  auto contents = any.storage->contents();
  if (!contents || contents->snapshots.empty()) return {};
  std::string all;
  for (const auto& epoch : {contents->epochs.accepted, contents->epochs.current})
    all += std::to_string(epoch.value_or(-1)) + " ";
  auto snapshot = read_snapshot(*any.storage, contents->snapshots.front());
  // The kernel looks at the seals.
  if (!snapshot || *snapshot != tree_snapshot(Zxid{20})) return {};
  auto reading = read_all(*any.storage, contents->snapshots.front().next());
  if (reading.error) return {};
  for (size_t i = 0; i < reading.zxids.size(); ++i)
    all += std::to_string(reading.zxids[i].value) + reading.bodies[i];
  return all;
}

// Turns bits of a file, one at a time, and demands the truth or a refusal. Every `step`-th bit.
void flip_everywhere(SimDisk& disk, const std::string& path, uint64_t step) {
  const std::string truth = what_is_served(*disk.clone());
  REQUIRE_FALSE(truth.empty());
  const uint64_t bits = disk.content(path).size() * 8;
  uint64_t refused = 0, served = 0;
  for (uint64_t bit = 0; bit < bits; bit += step) {
    auto copy = disk.clone();
    copy->flip_bit(path, bit / 8, static_cast<int>(bit % 8));
    const std::string found = what_is_served(*copy);
    INFO("bit " << bit << " of " << path);
    REQUIRE((found.empty() || found == truth));
    ++(found.empty() ? refused : served);
  }
  CHECK(refused > 0);
  CHECK(refused + served > 1000);
}

TEST_CASE("SqliteStorage: a flipped bit of the database is refused or harmless", "[storage]") {
  SimDisk disk;
  build(disk, true);
  flip_everywhere(disk, "/d/data.db", 97);
}

TEST_CASE("SqliteStorage: a flipped bit of the write-ahead log is refused or harmless",
          "[storage]") {
  SimDisk disk;
  build(disk, false);
  flip_everywhere(disk, "/d/data.db-wal", 149);
}

TEST_CASE("SqliteStorage: a write-ahead log that is gone or cut is noticed", "[storage]") {
  SimDisk disk;
  build(disk, false);
  SECTION("gone") {
    REQUIRE(disk.remove("/d/data.db-wal"));
  }
  SECTION("cut") {
    auto file = disk.open("/d/data.db-wal", FileSystem::Mode::kReadWrite);
    REQUIRE(file);
    REQUIRE((*file)->resize(disk.content("/d/data.db-wal").size() - 2000));
  }
  SECTION("and the database with it") {
    REQUIRE(disk.remove("/d/data.db-wal"));
    REQUIRE(disk.remove("/d/data.db"));
  }
  AnyStorage any("sqlite", disk);
  const auto begun = any.begin();
  const auto last = begun ? recover_any(*any.storage) : Result<Zxid>(begun.error());
  REQUIRE_FALSE(last);
  CHECK(last.error().code == Errc::kCorrupt);
}

TEST_CASE("SqliteStorage: rows that are removed, changed or swapped are noticed", "[storage]") {
  SimDisk disk;
  build(disk, true);
  const char* const changes[] = {
      "DELETE FROM txn WHERE zxid = 25",
      "DELETE FROM txn WHERE zxid >= 29",
      "DELETE FROM txn WHERE zxid BETWEEN 16 AND 20",
      "UPDATE txn SET path = 'other' WHERE zxid = 22",
      "UPDATE txn SET time = time + 1 WHERE zxid = 22",
      "UPDATE txn SET zxid = 23 WHERE zxid = 22",
      "UPDATE snapshot SET zxid = 16",
      "UPDATE znode_row SET version = version + 1 WHERE path = '/n3'",
      "UPDATE znode_row SET data = NULL WHERE path = '/n4'",
      "DELETE FROM znode_row WHERE path = '/n7'",
      "UPDATE acl_row SET acl = 'world:anyone:r'",
      "DELETE FROM session_row WHERE session < 0",
      "UPDATE fact SET value = 9 WHERE name = 'current_epoch'",
      "UPDATE fact SET name = 'currently_epoch' WHERE name = 'current_epoch'",
  };
  const std::string truth = what_is_served(*disk.clone());
  REQUIRE_FALSE(truth.empty());
  for (const char* change : changes) {
    INFO(change);
    auto copy = disk.clone();
    {
      Vfs vfs(*copy);
      auto connection = Connection::open(vfs, "/d/data.db", true);
      REQUIRE(connection);
      REQUIRE((*connection)->execute(change));
    }
    CHECK(what_is_served(*copy).empty());
  }
}

TEST_CASE("SqliteStorage: a newer schema and a stranger's database are refused by name",
          "[storage]") {
  SimDisk disk;
  build(disk, true);
  const auto refused_after = [&disk](const char* change) {
    {
      Vfs vfs(disk);
      auto connection = Connection::open(vfs, "/d/data.db", true);
      REQUIRE((*connection)->execute(change));
    }
    AnyStorage any("sqlite", disk);
    const auto begun = any.begin();
    REQUIRE_FALSE(begun);
    return begun.error().message;
  };
  const std::string newer = refused_after("PRAGMA user_version = 99");
  CHECK(newer.find("/d/data.db") != std::string::npos);
  CHECK(newer.find("version 99") != std::string::npos);
  const std::string stranger = refused_after("PRAGMA application_id = 1");
  CHECK(stranger.find("not one of a zookernel server") != std::string::npos);
}

TEST_CASE("SqliteStorage: no empty database is begun beside Apache's files", "[storage]") {
  SimDisk disk;
  {
    AnyStorage file("file", disk);
    REQUIRE(file.begin());
    REQUIRE(recover_any(*file.storage));
  }
  disk.kill();
  AnyStorage any("sqlite", disk);
  const auto refused = any.begin();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("version-2") != std::string::npos);
  CHECK_FALSE(disk.exists("/d/data.db"));
}

TEST_CASE("FileStorage: no empty tree is begun beside a database", "[storage]") {
  SimDisk disk;
  build(disk, true);
  AnyStorage any("file", disk);
  const auto refused = any.begin();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("/d/data.db") != std::string::npos);
}

// On the real file system, where SQLite's own tool reads along.
struct RealDirectory {
  RealDirectory() {
    char path[] = "/tmp/zookernel-sqlite-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    directory = path;
  }
  ~RealDirectory() { std::filesystem::remove_all(directory); }
  // What `sqlite3 data.db SQL` prints.
  [[nodiscard]] std::string ask(const std::string& sql, const std::string& file = "data.db") const {
    const std::string command = "sqlite3 " + directory + "/" + file + " \"" + sql + "\" 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    char piece[4096];
    while (const size_t got = fread(piece, 1, sizeof piece, pipe)) text.append(piece, got);
    pclose(pipe);
    return text;
  }

  std::string directory;
  shell::PosixFileSystem files;
};

TEST_CASE("SqliteStorage: SQLite's own tool answers questions while the server writes",
          "[storage]") {
  RealDirectory real;
  AnyStorage any("sqlite", real.files, {{"dataDir", real.directory}});
  REQUIRE(any.begin());
  REQUIRE(recover_any(*any.storage));
  RandomTxns txns(1);
  std::vector<std::string> records;
  for (int64_t zxid = 1; zxid <= 200; ++zxid) {
    records.push_back(txns.next());
    REQUIRE(any.storage->append(std::vector{LogRecord{Zxid{zxid}, SharedBytes(records.back())}}));
    REQUIRE(any.storage->sync());
  }
  REQUIRE(write_tree(*any.storage, Zxid{100}, Zxid{200}));

  CHECK(real.ask("SELECT count(*), max(zxid) FROM txn") == "200|200\n");
  CHECK(real.ask("SELECT path FROM znode WHERE owner_kind = 'ttl' AND ttl = 60000 LIMIT 1") ==
        "/n3\n");
  CHECK(real.ask("SELECT path, data IS NULL, acl FROM znode LIMIT 2") ==
        "/|0|world:anyone:cdrwa\n/n0|0|digest:me:secret:cdrwa\nworld:anyone:r\n");
  CHECK(real.ask("SELECT timeout FROM session") == "30000\n40000\n");
  CHECK(real.ask("PRAGMA integrity_check") == "ok\n");
  CHECK(real.ask("SELECT count(*) FROM txn WHERE type = 'multi' AND path LIKE '/%'") != "0\n");

  // And the server goes on beside it.
  REQUIRE(any.storage->append(std::vector{LogRecord{Zxid{201}, SharedBytes(txns.next())}}));
  REQUIRE(any.storage->sync());
  const auto reading = read_all(*any.storage, Zxid{1});
  REQUIRE(reading.zxids.size() == 201);
  CHECK(std::equal(records.begin(), records.end(), reading.bodies.begin()));
}

TEST_CASE("SqliteStorage: a live copy by SQLite's backup is a database that a server starts on",
          "[storage]") {
  RealDirectory real;
  AnyStorage any("sqlite", real.files, {{"dataDir", real.directory}});
  REQUIRE(any.begin());
  REQUIRE(recover_any(*any.storage));
  REQUIRE(any.storage->append(make_records(Zxid{1}, 50)));
  REQUIRE(any.storage->sync());
  REQUIRE(write_tree(*any.storage, Zxid{40}, Zxid{50}));
  std::filesystem::create_directory(real.directory + "/copy");

  CHECK(real.ask(".backup " + real.directory + "/copy/data.db") == "");

  REQUIRE(any.storage->append(make_records(Zxid{51}, 1)));
  REQUIRE(any.storage->sync());
  AnyStorage copy("sqlite", real.files, {{"dataDir", real.directory + "/copy"}});
  REQUIRE(copy.begin());
  file_storage::Reading reading;
  const auto last = recover_any(*copy.storage, &reading);
  if (!last) FAIL(last.error().message);
  CHECK(last->value == 50);
  CHECK(copy.storage->contents()->snapshots == std::vector<Zxid>{Zxid{40}, Zxid{0}});
  REQUIRE(copy.storage->append(make_records(Zxid{51}, 3)));
  REQUIRE(copy.storage->sync());
}

}  // namespace
}  // namespace zookernel::test
