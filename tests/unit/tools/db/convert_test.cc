// Data carried between directories of both storages and archives: nothing changes on the way.
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tests/unit/tools/db/data_directory.h"
#include "tools/db/commands.h"
#include "tools/db/diff.h"
#include "tools/db/exit_code.h"
#include "tools/db/stored_data.h"
#include "tools/db/transfer/transfer.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

const Places kDatabase{"/db", "/db", StorageKind::kSqlite};
const Places kBack{"/back/version-2", "/back/version-2"};

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran run(FileSystem& files, const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  Session session{files, in, out, err};
  Ran ran;
  ran.code = run_command(arguments, session);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

// All that is carried, as bytes.
std::string everything(FileSystem& files, const Places& places) {
  auto origin = open_directory(files, places);
  if (!origin) FAIL(origin.error().message);
  const Epochs epochs = (*origin)->epochs();
  std::string all = std::to_string((*origin)->snapshot_name().value) + " " +
                    std::to_string(epochs.accepted.value_or(-1)) + " " +
                    std::to_string(epochs.current.value_or(-1)) + "\n";
  char piece[4096];
  for (;;) {
    auto got = (*origin)->snapshot().read(piece, sizeof piece);
    REQUIRE(got.ok());
    if (*got == 0) break;
    all.append(piece, *got);
  }
  for (;;) {
    auto record = (*origin)->transactions().next();
    REQUIRE(record.ok());
    if (!*record) return all;
    all += std::to_string((*record)->zxid.value) + ":" + std::string((*record)->body) + "\n";
  }
}

std::string differences(FileSystem& files, const Places& other) {
  auto left = load_database(files, kPlaces, false);
  auto right = load_database(files, other, false);
  if (!left) FAIL(left.error().message);
  if (!right) FAIL(right.error().message);
  CHECK(left->tree->digest() == right->tree->digest());
  CHECK(left->sessions == right->sessions);
  CHECK(left->tree->last_zxid() == right->tree->last_zxid());
  std::ostringstream out;
  diff(*left, *right, false, out);
  return out.str();
}

std::vector<std::string> names(FileSystem& files, const std::string& directory) {
  auto listed = files.list(directory);
  return listed ? *listed : std::vector<std::string>{};
}

void make_durable(sim::SimDisk& disk) {
  for (const std::string& path : disk.paths()) {
    auto file = disk.open(path, FileSystem::Mode::kReadWrite);
    REQUIRE(file.ok());
    REQUIRE((*file)->sync().ok());
    REQUIRE(disk.sync_directory(parent_of(path)).ok());
  }
}

}  // namespace

TEST_CASE("convert: file, archive, sqlite and file again is the same, to the byte", "[tools][db]") {
  for (const char* name :
       {"empty", "rich", "fuzzy", "gz", "snappy", "multisnap", "rollover", "log-duplicate-zxid",
        "made-by-3.5.10", "made-by-3.6.4", "snap-format-35", "snap-format-36", "ensemble-epochs-s2",
        "reconfig-member", "torn-then-restarted"}) {
    INFO(name);
    auto disk = disk_of_fixture(name);
    const std::string before = everything(*disk, kPlaces);

    const Ran packed = run(*disk, {"convert", "--to", "archive", "/data", "/one.zka"});
    INFO(packed.err);
    REQUIRE(packed.code == kExitGood);
    const Ran into = run(*disk, {"convert", "--to", "sqlite", "/one.zka", "/db"});
    INFO(into.err);
    REQUIRE(into.code == kExitGood);
    const Ran back = run(*disk, {"convert", "--to", "file", "/db", "/back"});
    INFO(back.err);
    REQUIRE(back.code == kExitGood);

    CHECK(everything(*disk, kDatabase) == before);
    CHECK(everything(*disk, kBack) == before);
    CHECK(differences(*disk, kDatabase).empty());
    CHECK(differences(*disk, kBack).empty());
    CHECK(everything(*disk, kPlaces) == before);
    // The other ways round.
    REQUIRE(run(*disk, {"convert", "--to", "sqlite", "/data", "/db2"}).code == kExitGood);
    REQUIRE(run(*disk, {"convert", "--to", "archive", "/db2", "/two.zka"}).code == kExitGood);
    CHECK(read_file(*disk, "/one.zka") == read_file(*disk, "/two.zka"));
    REQUIRE(run(*disk, {"import", "/two.zka", "/back2"}).code == kExitGood);
    CHECK(names(*disk, "/back2/version-2") == names(*disk, "/back/version-2"));
    // What says so itself.
    CHECK(run(*disk, {"verify", "/db"}).code == kExitGood);
    CHECK(run(*disk, {"verify", "/back"}).code == kExitGood);
  }
}

TEST_CASE("convert: a server goes on where the old one ended", "[tools][db]") {
  auto disk = disk_of_fixture("rich");
  REQUIRE(run(*disk, {"convert", "--to", "sqlite", "/data", "/db"}).code == kExitGood);
  auto loaded = load_database(*disk, kDatabase, false);
  REQUIRE(loaded.ok());
  const Zxid last = loaded->tree->last_zxid();
  {
    auto stored = StoredData::read(*disk, kDatabase, StoredData::Lock::kAlways);
    REQUIRE(stored.ok());
    Storage& storage = (*stored)->storage();
    REQUIRE(storage.recovered(last).ok());
    auto log = storage.read_log(loaded->snapshot->next());
    REQUIRE(log.ok());
    std::string body;
    for (;;) {
      auto record = (*log)->next();
      REQUIRE(record.ok());
      if (!*record) break;
      body = (*record)->body;
    }
    REQUIRE_FALSE(body.empty());
    log->reset();
    store_be64(body.data() + 12, static_cast<uint64_t>(last.value + 1));  // zxid of its header
    const LogRecord next{last.next(), SharedBytes(body)};
    REQUIRE(storage.append({&next, 1}).ok());
    REQUIRE(storage.sync().ok());
  }
  REQUIRE(run(*disk, {"convert", "--to", "file", "/db", "/back"}).code == kExitGood);
  const std::string all = everything(*disk, kBack);
  CHECK(all.find("\n" + std::to_string(last.value + 1) + ":") != std::string::npos);
}

