#include "kernel/core/node_table.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <set>

using namespace zookernel;
using namespace zookernel::core;

namespace {

std::vector<std::string> preorder(const NodeTable& table) {
  std::vector<std::string> paths;
  for (NodeId id = kRoot; id != kNoNode; id = table.next_in_preorder(id))
    paths.push_back(table.path_of(id));
  return paths;
}

}  // namespace

TEST_CASE("NodeTable: the root has two names and is always there", "[core][tree]") {
  const NodeTable table;

  CHECK(table.find("") == kRoot);
  CHECK(table.find("/") == kRoot);
  CHECK(table.path_of(kRoot) == "/");
  CHECK(table.path_size(kRoot) == 1);
  CHECK(table.size() == 1);
  CHECK(table.data(kRoot).empty());
  CHECK_FALSE(table.data_is_null(kRoot));
}

TEST_CASE("NodeTable: a path finds its znode and nothing else does", "[core][tree]") {
  NodeTable table;
  const NodeId a = table.create(kRoot, "a", "data of a");
  const NodeId b = table.create(a, "b", {}, true);
  const NodeId bc = table.create(kRoot, "b");

  CHECK(table.find("/a") == a);
  CHECK(table.find("/a/b") == b);
  CHECK(table.find("/b") == bc);
  CHECK(table.find_child(a, "b") == b);
  CHECK(table.find_child(kRoot, "b") == bc);
  CHECK(table.path_of(b) == "/a/b");
  CHECK(table.data(a) == "data of a");
  CHECK(table.data_is_null(b));
  CHECK_FALSE(table.data_is_null(bc));
  for (const char* path :
       {"a", "/a/", "//a", "/a//b", "/c", "/a/b/c", "/a/a", "/A", "b", "/ab", "x/a/b", "/a/b/"}) {
    INFO(path);
    CHECK(table.find(path) == kNoNode);
  }
  CHECK(table.find_child(b, "a") == kNoNode);
}

TEST_CASE("NodeTable: names may be as long as a frame", "[core][tree]") {
  NodeTable table;
  const std::string name(1 << 20, 'n');
  const std::string data(1 << 20, 'd');

  const NodeId id = table.create(kRoot, name, data);
  const NodeId child = table.create(id, "c");

  CHECK(table.name(id) == name);
  CHECK(table.data(id) == data);
  CHECK(table.find("/" + name + "/c") == child);
  CHECK(table.path_of(child) == "/" + name + "/c");
}

TEST_CASE("NodeTable: data may change size in any direction", "[core][tree]") {
  NodeTable table;
  const NodeId id = table.create(kRoot, "name", "x");
  for (const size_t size : {0u, 1u, 19u, 20u, 21u, 1000u, 1001u, 5u, 100000u, 0u}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    table.set_data(id, data, false);
    CHECK(table.data(id) == data);
    CHECK(table.name(id) == "name");
  }
  table.set_data(id, {}, true);
  CHECK(table.data_is_null(id));
  table.set_data(kRoot, "root data", false);
  CHECK(table.data(kRoot) == "root data");
}

TEST_CASE("NodeTable: children are listed newest first, and their number is kept", "[core][tree]") {
  NodeTable table;
  const NodeId a = table.create(kRoot, "a");
  const NodeId x = table.create(a, "x");
  table.create(a, "y");
  table.create(x, "deep");
  table.create(kRoot, "b");

  CHECK(preorder(table) == std::vector<std::string>{"/", "/b", "/a", "/a/y", "/a/x", "/a/x/deep"});
  CHECK(table.node(a).child_count == 2);
  CHECK(table.next_in_preorder(x, a) == table.find("/a/x/deep"));
  CHECK(table.next_in_preorder(table.find("/a/x/deep"), a) == kNoNode);

  table.erase(table.find("/a/y"));
  CHECK(table.node(a).child_count == 1);
  CHECK(preorder(table) == std::vector<std::string>{"/", "/b", "/a", "/a/x", "/a/x/deep"});
}

TEST_CASE("NodeTable: an erased znode is gone and its id may come back", "[core][tree]") {
  NodeTable table;
  const NodeId a = table.create(kRoot, "a");
  table.erase(a);

  CHECK_FALSE(table.contains(a));
  CHECK(table.find("/a") == kNoNode);
  const NodeId b = table.create(kRoot, "b");
  CHECK(b == a);
  CHECK(table.contains(b));
  CHECK(table.node(b).child_count == 0);
}

