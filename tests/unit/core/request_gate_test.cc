#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

void create(CoreWorld& world, ConnId conn, int32_t xid, const std::string& path,
            const std::string& data = "d") {
  world.send(conn, xid, Opcode::kCreate, wire::CreateRequest{path, data, open_acl(), 0});
}
void exists(CoreWorld& world, ConnId conn, int32_t xid, const std::string& path) {
  world.send(conn, xid, Opcode::kExists, wire::ExistsRequest{path, false});
}

core::Options throttled(int32_t requests_max) {
  core::Options options;
  options.request_throttle.requests_max = requests_max;
  return options;
}

}  // namespace

TEST_CASE("RequestGate: above the limit requests of everybody wait, and run in their order",
          "[core][throttle]") {
  CoreWorld world(throttled(2));
  const ConnId conn = world.connect();
  const ConnId other = world.connect();
  world.manual_disk = true;
  const size_t before = world.log().size();
  for (int32_t xid = 1; xid <= 4; ++xid) create(world, conn, xid, "/n" + std::to_string(xid));
  exists(world, other, 1, "/n3");

  CHECK(world.log().size() == before + 2);
  CHECK_FALSE(world.next(other).has_value());
  world.make_durable();
  CHECK(world.log().size() == before + 4);
  for (int i = 0; i < 3; ++i) world.make_durable();

  for (int32_t xid = 1; xid <= 4; ++xid) CHECK(world.error_of(conn, xid) == ErrorCode::kOk);
  CHECK(world.error_of(other, 1) == ErrorCode::kOk);
}

TEST_CASE("RequestGate: what waited too long is refused in its turn and takes no zxid",
          "[core][throttle]") {
  core::Options options = throttled(1);
  options.request_throttle.wait_ms_max = 50;
  CoreWorld world(options);
  const ConnId conn = world.connect();
  world.manual_disk = true;
  create(world, conn, 1, "/a");
  create(world, conn, 2, "/b");
  world.send(conn, wire::kXidPing, Opcode::kPing);
  exists(world, conn, 3, "/a");
  const size_t before = world.log().size();

  world.pass(51);
  world.make_durable();

  const std::optional<Reply> first = world.next(conn);
  REQUIRE(first.has_value());
  CHECK(first->header.err == 0);
  const std::optional<Reply> second = world.next(conn);
  REQUIRE(second.has_value());
  CHECK(second->header.xid == 2);
  CHECK(second->header.err == static_cast<int32_t>(ErrorCode::kThrottledOp));
  CHECK(second->header.zxid == first->header.zxid);
  CHECK(world.error_of(conn, wire::kXidPing) == ErrorCode::kOk);
  CHECK(world.error_of(conn, 3) == ErrorCode::kThrottledOp);
  CHECK(world.log().size() == before);
}

TEST_CASE("RequestGate: what is older than its session's timeout ends the connection",
          "[core][throttle]") {
  core::Options options = throttled(1);
  options.request_throttle.stale_by_latency = true;
  options.min_session_timeout_ms = 100;
  CoreWorld world(options);
  const ConnId conn = world.connect(20000);
  const ConnId hasty = world.connect(100);
  world.manual_disk = true;
  create(world, conn, 1, "/a");
  create(world, hasty, 1, "/b");

  world.pass(200);
  world.make_durable();

  CHECK(world.closed(hasty));
  CHECK_FALSE(world.closed(conn));
}

TEST_CASE("RequestGate: what a client sent before it went away is not worked on",
          "[core][throttle]") {
  CoreWorld world(throttled(1));
  const ConnId conn = world.connect();
  const ConnId gone = world.connect();
  world.manual_disk = true;
  create(world, conn, 1, "/a");
  create(world, gone, 1, "/b");
  const size_t before = world.log().size();

  world.close(gone);
  world.make_durable();

  CHECK(world.log().size() == before);
  CHECK(world.error_of(conn, 1) == ErrorCode::kOk);
}

TEST_CASE("RequestGate: those who fill it are not read until there is room", "[core][throttle]") {
  core::Options options = throttled(1);
  options.outstanding_max = 2;
  CoreWorld world(options);
  const ConnId conn = world.connect();
  world.manual_disk = true;
  for (int32_t xid = 1; xid <= 3; ++xid) create(world, conn, xid, "/n" + std::to_string(xid));

  REQUIRE(world.reading.size() == 1);
  CHECK_FALSE(world.reading[0].on);
  world.make_durable();
  REQUIRE(world.reading.size() == 2);
  CHECK(world.reading[1].on);
}

TEST_CASE("RequestGate: large requests in process are limited in their bytes", "[core][throttle]") {
  core::Options options;
  options.large_request_bytes = 100;
  options.large_requests_bytes_max = 1000;
  CoreWorld world(options);
  const ConnId conn = world.connect();
  const ConnId other = world.connect();
  world.manual_disk = true;
  const std::string large(600, 'x');
  create(world, conn, 1, "/a", large);
  create(world, other, 1, "/small");
  CHECK_FALSE(world.closed(other));
  create(world, other, 2, "/b", large);
  CHECK(world.closed(other));

  world.make_durable();
  CHECK(world.error_of(conn, 1) == ErrorCode::kOk);
  create(world, conn, 2, "/c", large);
  CHECK_FALSE(world.closed(conn));
  // Also what waited behind a write, and what was read, gives its bytes back.
  world.send(conn, 3, Opcode::kExists, wire::ExistsRequest{"/" + std::string(300, 'n'), false});
  world.make_durable();
  for (int32_t xid = 4; xid < 10; ++xid)
    world.send(conn, xid, Opcode::kExists, wire::ExistsRequest{"/" + std::string(600, 'n'), false});
  create(world, conn, 10, "/d", std::string(900, 'x'));
  CHECK_FALSE(world.closed(conn));
}
