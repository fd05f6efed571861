#include <catch2/catch_test_macros.hpp>

#include "kernel/core/data_tree.h"
#include "kernel/core/digest.h"
#include "tests/support/txn_builder.h"

using namespace zookernel;
using namespace zookernel::core;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

class Recorder final : public TreeListener {
 public:
  explicit Recorder(const DataTree& tree) : tree_(tree) {}
  void on_created(const ChangedNode& node, const ChangedNode& parent) override {
    CHECK(tree_.nodes().find(node.path) == node.id);
    note("created", node, &parent);
  }
  void on_deleted(const ChangedNode& node, const ChangedNode& parent) override {
    CHECK_FALSE(tree_.nodes().contains(node.id));
    note("deleted", node, &parent);
  }
  void on_data_changed(const ChangedNode& node) override {
    CHECK(tree_.nodes().find(node.path) == node.id);
    note("changed", node, nullptr);
  }

  std::vector<std::string> events;

 private:
  void note(const char* what, const ChangedNode& node, const ChangedNode* parent) {
    std::string event =
        std::string(what) + " " + std::string(node.path) + " " + permissions(node.acl);
    if (parent != nullptr) {
      CHECK(tree_.nodes().find(parent->path) == parent->id);
      event += " under " + permissions(parent->acl);
    }
    events.push_back(event);
  }
  std::string permissions(AclId acl) const {
    const auto& list = tree_.acls().list(acl);
    return list.empty() ? "none" : std::to_string(list.front().permissions);
  }
  const DataTree& tree_;
};

// A tree whose transactions have the zxids 1, 2, 3, ... and the times 1001, 1002, ...
struct World {
  DataTree tree{TreeOptions{true, true, 0}};
  Recorder heard{tree};
  Applied applied;
  std::string bytes;  // the last record, from which `applied` borrows
  int64_t zxid = 0;

  const Applied& apply(const Body& body, int64_t session = 0) {
    ++zxid;
    return apply_at(zxid, body, session);
  }
  const Applied& apply_at(int64_t at, const Body& body, int64_t session = 0) {
    bytes = record({at, 1000 + at, session}, body);
    const Status status = tree.apply(bytes, &heard, applied);
    if (!status.ok()) FAIL(status.error().message);
    return applied;
  }
  const Node& node(const std::string& path) {
    const NodeId id = tree.nodes().find(path);
    REQUIRE(id != kNoNode);
    return tree.nodes().node(id);
  }
  wire::Stat stat(const std::string& path) { return tree.client_stat(tree.nodes().find(path)); }
  bool exists(const std::string& path) { return tree.nodes().find(path) != kNoNode; }
  std::string data(const std::string& path) {
    return std::string(tree.nodes().data(tree.nodes().find(path)));
  }

  // The digest and size that a fresh count gives.
  void check_sums() {
    uint64_t digest = 0;
    uint64_t size = 0;
    for (NodeId id = kRoot; id != kNoNode; id = tree.nodes().next_in_preorder(id)) {
      const std::string path = tree.nodes().path_of(id);
      const Node& n = tree.nodes().node(id);
      size += path.size() + n.data_size;
      if (!counts_for_digest(path)) continue;
      CHECK(n.crc_prefix == crc_prefix(path, tree.nodes().data(id)));
      digest += node_digest(n);
    }
    CHECK(tree.digest() == digest);
    CHECK(tree.approximate_data_size() == size);
  }
};

constexpr int64_t kSession = 0x100001234560000;

}  // namespace