TEST_CASE("NodeTable: it agrees with a map through many random changes", "[core][tree]") {
  for (const uint64_t seed : {0u, 1u, 7777u}) {
    NodeTable table(seed);
    std::map<std::string, std::string> model{{"/", ""}};
    std::mt19937_64 random(seed);
    for (int step = 0; step < 60000; ++step) {
      auto at = model.lower_bound("/" + std::to_string(random() % 3000));
      if (at == model.end()) at = model.begin();
      const NodeId id = table.find(at->first);
      REQUIRE(id != kNoNode);
      REQUIRE(table.path_of(id) == at->first);
      const uint64_t what = random() % 10;
      if (what < 6) {
        const std::string name = std::to_string(random() % 3000);
        const std::string path = (at->first == "/" ? "" : at->first) + "/" + name;
        if (std::count(path.begin(), path.end(), '/') > 12) continue;
        const std::string data(random() % 40, 'x');
        if (model.contains(path)) {
          REQUIRE(table.find(path) == table.find_child(id, name));
          REQUIRE(table.find(path) != kNoNode);
        } else {
          REQUIRE(table.find(path) == kNoNode);
          REQUIRE(table.find_child(id, name) == kNoNode);
          table.create(id, name, data);
          model[path] = data;
        }
      } else if (what < 9) {
        if (id == kRoot || table.node(id).child_count != 0) continue;
        table.erase(id);
        model.erase(at);
      } else {
        const std::string data(random() % 90, 'y');
        table.set_data(id, data, false);
        at->second = data;
      }
    }
    REQUIRE(table.size() == model.size());
    std::set<std::string> seen;
    for (NodeId id = kRoot; id != kNoNode; id = table.next_in_preorder(id)) {
      const std::string path = table.path_of(id);
      REQUIRE(seen.insert(path).second);
      REQUIRE(model.contains(path));
      REQUIRE(table.data(id) == model[path]);
    }
    REQUIRE(seen.size() == model.size());
    CHECK(table.memory_bytes() > 0);
    table.clear();
    CHECK(table.size() == 1);
    CHECK(preorder(table) == std::vector<std::string>{"/"});
  }
}

TEST_CASE("NodeTable: a cursor meets what was there, and steps over what goes", "[core][tree]") {
  NodeTable table;
  const NodeId a = table.create(kRoot, "a");
  const NodeId x = table.create(a, "x");
  const NodeId y = table.create(a, "y");
  const NodeId b = table.create(kRoot, "b");
  NodeTable::Cursor cursor(table);

  CHECK(cursor.at() == kRoot);
  cursor.advance();
  CHECK(cursor.at() == b);
  table.erase(b);
  CHECK(cursor.at() == a);
  cursor.advance();
  CHECK(cursor.at() == y);
  table.create(a, "newer than y");  // its parent was passed
  table.erase(y);
  CHECK(cursor.at() == x);
  table.create(x, "below x");  // x was not
  cursor.advance();
  CHECK(table.path_of(cursor.at()) == "/a/x/below x");
  table.erase(cursor.at());
  CHECK(cursor.at() == kNoNode);
}

TEST_CASE("NodeIndex: equal hashes without end are kept beside the segments", "[core][tree]") {
  NodeIndex index;
  constexpr uint32_t kSame = 0xabcdef01;
  constexpr NodeId kCount = 3000;

  for (NodeId id = 1; id <= kCount; ++id) index.insert(kSame, id);
  for (NodeId id = 1; id <= kCount; ++id) index.insert(id * 0x9e3779b9u, kCount + id);

  for (NodeId id = 1; id <= kCount; ++id) {
    CHECK(index.find(kSame, [&](NodeId found) { return found == id; }) == id);
    CHECK(index.find(id * 0x9e3779b9u, [&](NodeId found) { return found == kCount + id; }) ==
          kCount + id);
  }
  CHECK(index.memory_bytes() < 1 << 20);
  for (NodeId id = 1; id <= kCount; id += 2) index.erase(kSame, id);
  for (NodeId id = 1; id <= kCount; ++id) {
    CHECK(index.find(kSame, [&](NodeId found) { return found == id; }) ==
          (id % 2 == 0 ? id : kNoNode));
  }
}

TEST_CASE("NodeTable: descendants are those that a walk through the subtree meets",
          "[core][tree]") {
  NodeTable table;
  std::mt19937 random(7);
  std::vector<NodeId> all = {kRoot};
  const auto counted = [&table](NodeId top) {
    size_t count = 0;
    for (NodeId at = table.next_in_preorder(top, top); at != kNoNode;
         at = table.next_in_preorder(at, top))
      ++count;
    return count;
  };

  for (int round = 0; round < 2000; ++round) {
    const size_t at = random() % all.size();
    if (random() % 3 != 0) {
      all.push_back(table.create(all[at], "n" + std::to_string(round)));
    } else if (all[at] != kRoot && table.node(all[at]).child_count == 0) {
      table.erase(all[at]);
      all.erase(all.begin() + static_cast<ptrdiff_t>(at));
    }
    if (round % 50 != 0) continue;
    for (const NodeId id : all) REQUIRE(table.descendants(id) == counted(id));
  }
  table.clear();
  CHECK(table.descendants(kRoot) == 0);
}
