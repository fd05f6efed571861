// The disk is nearly full: writes of clients are refused, everything else goes on.
#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

TEST_CASE("DiskLow: writes are refused without a zxid, reads and sessions go on, and writes return",
          "[core][disk]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  world.send(conn, 1, Opcode::kCreate, wire::CreateRequest{"/a", "1", open_acl(), 0});
  REQUIRE(world.error_of(conn, 1) == ErrorCode::kOk);
  const size_t before = world.log().size();
  world.step(core::Input(core::DiskLow{true}));

  world.send(conn, 2, Opcode::kCreate, wire::CreateRequest{"/b", "1", open_acl(), 0});
  world.send(conn, 3, Opcode::kSetData, wire::SetDataRequest{"/a", "2", -1});
  world.send(conn, 4, Opcode::kDelete, wire::DeleteRequest{"/a", -1});
  CHECK(world.error_of(conn, 2) == ErrorCode::kNotReadOnly);
  CHECK(world.error_of(conn, 3) == ErrorCode::kNotReadOnly);
  CHECK(world.error_of(conn, 4) == ErrorCode::kNotReadOnly);
  CHECK(world.log().size() == before);

  world.send(conn, 5, Opcode::kExists, wire::ExistsRequest{"/a", false});
  CHECK(world.error_of(conn, 5) == ErrorCode::kOk);
  const ConnId other = world.connect();
  world.send(other, 1, Opcode::kExists, wire::ExistsRequest{"/b", false});
  CHECK(world.error_of(other, 1) == ErrorCode::kNoNode);
  world.send(other, 2, Opcode::kCloseSession);
  CHECK(world.error_of(other, 2) == ErrorCode::kOk);

  world.step(core::Input(core::DiskLow{false}));
  world.send(conn, 6, Opcode::kSetData, wire::SetDataRequest{"/a", "2", 0});
  CHECK(world.error_of(conn, 6) == ErrorCode::kOk);
}

TEST_CASE("DiskLow: a refusal keeps its place behind writes that are under way", "[core][disk]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  world.manual_disk = true;
  world.send(conn, 1, Opcode::kCreate, wire::CreateRequest{"/a", "1", open_acl(), 0});
  world.step(core::Input(core::DiskLow{true}));
  world.send(conn, 2, Opcode::kCreate, wire::CreateRequest{"/b", "1", open_acl(), 0});
  CHECK_FALSE(world.next(conn).has_value());

  world.make_durable();

  CHECK(world.error_of(conn, 1) == ErrorCode::kOk);
  CHECK(world.error_of(conn, 2) == ErrorCode::kNotReadOnly);
}

TEST_CASE("DiskLow: containers wait until there is room", "[core][disk]") {
  core::Options options;
  options.container_check_interval_ms = 1000;
  CoreWorld world(options);
  const ConnId conn = world.connect(60000);
  world.send(conn, 1, Opcode::kCreateContainer, wire::CreateRequest{"/c", "", open_acl(), 4});
  world.send(conn, 2, Opcode::kCreate, wire::CreateRequest{"/c/child", "", open_acl(), 0});
  world.send(conn, 3, Opcode::kDelete, wire::DeleteRequest{"/c/child", -1});
  for (int32_t xid = 1; xid <= 3; ++xid) REQUIRE(world.error_of(conn, xid) == ErrorCode::kOk);
  const size_t before = world.log().size();

  world.step(core::Input(core::DiskLow{true}));
  world.pass(5000);
  CHECK(world.log().size() == before);

  world.step(core::Input(core::DiskLow{false}));
  world.pass(5000);
  CHECK(world.log().size() == before + 1);
}