TEST_CASE("DataTree: a fresh tree is Apache's", "[core][tree]") {
  World world;

  CHECK(world.tree.nodes().size() == 4);
  CHECK(world.tree.digest() == 0x51c6d660);
  CHECK(world.tree.approximate_data_size() == 44);
  CHECK(world.tree.last_zxid() == Zxid{0});
  CHECK(world.stat("/").cversion == -1);
  CHECK(world.stat("/").num_children == 1);
  CHECK(world.stat("/zookeeper").cversion == -2);
  CHECK(world.stat("/zookeeper/quota") == wire::Stat{});
  CHECK(world.stat("/zookeeper/config").aversion == -1);
  CHECK(world.tree.acls().list(world.node("/zookeeper/config").acl) ==
        std::vector<AclEntry>{{1, "world", "anyone"}});
  CHECK(world.node("/zookeeper").acl == kOpenAcl);
}

TEST_CASE("DataTree: a create makes the znode and changes its parent", "[core][tree]") {
  World world;
  const Applied& applied = world.apply(create(Create{"/a", "data", world_acl(5), false, 1}));

  REQUIRE(applied.ops.size() == 1);
  CHECK(applied.ops[0].type == Opcode::kCreate);
  CHECK(applied.ops[0].error == ErrorCode::kOk);
  CHECK(applied.ops[0].path == "/a");
  CHECK(applied.ops[0].has_stat);
  CHECK(applied.ops[0].stat == wire::Stat{1, 1, 1001, 1001, 0, 0, 0, 0, 4, 0, 1});
  CHECK(world.stat("/").cversion == 0);  // 2 * 1 create - 2 children
  CHECK(world.node("/").cversion == 1);
  CHECK(world.stat("/").pzxid == 1);
  CHECK(world.data("/a") == "data");
  CHECK(world.tree.last_zxid() == Zxid{1});
  CHECK(world.heard.events == std::vector<std::string>{"created /a 5 under 31"});
  world.check_sums();
}

TEST_CASE("DataTree: null data are not empty data", "[core][tree]") {
  World world;
  world.apply(create("/null", std::nullopt));
  world.apply(create("/empty", ""));

  CHECK(world.tree.nodes().data_is_null(world.tree.nodes().find("/null")));
  CHECK_FALSE(world.tree.nodes().data_is_null(world.tree.nodes().find("/empty")));
  world.apply(set_data("/empty", std::nullopt, 1));
  world.apply(set_data("/null", "", 1));
  CHECK(world.tree.nodes().data_is_null(world.tree.nodes().find("/empty")));
  CHECK_FALSE(world.tree.nodes().data_is_null(world.tree.nodes().find("/null")));
  world.check_sums();
}

TEST_CASE("DataTree: each kind of create stores its owner", "[core][tree]") {
  World world;
  world.apply(create(Create{"/e", "", world_acl(), true, 1}), kSession);
  world.apply(create(Create{"/e2", "", world_acl(), true, 2}, Opcode::kCreate2), kSession);
  world.apply(create_container("/c"));
  world.apply(create_ttl("/t", 5000));

  CHECK(world.node("/e").owner == kSession);
  CHECK(world.stat("/e").ephemeral_owner == kSession);
  CHECK(world.node("/c").owner == INT64_MIN);
  CHECK(world.stat("/c").ephemeral_owner == 0);
  CHECK(world.node("/t").owner == static_cast<int64_t>(0xff00000000001388ull));
  CHECK(world.stat("/t").ephemeral_owner == 0);
  CHECK(world.tree.ephemeral_count() == 2);
  CHECK(world.tree.ephemerals(SessionId{kSession}).size() == 2);
  CHECK(world.tree.sessions_with_ephemerals() == std::vector<SessionId>{SessionId{kSession}});
  CHECK(world.tree.containers().size() == 1);
  CHECK(world.tree.ttl_nodes().size() == 1);
  world.apply(erase("/c", Opcode::kDeleteContainer));
  world.apply(erase("/t", Opcode::kDeleteContainer));
  world.apply(erase("/e"));
  CHECK(world.tree.containers().empty());
  CHECK(world.tree.ttl_nodes().empty());
  CHECK(world.tree.ephemeral_count() == 1);
  world.check_sums();
}

