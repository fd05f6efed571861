#include "kernel/core/watch_table.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "tests/simulation/random.h"

using namespace zookernel;
using namespace zookernel::core;

namespace {

using Conns = std::vector<ConnId>;

constexpr ConnId kA{1}, kB{2}, kC{3};

// Znodes and a table that hears of each.
struct World {
  NodeTable nodes;
  WatchTable table{nodes};

  WatchPlace at(Bytes path) const { return {path, nodes.find(path)}; }
  // Who is told of a creation.
  Conns create(const std::string& path) {
    const size_t slash = path.rfind('/');
    const NodeId parent = nodes.find(path.substr(0, slash));
    const NodeId id = nodes.create(parent, path.substr(slash + 1));
    table.node_created(path, id);
    return take(id, parent, WatchList::kData);
  }
  // Who is told of a deletion; first those who watch the data.
  Conns erase(const std::string& path) {
    const NodeId id = nodes.find(path);
    const NodeId parent = nodes.node(id).parent;
    nodes.erase(id);
    Conns fired = take(id, parent, WatchList::kData);
    table.take({id, parent}, WatchList::kChild, WatchTable::Told::kAsBefore, fired);
    table.node_deleted(path, id);
    return fired;
  }
  Conns change(const std::string& path, WatchList list = WatchList::kData) {
    const NodeId id = nodes.find(path);
    return take(id, nodes.node(id).parent, list);
  }
  Conns take(NodeId id, NodeId parent, WatchList list) {
    Conns fired;
    table.take({id, parent}, list, WatchTable::Told::kNobody, fired);
    return fired;
  }
};

}  // namespace

TEST_CASE("WatchTable: a one-shot watch fires once and is gone", "[core][watch]") {
  World world;
  world.create("/a");
  world.table.add(kA, world.at("/a"), WatchList::kData, kOneShot);

  CHECK(world.change("/a") == Conns{kA});
  CHECK(world.change("/a").empty());
  CHECK(world.table.totals(WatchList::kData).watches == 0);
}

TEST_CASE("WatchTable: a persistent watch stays when the one-shot one beside it is used up",
          "[core][watch]") {
  World world;
  world.create("/a");
  world.table.add(kA, world.at("/a"), WatchList::kData, kPersistent);
  world.table.add(kA, world.at("/a"), WatchList::kData, kOneShot);
  CHECK(world.table.totals(WatchList::kData).watches == 1);

  CHECK(world.change("/a") == Conns{kA});

  CHECK(world.table.has(kA, world.at("/a"), WatchList::kData, kPersistent));
  CHECK_FALSE(world.table.has(kA, world.at("/a"), WatchList::kData, kOneShot));
  CHECK(world.change("/a") == Conns{kA});
}

TEST_CASE("WatchTable: watchers are told in the order in which they came", "[core][watch]") {
  World world;
  world.create("/a");
  for (const ConnId conn : {kC, kA, kB})
    world.table.add(conn, world.at("/a"), WatchList::kData, kOneShot);
  world.table.add(kC, world.at("/a"), WatchList::kData, kOneShot);  // keeps its place

  CHECK(world.change("/a") == Conns{kC, kA, kB});
}

TEST_CASE("WatchTable: a recursive watch sees what is below it, each change once",
          "[core][watch]") {
  World world;
  world.create("/a");
  world.table.add(kA, world.at("/"), WatchList::kData, kRecursive);
  world.table.add(kA, world.at("/a"), WatchList::kData, kRecursive);
  world.table.add(kB, world.at("/a"), WatchList::kData, kPersistent);
  world.table.add(kC, world.at("/a/b/c"), WatchList::kData, kOneShot);

  CHECK(world.create("/a/b") == Conns{kA});
  CHECK(world.create("/a/b/c") == Conns{kC, kA});
  CHECK(world.change("/a/b/c") == Conns{kA});
  CHECK(world.change("/a") == Conns{kA, kB});
  CHECK(world.change("/a", WatchList::kChild).empty());
  CHECK(world.erase("/a/b/c") == Conns{kA});

  CHECK(world.table.remove(kA, world.at("/"), WatchList::kData, kRecursive));
  CHECK(world.change("/a/b") == Conns{kA});
  CHECK(world.table.remove(kA, world.at("/a"), WatchList::kData, kRecursive));
  CHECK(world.change("/a/b").empty());
}

