#include <catch2/catch_test_macros.hpp>

#include "kernel/core/data_tree.h"
#include "tests/support/txn_builder.h"

using namespace zookernel;
using namespace zookernel::core;
using namespace zookernel::test;
using wire::ErrorCode;

namespace {

struct World {
  DataTree tree{TreeOptions{true, true, 0}};
  Applied applied;
  int64_t zxid = 0;

  ErrorCode apply(const Body& body, int64_t session = 0) {
    ++zxid;
    const Status status = tree.apply(record({zxid, 1000 + zxid, session}, body), nullptr, applied);
    if (!status.ok()) FAIL(status.error().message);
    return applied.error;
  }
  void make_all(std::initializer_list<const char*> paths) {
    for (const char* path : paths) REQUIRE(apply(create(path, "1234")) == ErrorCode::kOk);
  }
  // As zkCli does it.
  void set_quota(const std::string& path, const std::string& limits = "count=10,bytes=100") {
    std::string at = "/zookeeper/quota";
    for (size_t from = 1; from < path.size();) {
      const size_t slash = std::min(path.find('/', from), path.size());
      at += "/" + path.substr(from, slash - from);
      if (tree.nodes().find(at) == kNoNode) REQUIRE(apply(create(at)) == ErrorCode::kOk);
      from = slash + 1;
    }
    REQUIRE(apply(create(at + "/zookeeper_limits", limits)) == ErrorCode::kOk);
    REQUIRE(apply(create(at + "/zookeeper_stats", "whatever")) == ErrorCode::kOk);
  }
  std::string usage(const std::string& path) {
    const NodeId id = tree.nodes().find("/zookeeper/quota" + path + "/zookeeper_stats");
    REQUIRE(id != kNoNode);
    return std::string(tree.nodes().data(id));
  }
};

}  // namespace

TEST_CASE("Quota: usage is counted at its creation and kept from then on", "[core][tree][quota]") {
  World world;
  world.make_all({"/a", "/a/b", "/a/c", "/ab"});
  world.set_quota("/a");
  CHECK(world.usage("/a") == "count=3,bytes=12");

  world.apply(create("/a/d", "123456"));
  CHECK(world.usage("/a") == "count=4,bytes=18");
  world.apply(set_data("/a/d", "1", 1));
  CHECK(world.usage("/a") == "count=4,bytes=13");
  world.apply(set_data("/a", std::nullopt, 1));
  CHECK(world.usage("/a") == "count=4,bytes=9");
  world.apply(erase("/a/d"));
  CHECK(world.usage("/a") == "count=3,bytes=8");
  world.apply(create(Create{"/a/e", "e", world_acl(), true, -1}), 77);
  world.apply(close_session({"/a/e"}), 77);
  CHECK(world.usage("/a") == "count=3,bytes=8");
  world.apply(create("/ab/x", "123456"));
  CHECK(world.usage("/a") == "count=3,bytes=8");
}

TEST_CASE("Quota: keeping usage does not show in stat, digest or version", "[core][tree][quota]") {
  World world;
  world.make_all({"/a"});
  world.set_quota("/a");
  const NodeId id = world.tree.nodes().find("/zookeeper/quota/a/zookeeper_stats");
  wire::Stat before = world.tree.client_stat(id);
  world.apply(create("/a/b", "0123456789"));

  wire::Stat after = world.tree.client_stat(id);
  CHECK(after.data_length == before.data_length + 1);
  after.data_length = before.data_length;
  CHECK(after == before);

  DataTree without(TreeOptions{});
  Applied applied;
  World replica;
  for (const char* path : {"/a"}) replica.apply(create(path, "1234"));
  replica.zxid = world.zxid - 1;
  replica.apply(create("/a/b", "0123456789"));
  CHECK(replica.tree.digest() == world.tree.digest());
}

TEST_CASE("Quota: only the deepest quota counts", "[core][tree][quota]") {
  World world;
  world.make_all({"/a", "/a/b"});
  world.set_quota("/a");
  world.set_quota("/a/b");
  CHECK(world.usage("/a") == "count=2,bytes=8");

  world.apply(create("/a/b/c", "x"));

  CHECK(world.usage("/a") == "count=2,bytes=8");
  CHECK(world.usage("/a/b") == "count=2,bytes=5");
  const std::optional<QuotaState> state = world.tree.quota_of("/a/b/c/d");
  REQUIRE(state);
  CHECK(state->path == "/a/b");
  REQUIRE(state->limits);
  CHECK(state->limits->bytes == 100);
  CHECK(state->usage.count == 2);
  CHECK_FALSE(world.tree.quota_of("/b"));
}

TEST_CASE("Quota: without its limits a path is not counted any more", "[core][tree][quota]") {
  World world;
  world.make_all({"/a"});
  world.set_quota("/a");
  world.apply(erase("/zookeeper/quota/a/zookeeper_limits"));
  world.apply(create("/a/b", "x"));

  CHECK(world.usage("/a") == "count=1,bytes=4");
}

TEST_CASE("Quota: a usage that cannot be read counts from 0", "[core][tree][quota]") {
  World world;
  world.make_all({"/a"});
  world.set_quota("/a");
  for (const std::optional<std::string>& text :
       {std::optional<std::string>("rubbish"), std::optional<std::string>()}) {
    world.apply(set_data("/zookeeper/quota/a/zookeeper_stats", text, 1));
    world.apply(create("/a/b", "xy"));
    CHECK(world.usage("/a") == "count=1,bytes=2");
    world.apply(erase("/a/b"));
  }
  world.apply(
      set_data("/zookeeper/quota/a/zookeeper_stats", "count=9223372036854775807,bytes=1=;x=5", 1));
  world.apply(create("/a/b", "xy"));
  CHECK(world.usage("/a") == "count=-9223372036854775808,bytes=3=;x=5");
}

TEST_CASE("Quota: the root can have none, and the names mean nothing elsewhere",
          "[core][tree][quota]") {
  World world;
  CHECK(world.apply(create("/zookeeper/quota/zookeeper_limits", "count=1")) == ErrorCode::kOk);
  CHECK(world.apply(create("/zookeeper/quota/zookeeper_stats", "mine")) == ErrorCode::kOk);
  CHECK(world.apply(create("/zookeeper/zookeeper_limits", "count=1")) == ErrorCode::kOk);
  CHECK(world.apply(create("/zookeeper_limits", "count=1")) == ErrorCode::kOk);
  CHECK_FALSE(world.tree.quota_of("/zookeeper_limits"));
  CHECK(world.tree.nodes().data(world.tree.nodes().find("/zookeeper/quota/zookeeper_stats")) ==
        "mine");
  CHECK(world.apply(erase("/zookeeper/zookeeper_limits")) == ErrorCode::kOk);
  CHECK(world.apply(erase("/zookeeper/quota/zookeeper_limits")) == ErrorCode::kOk);
  CHECK(world.apply(erase("/zookeeper_limits")) == ErrorCode::kOk);
}

TEST_CASE("Quota: limits without a usage znode, or for a path that is not there, do no harm",
          "[core][tree][quota]") {
  World world;
  world.make_all({"/a"});
  world.apply(create("/zookeeper/quota/a"));
  world.apply(create("/zookeeper/quota/a/zookeeper_limits", "garbage"));
  CHECK(world.apply(create("/a/b")) == ErrorCode::kOk);
  const std::optional<QuotaState> state = world.tree.quota_of("/a/b");
  REQUIRE(state);
  CHECK_FALSE(state->limits);
  world.set_quota("/gone");
  CHECK(world.usage("/gone") == "count=0,bytes=0");
}