TEST_CASE("DataTree: without extended types a TTL owner is a session like any other",
          "[core][tree]") {
  DataTree tree(TreeOptions{false, true, 0});
  Applied applied;
  REQUIRE(tree.apply(record({1, 1, 0}, create_ttl("/t", 5000)), nullptr, applied).ok());

  CHECK(applied.ops[0].stat.ephemeral_owner == static_cast<int64_t>(0xff00000000001388ull));
  CHECK(tree.ttl_nodes().empty());
  CHECK(tree.ephemeral_count() == 1);
}

TEST_CASE("DataTree: a TTL that Apache dies of is an error and no more", "[core][tree]") {
  World world;
  for (const int64_t ttl : {int64_t{-1}, int64_t{0}, wire::kTtlMax + 1, INT64_MIN}) {
    CHECK(world.apply(create_ttl("/t", ttl)).ops[0].error == ErrorCode::kBadArguments);
  }
  CHECK_FALSE(world.exists("/t"));
  CHECK(world.heard.events.empty());
}

TEST_CASE("DataTree: a create without a parent changes nothing but the zxid", "[core][tree]") {
  World world;
  const uint64_t digest = world.tree.digest();
  const Applied& applied = world.apply(create(Create{"/no/such", "", world_acl(3), false, 1}));

  CHECK(applied.ops[0].error == ErrorCode::kNoNode);
  CHECK(applied.error == ErrorCode::kNoNode);
  CHECK_FALSE(applied.ops[0].has_stat);
  CHECK(world.tree.digest() == digest);
  CHECK(world.tree.last_zxid() == Zxid{1});
  CHECK(world.tree.acls().size() == 1);  // /zookeeper/config's
}

TEST_CASE("DataTree: a create of what exists replaces the ACL and raises the parent, nothing else",
          "[core][tree]") {
  World world;
  world.apply(create(Create{"/a", "old", world_acl(31), false, 1}));
  world.apply(set_data("/a", "newer", 1));
  world.heard.events.clear();
  for (const Opcode type : {Opcode::kCreate, Opcode::kCreate2}) {
    const wire::Stat before = world.stat("/a");
    const int32_t cversion = world.node("/").cversion + 3;
    const Applied& applied =
        world.apply(create(Create{"/a", "other", world_acl(1), false, cversion}, type));

    CHECK(applied.ops[0].error == ErrorCode::kNodeExists);
    CHECK(world.stat("/a") == before);
    CHECK(world.data("/a") == "newer");
    CHECK(world.tree.acls().list(world.node("/a").acl).front().permissions == 1);
    CHECK(world.node("/").cversion == cversion);
    CHECK(world.node("/").pzxid == world.zxid);
  }
  world.apply(create(Create{"/a", "other", world_acl(1), false, 2}));
  CHECK(world.node("/").cversion == 7);
  CHECK(world.node("/").pzxid == 4);
  CHECK(world.heard.events.empty());
  world.check_sums();
}

TEST_CASE("DataTree: the parent's cversion is raised, never lowered, and its pzxid with it",
          "[core][tree]") {
  World world;
  world.apply(create(Create{"/a", "", world_acl(), false, 10}));
  world.apply(create(Create{"/b", "", world_acl(), false, 9}));
  CHECK(world.node("/").cversion == 10);
  CHECK(world.node("/").pzxid == 1);
  world.apply(create(Create{"/c", "", world_acl(), false, -1}));
  CHECK(world.node("/").cversion == 11);
  CHECK(world.node("/").pzxid == 3);
  world.apply(create(Create{"/d", "", world_acl(), false, INT32_MAX}));
  world.apply(create(Create{"/e", "", world_acl(), false, INT32_MIN}));
  world.apply(create(Create{"/f", "", world_acl(), false, -1}));
  CHECK(world.node("/").cversion == INT32_MAX);
  CHECK(world.node("/").pzxid == 4);
  CHECK(world.stat("/").num_children == 7);
  world.check_sums();
}

