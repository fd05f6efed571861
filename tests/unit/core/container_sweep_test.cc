#include "kernel/core/container_sweep.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

constexpr int32_t kContainer = 4, kTtl = 5;

core::Options quick_options() {
  core::Options options;
  options.extended_types = true;
  options.container_check_interval_ms = 1000;
  options.min_session_timeout_ms = 1000;
  options.max_session_timeout_ms = 3600000;
  return options;
}

struct World : CoreWorld {
  explicit World(core::Options options = quick_options())
      : CoreWorld(std::move(options)), conn(connect(3600000)) {}

  void create(const std::string& path) {
    send(conn, 1, Opcode::kCreate, wire::CreateRequest{path, "d", open_acl(), 0});
    REQUIRE(error_of(conn, 1) == ErrorCode::kOk);
  }
  void create_container(const std::string& path) {
    send(conn, 1, Opcode::kCreateContainer, wire::CreateRequest{path, "d", open_acl(), kContainer});
    REQUIRE(error_of(conn, 1) == ErrorCode::kOk);
  }
  void create_ttl(const std::string& path, int64_t ttl_ms) {
    send(conn, 1, Opcode::kCreateTtl, wire::CreateTtlRequest{path, "d", open_acl(), kTtl, ttl_ms});
    REQUIRE(error_of(conn, 1) == ErrorCode::kOk);
  }
  void remove(const std::string& path) {
    send(conn, 1, Opcode::kDelete, wire::DeleteRequest{path, -1});
    REQUIRE(error_of(conn, 1) == ErrorCode::kOk);
  }
  bool there(const std::string& path) {
    send(conn, 2, Opcode::kExists, wire::ExistsRequest{path, false});
    return error_of(conn, 2) == ErrorCode::kOk;
  }
  int deletions() {
    int count = 0;
    for (const LogRecord& record : log())
      count += load_be32(record.body.view().data() + 28) == 20 ? 1 : 0;
    return count;
  }

  ConnId conn;
};

}  // namespace

TEST_CASE("ContainerSweep: a container goes after its last child, an unused one stays",
          "[core][container]") {
  World world;
  world.create_container("/used");
  world.create("/used/child");
  world.create_container("/unused");
  world.pass(2500);
  CHECK(world.there("/used"));

  world.remove("/used/child");
  world.pass(1000);

  CHECK_FALSE(world.there("/used"));
  CHECK(world.there("/unused"));
  CHECK(world.deletions() == 1);
}

TEST_CASE("ContainerSweep: its transaction is the server's own, and fires watches",
          "[core][container]") {
  World world;
  world.create_container("/c");
  world.create("/c/child");
  world.remove("/c/child");
  world.send(world.conn, 3, Opcode::kExists, wire::ExistsRequest{"/c", true});
  CHECK(world.error_of(world.conn, 3) == ErrorCode::kOk);

  world.pass(1000);

  const Bytes record = world.log().back().body.view();
  CHECK(load_be64(record.data()) == 0);        // session
  CHECK(load_be32(record.data() + 8) == 0);    // cxid
  CHECK(load_be32(record.data() + 28) == 20);  // deleteContainer
  const std::optional<Reply> event = world.next(world.conn);
  REQUIRE(event.has_value());
  CHECK(event->header.xid == wire::kXidNotification);
  CHECK(event->header.zxid == world.log().back().zxid.value);
}

TEST_CASE("ContainerSweep: with a limit an unused container goes too", "[core][container]") {
  core::Options options = quick_options();
  options.container_unused_max_ms = 5000;
  World world(options);
  world.create_container("/unused");

  world.pass(5000);
  CHECK(world.there("/unused"));
  world.pass(1000);
  CHECK_FALSE(world.there("/unused"));
}

TEST_CASE("ContainerSweep: a TTL counts from the last setData and waits for the children",
          "[core][container]") {
  World world;
  world.create_ttl("/t", 3000);
  world.create_ttl("/parent", 1000);
  world.create("/parent/child");
  world.pass(2900);
  world.send(world.conn, 3, Opcode::kSetData, wire::SetDataRequest{"/t", "x", -1});
  CHECK(world.error_of(world.conn, 3) == ErrorCode::kOk);

  world.pass(2900);
  CHECK(world.there("/t"));
  CHECK(world.there("/parent"));
  world.pass(1200);
  CHECK_FALSE(world.there("/t"));
  world.remove("/parent/child");
  world.pass(1000);
  CHECK_FALSE(world.there("/parent"));
}