TEST_CASE("convert: nothing is overwritten", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  const std::string before = everything(*disk, kPlaces);
  REQUIRE(run(*disk, {"convert", "--to", "sqlite", "/data", "/db"}).code == kExitGood);
  const std::string database = read_file(*disk, "/db/data.db");

  for (const char* form : {"file", "sqlite"}) {
    for (const char* to : {"/data", "/db"}) {
      for (const char* from : {"/data", "/db"}) {
        const Ran again = run(*disk, {"convert", "--to", form, from, to});
        INFO(form << " " << from << " " << to);
        CHECK(again.code == kExitTrouble);
        CHECK_FALSE(again.err.empty());
      }
    }
  }
  const Ran over = run(*disk, {"convert", "--to", "archive", "/data", "/db/data.db"});
  CHECK(over.code == kExitTrouble);
  CHECK(over.err.find("/db/data.db exists") != std::string::npos);

  CHECK(everything(*disk, kPlaces) == before);
  CHECK(read_file(*disk, "/db/data.db") == database);
}

TEST_CASE("convert: a directory in use is neither read nor written", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  REQUIRE(run(*disk, {"convert", "--to", "sqlite", "/data", "/db"}).code == kExitGood);
  REQUIRE(disk->make_directories("/new/version-2").ok());
  for (const char* directory : {"/data/version-2", "/db", "/new/version-2"}) {
    auto lock = disk->lock_directory(directory);
    REQUIRE(lock.ok());
    const bool target = std::string(directory).starts_with("/new");
    const std::string from = std::string(directory).starts_with("/db") ? "/db" : "/data";
    const Ran refused =
        run(*disk, {"convert", "--to", "file", target ? "/db" : from, target ? "/new" : "/other"});
    INFO(directory);
    CHECK(refused.code == kExitTrouble);
    CHECK(refused.err.find("another server") != std::string::npos);
    CHECK_FALSE(disk->exists("/other/version-2/snapshot.0"));
  }
}

TEST_CASE("convert: what a server would refuse is refused, and leaves nothing", "[tools][db]") {
  for (const char* name : {"corrupt-middle-payload", "log-zxid-gap", "snap-all-badcrc"}) {
    auto disk = disk_of_fixture(name);
    for (const char* form : {"file", "sqlite"}) {
      const Ran refused = run(*disk, {"convert", "--to", form, "/data", "/new"});
      INFO(name << " " << form << ": " << refused.err);
      CHECK(refused.code == kExitRefused);
      CHECK_FALSE(disk->exists("/new/data.db"));
      for (const std::string& left : names(*disk, "/new/version-2")) {
        CHECK_FALSE(left.starts_with("log."));
        CHECK_FALSE(left.starts_with("snapshot."));
      }
      CHECK(names(*disk, "/new/zookernel-db.unfinished/version-2").empty());
      // The same target can be used by the next attempt.
    }
    auto good = disk_of_fixture("multisnap");
    CHECK(run(*good, {"convert", "--to", "file", "/data", "/new"}).code == kExitGood);
  }
}

TEST_CASE("convert: a damaged newest snapshot is made up for by the logs", "[tools][db]") {
  auto disk = disk_of_fixture("snap-newest-badcrc");
  const Ran done = run(*disk, {"convert", "--to", "sqlite", "/data", "/db"});
  INFO(done.err);
  REQUIRE(done.code == kExitGood);
  CHECK(differences(*disk, kDatabase).empty());
}

TEST_CASE("convert: interrupted anywhere, the target is refused or whole", "[tools][db]") {
  for (const char* form : {"file", "sqlite"}) {
    auto whole = disk_of_fixture("multisnap");
    REQUIRE(run(*whole, {"convert", "--to", form, "/data", "/new"}).code == kExitGood);
    const bool sqlite = std::string(form) == "sqlite";
    const Places target = sqlite ? Places{"/new", "/new", StorageKind::kSqlite}
                                 : Places{"/new/version-2", "/new/version-2"};
    const std::string truth = everything(*whole, target);

    int refused = 0;
    sim::Random random(7);
    for (uint64_t changes = 1;; changes += 3) {
      auto disk = disk_of_fixture("multisnap");
      make_durable(*disk);
      disk->stop_after(changes);
      if (run(*disk, {"convert", "--to", form, "/data", "/new"}).code == kExitGood) break;
      disk->crash(random);
      INFO(form << ", change " << changes);
      const auto found = find_places(*disk, "/new", "");
      auto database = found ? load_database(*disk, *found, false) : Result<Database>(found.error());
      if (database && (database->snapshot || database->replayed != 0)) {
        REQUIRE(everything(*disk, target) == truth);
        continue;
      }
      ++refused;
      // It can be begun again; where files had got their names already, that is told.
      const Ran again = run(*disk, {"convert", "--to", form, "/data", "/new"});
      INFO(again.err);
      if (again.code == kExitGood) {
        REQUIRE(everything(*disk, target) == truth);
      } else {
        REQUIRE(again.err.find("is there already") != std::string::npos);
      }
    }
    CHECK(refused > 5);
  }
}