TEST_CASE("DataTree: a create of a release before 3.4 counts for itself", "[core][tree]") {
  World world;
  const Body old{Opcode::kCreate, wire::encoded(wire::CreateTxnV0{"/a", "x", world_acl(), true})};
  CHECK(world.apply(old, kSession).ops[0].error == ErrorCode::kOk);

  CHECK(world.node("/").cversion == 1);
  CHECK(world.node("/a").owner == kSession);
}

TEST_CASE("DataTree: a null ACL is the open one", "[core][tree]") {
  World world;
  Body body = create(Create{"/a", "", {}, false, 1});
  const size_t acl = 4 + 2 + 4;  // behind path and data
  body.bytes.replace(acl, 4, "\xff\xff\xff\xff");
  world.apply(body);

  CHECK(world.node("/a").acl == kOpenAcl);
}

TEST_CASE("DataTree: a delete takes the znode and touches the parent's pzxid only",
          "[core][tree]") {
  World world;
  world.apply(create(Create{"/a", "", world_acl(), false, 1}));
  world.apply(create(Create{"/a/b", "xyz", world_acl(7), false, 1}));
  world.heard.events.clear();
  const Applied& applied = world.apply(erase("/a/b"));

  CHECK(applied.ops[0].error == ErrorCode::kOk);
  CHECK_FALSE(world.exists("/a/b"));
  CHECK(world.node("/a").cversion == 1);
  CHECK(world.stat("/a").cversion == 2);
  CHECK(world.node("/a").pzxid == 3);
  CHECK(world.heard.events == std::vector<std::string>{"deleted /a/b 7 under 31"});
  CHECK(world.tree.acls().size() == 1);
  world.check_sums();
}

TEST_CASE("DataTree: a delete of what is gone raises the parent's pzxid all the same",
          "[core][tree]") {
  World world;
  world.apply(create("/a"));
  const Applied& applied = world.apply_at(5, erase("/a/b"));

  CHECK(applied.ops[0].error == ErrorCode::kNoNode);
  CHECK(world.node("/a").pzxid == 5);
  world.apply_at(4, erase("/a/b"));
  CHECK(world.node("/a").pzxid == 5);
  CHECK(world.apply_at(6, erase("/x/y")).ops[0].error == ErrorCode::kNoNode);
  CHECK(world.tree.last_zxid() == Zxid{6});
  world.check_sums();
}

TEST_CASE("DataTree: a delete on top of a fuzzy snapshot takes later children along",
          "[core][tree]") {
  World world;
  world.apply(create("/a", "1"));
  world.apply(create(Create{"/a/b", "22", world_acl(9), true, 1}), kSession);
  world.apply(create(Create{"/a/b/c", "333", world_acl(9), false, 1}));
  world.apply(create_container("/a/d"));
  world.heard.events.clear();
  world.apply(erase("/a"));

  CHECK(world.tree.nodes().size() == 4);
  CHECK(world.tree.ephemeral_count() == 0);
  CHECK(world.tree.containers().empty());
  CHECK(world.tree.acls().size() == 1);
  world.check_sums();
}

TEST_CASE("DataTree: the root cannot be deleted or made, whatever the log says", "[core][tree]") {
  World world;
  CHECK(world.apply(erase("/")).ops[0].error == ErrorCode::kBadArguments);
  CHECK(world.apply(erase("")).ops[0].error == ErrorCode::kBadArguments);
  CHECK(world.apply(close_session({"", "/", "nonsense"}), kSession).ops[0].error == ErrorCode::kOk);
  CHECK(world.tree.nodes().size() == 4);
}

TEST_CASE("DataTree: setData changes data, version, mzxid and mtime", "[core][tree]") {
  World world;
  world.apply(create("/a", "1"));
  world.heard.events.clear();
  const Applied& applied = world.apply(set_data("/a", std::string(5000, 'x'), 7));

  CHECK(applied.ops[0].stat == wire::Stat{1, 2, 1001, 1002, 7, 0, 0, 0, 5000, 0, 1});
  CHECK(world.data("/a").size() == 5000);
  CHECK(world.heard.events == std::vector<std::string>{"changed /a 31"});
  CHECK(world.apply(set_data("/b", "", 1)).ops[0].error == ErrorCode::kNoNode);
  world.check_sums();
}

