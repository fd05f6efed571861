#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

void create(CoreWorld& world, ConnId conn, const std::string& path, int32_t flags = 0) {
  world.send(conn, 1, Opcode::kCreate, wire::CreateRequest{path, "d", open_acl(), flags});
  REQUIRE(world.error_of(conn, 1) == ErrorCode::kOk);
}

std::vector<std::string> ephemerals(CoreWorld& world, ConnId conn,
                                    const std::optional<std::string>& prefix) {
  world.send(conn, 5, Opcode::kGetEphemerals, wire::GetEphemeralsRequest{prefix});
  auto paths = world.body_of<wire::GetEphemeralsResponse>(conn, 5).ephemerals;
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

TEST_CASE("getEphemerals: are the session's own, by the beginning of their path", "[core][read]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  const ConnId other = world.connect();
  create(world, conn, "/p");
  create(world, conn, "/p/a", 1);
  create(world, conn, "/pa", 1);
  create(world, conn, "/q", 1);
  create(world, other, "/p/b", 1);

  using Paths = std::vector<std::string>;
  CHECK(ephemerals(world, conn, "/p") == Paths{"/p/a", "/pa"});
  CHECK(ephemerals(world, conn, "/p/") == Paths{"/p/a"});
  CHECK(ephemerals(world, conn, "a").empty());
  for (const char* all : {"", "/", " \t ", " / "})
    CHECK(ephemerals(world, conn, all) == Paths{"/p/a", "/pa", "/q"});
  CHECK(ephemerals(world, conn, std::nullopt).size() == 3);
  CHECK(ephemerals(world, other, "/") == Paths{"/p/b"});
}

TEST_CASE("getAllChildrenNumber: counts every level, needs READ, and the root counts all",
          "[core][read]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  for (const char* path : {"/a", "/a/b", "/a/b/c", "/a/d", "/ab"}) create(world, conn, path);
  const auto number = [&](const std::string& path) {
    world.send(conn, 7, Opcode::kGetAllChildrenNumber, wire::GetAllChildrenNumberRequest{path});
    return world.body_of<wire::GetAllChildrenNumberResponse>(conn, 7).total_number;
  };

  CHECK(number("/a") == 3);
  CHECK(number("/a/b/c") == 0);
  CHECK(number("/") == 8);  // with /zookeeper and its two
  world.send(conn, 8, Opcode::kGetAllChildrenNumber, wire::GetAllChildrenNumberRequest{"/no"});
  CHECK(world.error_of(conn, 8) == ErrorCode::kNoNode);
  world.send(conn, 9, Opcode::kSetAcl,
             wire::SetAclRequest{"/a", {{wire::kPermAdmin, {"world", "anyone"}}}, -1});
  CHECK(world.error_of(conn, 9) == ErrorCode::kOk);
  world.send(conn, 10, Opcode::kGetAllChildrenNumber, wire::GetAllChildrenNumberRequest{"/a"});
  CHECK(world.error_of(conn, 10) == ErrorCode::kNoAuth);
}