TEST_CASE("WatchTable: who watches data and children of what is deleted is told once",
          "[core][watch]") {
  World world;
  world.create("/a");
  world.table.add(kA, world.at("/a"), WatchList::kData, kOneShot);
  world.table.add(kB, world.at("/a"), WatchList::kChild, kOneShot);
  world.table.add(kA, world.at("/a"), WatchList::kChild, kOneShot);

  CHECK(world.erase("/a") == Conns{kA, kB});

  CHECK(world.table.totals(WatchList::kData).watches == 0);
  CHECK(world.table.totals(WatchList::kChild).watches == 0);
}

TEST_CASE("WatchTable: how many watch is told with those who were told before", "[core][watch]") {
  World world;
  world.create("/a");
  const WatchTable::Event event{world.nodes.find("/a"), kRoot};
  world.table.add(kA, world.at("/a"), WatchList::kData, kRecursive);
  world.table.add(kA, world.at("/"), WatchList::kData, kRecursive);
  world.table.add(kA, world.at("/a"), WatchList::kChild, kOneShot);
  Conns fired;

  CHECK(world.table.take(event, WatchList::kData, WatchTable::Told::kNobody, fired) == 1);
  CHECK(world.table.take(event, WatchList::kChild, WatchTable::Told::kAsBefore, fired) == 1);
  CHECK(fired == Conns{kA});
}

TEST_CASE("WatchTable: a watch on a path without a znode fires when one is created",
          "[core][watch]") {
  World world;
  world.table.add(kA, world.at("/a"), WatchList::kData, kOneShot);
  world.table.add(kB, world.at("/a"), WatchList::kData, kPersistent);

  CHECK(world.create("/a") == Conns{kA, kB});
  CHECK(world.erase("/a") == Conns{kB});
  CHECK(world.create("/a") == Conns{kB});
}

TEST_CASE("WatchTable: the watches of a deleted znode are not those of one that gets its id",
          "[core][watch]") {
  World world;
  world.create("/a");
  world.table.add(kA, world.at("/a"), WatchList::kData, kPersistent);
  world.table.add(kA, world.at("/a"), WatchList::kChild, kPersistent);
  const NodeId id = world.nodes.find("/a");
  CHECK(world.erase("/a") == Conns{kA});

  CHECK(world.create("/b").empty());

  REQUIRE(world.nodes.find("/b") == id);
  CHECK(world.change("/b").empty());
  CHECK(world.table.has(kA, world.at("/a"), WatchList::kChild, kPersistent));
  CHECK_FALSE(world.table.has(kA, world.at("/b"), WatchList::kChild, kPersistent));
  CHECK(world.create("/a") == Conns{kA});
}

TEST_CASE("WatchTable: only the kind that is meant is removed, and only of this connection",
          "[core][watch]") {
  World world;
  world.create("/a");
  for (const ConnId conn : {kA, kB}) {
    world.table.add(conn, world.at("/a"), WatchList::kData, kOneShot);
    world.table.add(conn, world.at("/a"), WatchList::kData, kPersistent);
  }

  CHECK(world.table.remove(kA, world.at("/a"), WatchList::kData, kPersistent));
  CHECK_FALSE(world.table.remove(kA, world.at("/a"), WatchList::kData, kPersistent));
  CHECK_FALSE(world.table.remove(kC, world.at("/a"), WatchList::kData, kAnyKind));
  CHECK_FALSE(world.table.remove(kA, world.at("/nowhere"), WatchList::kData, kAnyKind));

  CHECK(world.table.has(kA, world.at("/a"), WatchList::kData, kOneShot));
  CHECK(world.change("/a") == Conns{kA, kB});
  CHECK(world.change("/a") == Conns{kB});
}