TEST_CASE("DataTree: data of the root and of /zookeeper may be set", "[core][tree]") {
  World world;
  world.apply(set_data("/", "root", 1));
  world.apply(set_data("/zookeeper", "zk", 1));
  world.apply(set_data("/zookeeper/config", "server.1=...", -1, Opcode::kReconfig));

  CHECK(world.stat("/").version == 1);
  CHECK(world.stat("/zookeeper/config").version == -1);
  CHECK(world.heard.events == std::vector<std::string>{"changed / 31", "changed /zookeeper 31",
                                                       "changed /zookeeper/config 1"});
  world.check_sums();
}

TEST_CASE("DataTree: setACL changes the ACL and aversion, and nobody hears of it", "[core][tree]") {
  World world;
  world.apply(create("/a", "1"));
  world.heard.events.clear();
  const Applied& applied = world.apply(set_acl("/a", {{3, {"ip", "1.2.3.4"}}}, 4));

  CHECK(applied.ops[0].stat == wire::Stat{1, 1, 1001, 1001, 0, 0, 4, 0, 1, 0, 1});
  CHECK(world.tree.acls().list(world.node("/a").acl) ==
        std::vector<AclEntry>{{3, "ip", "1.2.3.4"}});
  CHECK(world.heard.events.empty());
  CHECK(world.apply(set_acl("/b", world_acl(), 1)).ops[0].error == ErrorCode::kNoNode);
  world.check_sums();
}

TEST_CASE("DataTree: a multi is applied in order under one zxid, and heard of part by part",
          "[core][tree]") {
  World world;
  const Applied& applied =
      world.apply(multi({create(Create{"/a", "1", world_acl(), false, 1}),
                         create(Create{"/a/b", "", world_acl(), true, 1}, Opcode::kCreate2),
                         set_data("/a", "22", 1), check("/a", 2), erase("/a/b"), erase("/a")}),
                  kSession);

  REQUIRE(applied.ops.size() == 6);
  CHECK(applied.error == ErrorCode::kOk);
  CHECK(applied.ops[1].stat.ephemeral_owner == kSession);
  CHECK(applied.ops[2].stat.num_children == 1);
  CHECK(applied.ops[3].type == Opcode::kCheck);
  CHECK_FALSE(applied.ops[3].has_stat);
  CHECK(world.tree.nodes().size() == 4);
  CHECK(world.heard.events == std::vector<std::string>{"created /a 31 under 31",
                                                       "created /a/b 31 under 31", "changed /a 31",
                                                       "deleted /a/b 31 under 31",
                                                       "deleted /a 31 under 31"});
  world.check_sums();
}

TEST_CASE("DataTree: a multi that failed changes nothing and reports its codes", "[core][tree]") {
  World world;
  const uint64_t digest = world.tree.digest();
  const Applied& applied =
      world.apply(multi({create("/a"), check("/a", 1), error(-103), error(-2), create("/b")}));

  REQUIRE(applied.ops.size() == 5);
  const std::vector<int32_t> codes{0, 0, -103, -2, -2};
  for (size_t i = 0; i < codes.size(); ++i) {
    CHECK(applied.ops[i].type == Opcode::kError);
    CHECK(static_cast<int32_t>(applied.ops[i].error) == codes[i]);
  }
  CHECK(applied.error == ErrorCode::kBadVersion);
  CHECK(world.tree.digest() == digest);
  CHECK(world.tree.last_zxid() == Zxid{1});
  CHECK(world.heard.events.empty());
}

