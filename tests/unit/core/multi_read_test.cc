#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::MultiRequest;
using wire::Opcode;

namespace {

const std::string kEndMarker("\xff\xff\xff\xff\x01\xff\xff\xff\xff", 9);

struct World : CoreWorld {
  explicit World(core::Options options = {}) : CoreWorld(std::move(options)), conn(connect()) {
    send(conn, 1, Opcode::kCreate, wire::CreateRequest{"/a", "data", open_acl(), 0});
    REQUIRE(error_of(conn, 1) == ErrorCode::kOk);
    send(conn, 2, Opcode::kCreate, wire::CreateRequest{"/a/b", "", open_acl(), 0});
    REQUIRE(error_of(conn, 2) == ErrorCode::kOk);
  }
  Reply ask(const MultiRequest& request) {
    send(conn, 3, Opcode::kMultiRead, request);
    const std::optional<Reply> reply = next(conn);
    REQUIRE(reply.has_value());
    REQUIRE(reply->header.xid == 3);
    return *reply;
  }

  ConnId conn;
};

}  // namespace

TEST_CASE("multiRead: each operation is answered for itself, and leaves no watch",
          "[core][multi]") {
  World world;

  const Reply reply = world.ask({{{Opcode::kGetData, wire::GetDataRequest{"/a", true}},
                                  {Opcode::kGetData, wire::GetDataRequest{"/no", false}},
                                  {Opcode::kGetChildren, wire::GetChildrenRequest{"/a", true}}}});

  CHECK(reply.header.err == 0);
  wire::MultiResponse response;
  wire::Reader reader(reply.body);
  REQUIRE(wire::decode(reader, response));
  REQUIRE(response.results.size() == 3);
  CHECK(std::get<wire::GetDataResponse>(response.results[0].result).data == "data");
  CHECK(response.results[1].err == static_cast<int32_t>(ErrorCode::kNoNode));
  CHECK(std::get<wire::GetChildrenResponse>(response.results[2].result).children ==
        std::vector<std::string>{"b"});
  world.send(world.conn, 4, Opcode::kSetData, wire::SetDataRequest{"/a", "x", -1});
  CHECK(world.error_of(world.conn, 4) == ErrorCode::kOk);  // no event before it
}

TEST_CASE("multiRead: nothing to read is read", "[core][multi]") {
  World world;
  const Reply reply = world.ask({});
  CHECK(reply.header.err == 0);
  CHECK(reply.body == kEndMarker);
}

TEST_CASE("multiRead: a write in it is refused with an end marker, a mixture without",
          "[core][multi]") {
  World world;

  const Reply write = world.ask({{{Opcode::kDelete, wire::DeleteRequest{"/a/b", -1}}}});
  CHECK(write.header.err == static_cast<int32_t>(ErrorCode::kMarshallingError));
  CHECK(write.body == kEndMarker);

  const Reply mixture = world.ask({{{Opcode::kGetData, wire::GetDataRequest{"/a", false}},
                                    {Opcode::kDelete, wire::DeleteRequest{"/a/b", -1}}}});
  CHECK(mixture.header.err == static_cast<int32_t>(ErrorCode::kMarshallingError));
  CHECK(mixture.body.empty());
}

TEST_CASE("multiRead: a reply ends when it would be larger than the limit", "[core][multi]") {
  core::Options options;
  options.multi_read_bytes_max = 200;
  World world(options);
  MultiRequest request;
  for (int i = 0; i < 10; ++i)
    request.operations.push_back({Opcode::kGetData, wire::GetDataRequest{"/a", false}});

  const Reply reply = world.ask(request);

  CHECK(reply.header.err == static_cast<int32_t>(ErrorCode::kMarshallingError));
  CHECK(reply.body.size() < 300);
  CHECK(reply.body.ends_with(kEndMarker));
}

TEST_CASE("multiRead: reads do not belong into a multi", "[core][multi]") {
  World world;
  world.send(world.conn, 3, Opcode::kMulti,
             MultiRequest{{{Opcode::kGetData, wire::GetDataRequest{"/a", false}}}});
  CHECK(world.error_of(world.conn, 3) == ErrorCode::kMarshallingError);
}