TEST_CASE("WatchTable: watches go with their connection, those of others stay", "[core][watch]") {
  World world;
  world.create("/a");
  for (const ConnId conn : {kA, kB, kC}) {
    world.table.add(conn, world.at("/a"), WatchList::kData, kOneShot);
    world.table.add(conn, world.at("/a"), WatchList::kChild, kPersistent);
    world.table.add(conn, world.at("/missing"), WatchList::kData, kOneShot);
  }
  world.table.remove_connection(kB);

  CHECK(world.table.totals(WatchList::kData).connections == 2);
  CHECK(world.table.totals(WatchList::kData).paths == 2);
  CHECK(world.table.totals(WatchList::kData).watches == 4);
  CHECK(world.create("/missing") == Conns{kA, kC});
  CHECK(world.change("/a") == Conns{kA, kC});
  CHECK(world.change("/a", WatchList::kChild) == Conns{kA, kC});
}

TEST_CASE("WatchTable: the empty path and the null path are not the root", "[core][watch]") {
  World world;
  world.table.add(kA, {"", kNoNode}, WatchList::kData, kPersistent);
  world.table.add(kA, {WatchTable::kNullPath, kNoNode}, WatchList::kData, kRecursive);

  CHECK(world.change("/").empty());
  CHECK(world.create("/a").empty());
  CHECK(world.table.has(kA, {"", kNoNode}, WatchList::kData, kPersistent));
  CHECK(world.table.has(kA, {WatchTable::kNullPath, kNoNode}, WatchList::kData, kRecursive));
}

TEST_CASE("WatchTable: a listing in pieces passes each path once, grouped", "[core][watch]") {
  World world;
  std::multiset<std::pair<std::string, uint64_t>> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string path = "/n" + std::to_string(i);
    if (i % 3 != 0) world.create(path);
    for (uint64_t conn = 1; conn <= static_cast<uint64_t>(i % 4); ++conn) {
      world.table.add(ConnId{conn}, world.at(path), WatchList::kData, kOneShot);
      expected.emplace(path, conn);
    }
  }

  std::multiset<std::pair<std::string, uint64_t>> seen;
  std::vector<std::string> paths;
  WatchTable::Position at;
  while (!at.end) {
    size_t rows = 0;
    world.table.visit_data(at, 7, [&](Bytes path, ConnId conn) {
      seen.emplace(std::string(path), conn.value);
      if (paths.empty() || paths.back() != path) paths.emplace_back(path);
      ++rows;
    });
    CHECK(rows < 7 + 4);
  }

  CHECK(seen == expected);
  std::sort(paths.begin(), paths.end());
  CHECK(std::adjacent_find(paths.begin(), paths.end()) == paths.end());
}

TEST_CASE("WatchTable: a million one-shot watches on a million znodes take 40 bytes each at most",
          "[core][watch][memory]") {
  World world;
  constexpr size_t kCount = 1000000;
  const NodeId parent = world.nodes.create(kRoot, "p");
  const size_t before = world.table.memory_bytes();

  for (size_t i = 0; i < kCount; ++i) {
    const NodeId id = world.nodes.create(parent, "n" + std::to_string(i));
    world.table.add(ConnId{1 + i % 10000}, {{}, id}, WatchList::kData, kOneShot);
  }

  CHECK(world.table.totals(WatchList::kData).watches == kCount);
  CHECK(world.table.memory_bytes() - before <= 40 * kCount);
}

// The plainest table that could be, for comparison.
namespace {

struct Model {
  struct Entry {
    ConnId conn;
    WatchKinds kinds;
  };
  std::map<std::string, std::vector<Entry>> lists[2];