TEST_CASE("DataTree: sessions are told of, and take their ephemerals along", "[core][tree]") {
  World world;
  const Applied& made = world.apply(create_session(30000), kSession);
  CHECK(made.session_created);
  CHECK(made.session_timeout_ms == 30000);
  CHECK(made.header.client_id == kSession);
  for (const char* path : {"/e1", "/e2", "/e3"})
    world.apply(create(Create{path, "", world_acl(), true, -1}), kSession);
  world.apply(create(Create{"/other", "", world_acl(), true, -1}), kSession + 1);
  world.heard.events.clear();

  const Applied& closed = world.apply(close_session({"/e2", "/not there"}), kSession);

  CHECK(closed.session_closed);
  CHECK_FALSE(closed.session_created);
  CHECK(closed.error == ErrorCode::kOk);
  REQUIRE(world.heard.events.size() == 3);
  CHECK(world.heard.events[0] == "deleted /e2 31 under 31");
  CHECK(world.tree.ephemeral_count() == 1);
  CHECK(world.exists("/other"));
  CHECK(world.stat("/").pzxid == world.zxid);
  world.check_sums();
}

TEST_CASE("DataTree: closeSession without a list (before 3.6) deletes what the session has",
          "[core][tree]") {
  World world;
  world.apply(create(Create{"/e1", "", world_acl(), true, -1}), kSession);
  world.apply(create(Create{"/e2", "", world_acl(), true, -1}), kSession);
  world.apply(Body{Opcode::kCloseSession, ""}, kSession);

  CHECK(world.tree.ephemeral_count() == 0);
  CHECK(world.tree.nodes().size() == 4);
  world.check_sums();
}

TEST_CASE("DataTree: an error transaction moves the zxid only", "[core][tree]") {
  World world;
  const uint64_t digest = world.tree.digest();
  const Applied& applied = world.apply(error(-101));

  CHECK(applied.ops.size() == 1);
  CHECK(applied.ops[0].type == Opcode::kError);
  CHECK(applied.error == ErrorCode::kNoNode);
  CHECK(world.tree.digest() == digest);
  CHECK(world.tree.last_zxid() == Zxid{1});
  world.apply_at(1, error(-5));  // Apache writes such pairs
  CHECK(world.tree.last_zxid() == Zxid{1});
}

TEST_CASE("DataTree: a record that cannot be understood is refused and changes nothing",
          "[core][tree]") {
  World world;
  world.apply(create("/a", "data"));
  const uint64_t digest = world.tree.digest();
  std::vector<std::string> bad{
      "",
      "short",
      record({2, 0, 0}, Body{static_cast<Opcode>(99), ""}),
      record({2, 0, 0}, Body{Opcode::kGetData, ""}),
      record({2, 0, 0}, create("no slash")),
      record({2, 0, 0}, create("/a/")),
      record({2, 0, 0}, create("/")),
      record({2, 0, 0}, create("")),
      record({2, 0, 0}, multi({create("/b"), Body{Opcode::kCloseSession, ""}})),
      record({2, 0, 0}, multi({create("/b"), multi({create("/c")})})),
      record({2, 0, 0}, multi({create("/b"), Body{Opcode::kSetData, "cut"}})),
      record({2, 0, 0}, multi({create("/b"), create("c")})),
  };
  const std::string whole =
      record({2, 0, 0}, create(Create{"/b", "some data", world_acl(), false, 2}));
  for (size_t size = 0; size < whole.size() - 4; ++size) bad.push_back(whole.substr(0, size));
  for (const std::string& bytes : bad) {
    const Status status = world.tree.apply(bytes, &world.heard, world.applied);
    INFO(bytes.size());
    CHECK_FALSE(status.ok());
    if (!status.ok()) CHECK_FALSE(status.error().message.empty());
  }
  CHECK(world.tree.digest() == digest);
  CHECK(world.tree.nodes().size() == 5);
  CHECK(world.tree.last_zxid() == Zxid{1});
  CHECK(world.tree.apply(record({2, 0, 0}, create("no slash")), nullptr, world.applied)
            .error()
            .message ==
        "transaction 0x2, type 1 (create): the path does not begin with a slash at byte 80 of its "
        "record");
}