TEST_CASE("ContainerSweep: deletions keep their distance", "[core][container]") {
  core::Options options = quick_options();
  options.containers_per_minute_max = 600;  // one each 100 ms
  World world(options);
  for (int i = 0; i < 5; ++i) {
    const std::string path = "/c" + std::to_string(i);
    world.create_container(path);
    world.create(path + "/child");
    world.remove(path + "/child");
  }

  world.pass(1000);
  CHECK(world.deletions() == 1);
  world.pass(99);
  CHECK(world.deletions() == 1);
  world.pass(1);
  CHECK(world.deletions() == 2);
  for (int i = 0; i < 3; ++i) world.pass(100);
  CHECK(world.deletions() == 5);
}

TEST_CASE("ContainerSweep: what is about to change stays for now", "[core][container]") {
  World world;
  world.create_container("/c");
  world.create("/c/child");
  world.remove("/c/child");
  world.create_ttl("/t", 10);
  world.manual_disk = true;
  world.send(world.conn, 3, Opcode::kCreate, wire::CreateRequest{"/c/late", "d", open_acl(), 0});
  world.send(world.conn, 4, Opcode::kSetData, wire::SetDataRequest{"/t", "x", -1});

  world.pass(1000);

  world.make_durable();
  CHECK(world.error_of(world.conn, 3) == ErrorCode::kOk);
  CHECK(world.error_of(world.conn, 4) == ErrorCode::kOk);
  CHECK(world.deletions() == 0);
  CHECK(world.there("/c/late"));
}

TEST_CASE("ContainerSweep: a slow disk is not given the same deletion twice", "[core][container]") {
  World world;
  world.create_container("/c");
  world.create("/c/child");
  world.remove("/c/child");
  world.manual_disk = true;

  for (int i = 0; i < 5; ++i) world.pass(1000);
  world.make_durable();

  CHECK(world.deletions() == 1);
  CHECK_FALSE(world.there("/c"));
}

TEST_CASE("ContainerSweep: TTLs of release 3.5.3 are understood when they are to be",
          "[core][container]") {
  const int64_t old_owner = static_cast<int64_t>(0x8000000000000000ull) | 1000;
  CHECK(wire::owner_kind(old_owner, true, true) == wire::OwnerKind::kTtl);
  CHECK(wire::owner_ttl(old_owner) == 1000);
  CHECK(wire::owner_kind(wire::kContainerOwner, true, true) == wire::OwnerKind::kContainer);
  CHECK(wire::owner_kind(old_owner, true, false) == wire::OwnerKind::kSession);
  CHECK(wire::owner_kind(old_owner, false, true) == wire::OwnerKind::kSession);
}

TEST_CASE("ContainerSweep: many containers are looked through in pieces", "[core][container]") {
  core::Options options = quick_options();
  core::DataTree tree({});
  core::ContainerSweep sweep(options, tree);
  sweep.start(0);
  auto record = [zxid = int64_t{0}](int i) mutable {
    const wire::TxnHeader header{0, 0, ++zxid, 1, static_cast<int32_t>(Opcode::kCreateContainer)};
    return wire::encoded(header) +
           wire::encoded(wire::CreateContainerTxn{"/c" + std::to_string(i), "", open_acl(), -1});
  };
  core::Applied applied;
  const int count = static_cast<int>(core::ContainerSweep::kNodesPerLook) * 2 + 1;
  for (int i = 0; i < count; ++i) REQUIRE(tree.apply(record(i), nullptr, applied).ok());

  CHECK_FALSE(sweep.next({1000, 1000}).has_value());
  CHECK(sweep.next_ms() == 1001);
  CHECK_FALSE(sweep.next({1001, 1001}).has_value());
  CHECK(sweep.next_ms() == 1002);
  CHECK_FALSE(sweep.next({1002, 1002}).has_value());
  CHECK(sweep.next_ms() == 2000);
}