  Entry* find(int list, const std::string& path, ConnId conn) {
    for (Entry& entry : lists[list][path]) {
      if (entry.conn == conn) return &entry;
    }
    return nullptr;
  }
  void add(int list, const std::string& path, ConnId conn, WatchKinds kinds) {
    if (Entry* entry = find(list, path, conn)) {
      entry->kinds |= kinds;
    } else {
      lists[list][path].push_back({conn, kinds});
    }
  }
  bool remove(int list, const std::string& path, ConnId conn, WatchKinds kinds) {
    Entry* entry = find(list, path, conn);
    if (entry == nullptr || (entry->kinds & kinds) == 0) return false;
    entry->kinds &= ~kinds;
    drop(lists[list][path]);
    return true;
  }
  void remove_connection(ConnId conn) {
    for (auto& list : lists) {
      for (auto& [path, entries] : list)
        std::erase_if(entries, [&](const Entry& entry) { return entry.conn == conn; });
    }
  }
  void take(int list, const std::string& path, Conns& fired) {
    const auto tell = [&](ConnId conn) {
      if (std::find(fired.begin(), fired.end(), conn) == fired.end()) fired.push_back(conn);
    };
    for (Entry& entry : lists[list][path]) {
      tell(entry.conn);
      entry.kinds &= ~kOneShot;
    }
    drop(lists[list][path]);
    if (list == 1) return;
    for (std::string above = path; above != "/";) {
      above = above.substr(0, above.rfind('/'));
      if (above.empty()) above = "/";
      for (const Entry& entry : lists[list][above]) {
        if ((entry.kinds & kRecursive) != 0) tell(entry.conn);
      }
    }
  }
  size_t watches(int list) const {
    size_t sum = 0;
    for (const auto& [path, entries] : lists[list]) sum += entries.size();
    return sum;
  }
  static void drop(std::vector<Entry>& entries) {
    std::erase_if(entries, [](const Entry& entry) { return entry.kinds == 0; });
  }
};

}  // namespace

TEST_CASE("WatchTable: any history is that of a plain table", "[core][watch]") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    sim::Random random(seed);
    World world;
    Model model;
    // With few paths and many connections the rings get long.
    const uint64_t names = 2 + random.below(12), conns = 3 + random.below(60);
    const auto draw_path = [&] {
      std::string path = "/n" + std::to_string(random.below(names));
      if (random.chance(1, 2)) path += "/m" + std::to_string(random.below(names));
      return path;
    };
    for (int step = 0; step < 3000; ++step) {
      const std::string path = draw_path();
      const bool there = world.nodes.find(path) != kNoNode;
      const ConnId conn{1 + random.below(conns)};
      const auto list = random.chance(1, 2) ? WatchList::kData : WatchList::kChild;
      const int number = list == WatchList::kData ? 0 : 1;
      const WatchKinds most = list == WatchList::kData ? kAnyKind : kOneShot | kPersistent;
      const WatchKinds kinds = 1 + static_cast<WatchKinds>(random.below(most));
      const uint64_t what = random.below(100);
      if (what < 50) {
        world.table.add(conn, world.at(path), list, kinds);
        model.add(number, path, conn, kinds);
      } else if (what < 60) {
        REQUIRE(world.table.remove(conn, world.at(path), list, kinds) ==
                model.remove(number, path, conn, kinds));
      } else if (what < 62) {
        world.table.remove_connection(conn);
        model.remove_connection(conn);
      } else if (what < 80) {
        if (!there) continue;
        Conns due;
        model.take(number, path, due);
        REQUIRE(world.change(path, list) == due);
      } else if (there) {
        if (world.nodes.node(world.nodes.find(path)).child_count > 0) continue;
        Conns due;
        model.take(0, path, due);
        model.take(1, path, due);
        REQUIRE(world.erase(path) == due);
      } else if (world.nodes.find(path.substr(0, path.rfind('/'))) != kNoNode) {
        Conns due;
        model.take(0, path, due);
        REQUIRE(world.create(path) == due);
      }
      const Model::Entry* entry = model.find(number, path, conn);
      REQUIRE(world.table.has(conn, world.at(path), list, kinds) ==
              (entry != nullptr && (entry->kinds & kinds) != 0));
      REQUIRE(world.table.totals(list).watches == model.watches(number));
    }
    for (uint64_t conn = 1; conn <= conns; ++conn) world.table.remove_connection(ConnId{conn});
    CHECK(world.table.totals(WatchList::kData).watches == 0);
    CHECK(world.table.totals(WatchList::kData).paths == 0);
    CHECK(world.table.totals(WatchList::kData).connections == 0);
    CHECK(world.table.totals(WatchList::kChild).paths == 0);
  }
}