TEST_CASE("DataTree: digests are compared with the record's, and differences counted",
          "[core][tree]") {
  World world;
  DataTree other(TreeOptions{});
  Applied applied;
  REQUIRE(other.apply(record({1, 1001, 0}, create("/a")), nullptr, applied).ok());
  const uint64_t right = other.digest();

  REQUIRE(world.tree.apply(record({1, 1001, 0}, create("/a"), right), nullptr, world.applied).ok());
  CHECK(world.applied.digest_present);
  CHECK(world.applied.digest_expected == right);
  CHECK_FALSE(world.applied.digest_mismatch);
  REQUIRE(
      world.tree.apply(record({2, 1002, 0}, set_data("/a", "x", 1), right), nullptr, world.applied)
          .ok());
  CHECK(world.applied.digest_mismatch);
  CHECK(world.tree.digest_mismatches() == 1);

  // Another version says nothing; neither do bytes that are too few.
  std::string strange = record({3, 1003, 0}, set_data("/a", "y", 2), 0);
  strange[strange.size() - 9] = 1;
  REQUIRE(world.tree.apply(strange, nullptr, world.applied).ok());
  CHECK_FALSE(world.applied.digest_present);
  REQUIRE(world.tree
              .apply(record({4, 1004, 0}, set_data("/a", "z", 3)) + "tail", nullptr, world.applied)
              .ok());
  CHECK(world.tree.digest_mismatches() == 1);
}

TEST_CASE("DataTree: with digests switched off nothing is summed or compared", "[core][tree]") {
  DataTree tree(TreeOptions{false, false, 0});
  Applied applied;
  REQUIRE(tree.apply(record({128, 1, 0}, create("/a"), 42), nullptr, applied).ok());

  CHECK(tree.digest() == 0);
  CHECK(tree.digest_mismatches() == 0);
  CHECK(tree.digest_log().empty());
}

TEST_CASE("DataTree: every 128th zxid leaves its digest, the last 1,024 of them", "[core][tree]") {
  World world;
  for (int64_t zxid = 1; zxid <= 128 * 1030; ++zxid) world.apply_at(zxid, error(-1));

  REQUIRE(world.tree.digest_log().size() == 1024);
  CHECK(world.tree.digest_log().front().zxid == Zxid{128 * 7});
  CHECK(world.tree.digest_log().back().zxid == Zxid{128 * 1030});
  CHECK(world.tree.digest_log().back().digest == world.tree.digest());
}

TEST_CASE("DataTree: ephemerals of unknown sessions are removed without a transaction",
          "[core][tree]") {
  World world;
  world.apply(create(Create{"/p", "", world_acl(), false, -1}));
  for (int i = 0; i < 20; ++i) {
    world.apply(create(Create{"/p/" + std::to_string(i), "", world_acl(), true, -1}),
                kSession + i % 3);
  }
  const Zxid last = world.tree.last_zxid();

  const size_t removed =
      world.tree.remove_orphan_ephemerals([](SessionId id) { return id.value == kSession + 1; });

  CHECK(removed == 13);
  CHECK(world.tree.ephemeral_count() == 7);
  CHECK(world.tree.sessions_with_ephemerals() == std::vector<SessionId>{SessionId{kSession + 1}});
  CHECK(world.tree.last_zxid() == last);
  CHECK(world.stat("/p").pzxid == last.value);
  world.check_sums();
}

TEST_CASE("DataTree: descendants are counted at any depth", "[core][tree]") {
  World world;
  for (const char* path : {"/a", "/a/b", "/a/b/c", "/a/d", "/e"}) world.apply(create(path));

  CHECK(world.tree.descendants(kRoot) == 8);
  CHECK(world.tree.descendants(world.tree.nodes().find("/a")) == 3);
  CHECK(world.tree.descendants(world.tree.nodes().find("/e")) == 0);
}
