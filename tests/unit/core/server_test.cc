#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

void create(CoreWorld& world, ConnId conn, int32_t xid, const std::string& path, int32_t flags = 0,
            const std::string& data = "d") {
  world.send(conn, xid, Opcode::kCreate, wire::CreateRequest{path, data, open_acl(), flags});
}

wire::WatcherEvent event_of(CoreWorld& world, ConnId conn, int64_t* zxid = nullptr) {
  const std::optional<Reply> reply = world.next(conn);
  REQUIRE(reply.has_value());
  REQUIRE(reply->header.xid == wire::kXidNotification);
  if (zxid != nullptr) *zxid = reply->header.zxid;
  wire::WatcherEvent event;
  wire::Reader reader(reply->body);
  REQUIRE(wire::decode(reader, event));
  return event;
}

}  // namespace

TEST_CASE(
    "Server: a new session is answered with a negotiated timeout, an id and Apache's password",
    "[core][server]") {
  CoreWorld world;
  const ConnId conn = world.open();

  const wire::ConnectResponse response =
      world.connect(conn, {0, 0, 1000000, 0, std::string(16, '\0'), false});

  CHECK(response.timeout == 60000);
  CHECK(response.session_id != 0);
  CHECK(response.passwd->size() == 16);
  CHECK(response.read_only.has_value());
}

TEST_CASE("Server: a client without the readOnly byte is answered without it", "[core][server]") {
  CoreWorld world;
  const ConnId conn = world.open();

  wire::ConnectRequest request{0, 0, 10000, 0, std::string(16, '\0'), {}};
  world.frame(conn, wire::encoded(request));

  CHECK(world.next_frame(conn)->size() == 36);
}

TEST_CASE("Server: a session is re-attached with its password and takes the connection over",
          "[core][server]") {
  CoreWorld world;
  const ConnId first = world.open();
  const wire::ConnectResponse opened =
      world.connect(first, {0, 0, 10000, 0, std::string(16, '\0'), false});
  const ConnId second = world.open();

  const wire::ConnectResponse again =
      world.connect(second, {0, 0, 20000, opened.session_id, opened.passwd, false});

  CHECK(again.session_id == opened.session_id);
  CHECK(again.passwd == opened.passwd);
  CHECK(again.timeout == 20000);
  CHECK(world.closed(first));
}

TEST_CASE("Server: a wrong password is refused and leaves the rightful connection alone",
          "[core][server][defect]") {
  CoreWorld world;
  const ConnId first = world.open();
  const wire::ConnectResponse opened =
      world.connect(first, {0, 0, 10000, 0, std::string(16, '\0'), false});
  const ConnId thief = world.open();

  const wire::ConnectResponse refused =
      world.connect(thief, {0, 0, 10000, opened.session_id, std::string(16, 'x'), false});

  CHECK(refused.timeout == 0);
  CHECK(refused.session_id == 0);
  CHECK(world.closed(thief));
  CHECK_FALSE(world.closed(first));
}

TEST_CASE("Server: a client from the future is closed without an answer", "[core][server]") {
  CoreWorld world;
  const ConnId conn = world.open();

  world.frame(conn,
              wire::encoded(wire::ConnectRequest{0, 1000, 10000, 0, std::string(16, '\0'), false}));

  CHECK_FALSE(world.next_frame(conn).has_value());
  CHECK(world.closed(conn));
}

TEST_CASE("Server: a write is answered only when it is durable, and a read waits behind it",
          "[core][server]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  const ConnId other = world.connect();
  world.manual_disk = true;

  create(world, conn, 1, "/a");
  world.send(conn, 2, Opcode::kGetData, wire::GetDataRequest{"/a", false});
  world.send(other, 1, Opcode::kExists, wire::ExistsRequest{"/a", false});

  CHECK_FALSE(world.next(conn).has_value());
  CHECK(world.error_of(other, 1) == ErrorCode::kNoNode);
  world.make_durable();
  CHECK(world.body_of<wire::CreateResponse>(conn, 1).path == "/a");
  CHECK(world.body_of<wire::GetDataResponse>(conn, 2).data == "d");
}

TEST_CASE("Server: pipelined writes see one another before any is durable",
          "[core][server][overlay]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  world.manual_disk = true;

  create(world, conn, 1, "/p");
  create(world, conn, 2, "/p/a", 2);
  create(world, conn, 3, "/p/a", 2);
  world.send(conn, 4, Opcode::kDelete, wire::DeleteRequest{"/p", -1});
  world.send(conn, 5, Opcode::kSetData, wire::SetDataRequest{"/p", "x", 0});
  world.send(conn, 6, Opcode::kSetData, wire::SetDataRequest{"/p", "y", 0});
  world.send(conn, 7, Opcode::kDelete, wire::DeleteRequest{"/p/a0000000000", -1});
  create(world, conn, 8, "/p/a0000000000");
  world.make_durable();

  CHECK(world.body_of<wire::CreateResponse>(conn, 1).path == "/p");
  CHECK(world.body_of<wire::CreateResponse>(conn, 2).path == "/p/a0000000000");
  CHECK(world.body_of<wire::CreateResponse>(conn, 3).path == "/p/a0000000001");
  CHECK(world.error_of(conn, 4) == ErrorCode::kNotEmpty);
  CHECK(world.body_of<wire::SetDataResponse>(conn, 5).stat.version == 1);
  CHECK(world.error_of(conn, 6) == ErrorCode::kBadVersion);
  CHECK(world.error_of(conn, 7) == ErrorCode::kOk);
  CHECK(world.body_of<wire::CreateResponse>(conn, 8).path == "/p/a0000000000");
}

TEST_CASE("Server: the digest that a transaction promises is the tree's when it is applied",
          "[core][server][digest]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  world.manual_disk = true;
  create(world, conn, 1, "/p");
  create(world, conn, 2, "/p/e", 1);
  create(world, conn, 3, "/p/s", 3);
  world.send(conn, 4, Opcode::kSetData, wire::SetDataRequest{"/p", "xyz", -1});
  world.send(conn, 5, Opcode::kSetAcl, wire::SetAclRequest{"/p", open_acl(), -1});
  world.send(conn, 6, Opcode::kDelete, wire::DeleteRequest{"/p/e", -1});
  world.send(conn, 7, Opcode::kMulti,
             wire::MultiRequest{{{Opcode::kCreate, wire::CreateRequest{"/m", "1", open_acl(), 0}},
                                 {Opcode::kSetData, wire::SetDataRequest{"/m", "2", 0}},
                                 {Opcode::kDelete, wire::DeleteRequest{"/nope", -1}}}});
  world.send(conn, 8, Opcode::kCloseSession);
  world.make_durable();

  // A second server that replays the log compares each record's digest with its own tree.
  CoreWorld replayed;
  DeafMetrics metrics;
  core::ServerParts parts;
  parts.metrics = &metrics;
  core::Server server(std::move(parts));
  for (const LogRecord& record : world.log()) REQUIRE(server.replay(record.body.view()).ok());
  CHECK(server.tree_digest() == world.server().tree_digest());
  const Bytes last = world.log().back().body.view();
  CHECK(load_be64(last.data() + last.size() - 8) == world.server().tree_digest());
}

TEST_CASE(
    "Server: an ephemeral goes with its session, and who watches hears of it before anything newer",
    "[core][server][watch]") {
  CoreWorld world;
  const ConnId owner = world.connect();
  const ConnId watcher = world.connect();
  create(world, owner, 1, "/e", 1);
  CHECK(world.error_of(owner, 1) == ErrorCode::kOk);
  world.send(watcher, 1, Opcode::kExists, wire::ExistsRequest{"/e", true});
  CHECK(world.error_of(watcher, 1) == ErrorCode::kOk);

  world.send(owner, 2, Opcode::kCloseSession);

  const std::optional<Reply> closed = world.next(owner);
  REQUIRE(closed.has_value());
  CHECK(closed->header.xid == 2);
  CHECK(world.closed(owner));
  int64_t zxid = 0;
  const wire::WatcherEvent event = event_of(world, watcher, &zxid);
  CHECK(event.type == static_cast<int32_t>(wire::EventType::kNodeDeleted));
  CHECK(event.path == "/e");
  CHECK(zxid == closed->header.zxid);
}

TEST_CASE("Server: a session that is not heard of expires between its timeout and one tick later",
          "[core][server][session]") {
  core::Options options;
  options.tick_ms = 1000;
  options.min_session_timeout_ms = 2000;
  CoreWorld world(options);
  const ConnId conn = world.connect(4000);
  create(world, conn, 1, "/e", 1);
  CHECK(world.error_of(conn, 1) == ErrorCode::kOk);

  world.pass(4000);
  CHECK_FALSE(world.closed(conn));
  world.pass(1000);

  CHECK(world.closed(conn));
  const ConnId other = world.connect();
  world.send(other, 1, Opcode::kExists, wire::ExistsRequest{"/e", false});
  CHECK(world.error_of(other, 1) == ErrorCode::kNoNode);
}

TEST_CASE("Server: a multi that fails changes nothing and says where", "[core][server][multi]") {
  CoreWorld world;
  const ConnId conn = world.connect();

  world.send(
      conn, 1, Opcode::kMulti,
      wire::MultiRequest{{{Opcode::kCreate, wire::CreateRequest{"/a", "1", open_acl(), 0}},
                          {Opcode::kDelete, wire::DeleteRequest{"/nope", -1}},
                          {Opcode::kCreate, wire::CreateRequest{"/b", "1", open_acl(), 0}}}});
  world.send(conn, 2, Opcode::kExists, wire::ExistsRequest{"/a", false});

  const auto response = world.body_of<wire::MultiResponse>(conn, 1);
  REQUIRE(response.results.size() == 3);
  CHECK(response.results[0].err == 0);
  CHECK(response.results[1].err == static_cast<int32_t>(ErrorCode::kNoNode));
  CHECK(response.results[2].err == static_cast<int32_t>(ErrorCode::kRuntimeInconsistency));
  CHECK(world.error_of(conn, 2) == ErrorCode::kNoNode);
}

TEST_CASE("Server: a sequence counter that a failed multi moved is put back",
          "[core][server][multi]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  create(world, conn, 1, "/q");
  world.send(conn, 2, Opcode::kMulti,
             wire::MultiRequest{{{Opcode::kCreate, wire::CreateRequest{"/q/n", "1", open_acl(), 2}},
                                 {Opcode::kCheck, wire::CheckVersionRequest{"/q", 7}}}});
  create(world, conn, 3, "/q/n", 2);

  CHECK(world.error_of(conn, 1) == ErrorCode::kOk);
  world.next(conn);
  CHECK(world.body_of<wire::CreateResponse>(conn, 3).path == "/q/n0000000000");
}

TEST_CASE("Server: createTTL with flags of another kind is refused and harms nobody",
          "[core][server][defect]") {
  core::Options options;
  options.extended_types = true;
  CoreWorld world(options);
  const ConnId conn = world.connect();

  for (int32_t flags = 0; flags <= 4; ++flags) {
    world.send(conn, flags + 1, Opcode::kCreateTtl,
               wire::CreateTtlRequest{"/t", "d", open_acl(), flags, -1});
    CHECK(world.error_of(conn, flags + 1) == ErrorCode::kBadArguments);
  }
}

TEST_CASE("Server: types that no client may send are answered as unknown and end the connection",
          "[core][server][defect]") {
  for (const int32_t type : {-10, 20, 10, 13, -1, 99}) {
    CoreWorld world;
    const ConnId conn = world.connect();
    world.frame(conn, wire::encoded(wire::RequestHeader{1, type}) +
                          wire::encoded(wire::DeleteRequest{"/zookeeper", -1}));

    const std::optional<Reply> reply = world.next(conn);
    REQUIRE(reply.has_value());
    CHECK(reply->header.err == static_cast<int32_t>(ErrorCode::kUnimplemented));
    CHECK(reply->header.zxid == -1);
    CHECK(world.closed(conn));
  }
}

TEST_CASE("Server: znodes named like quota nodes elsewhere are ordinary",
          "[core][server][defect]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  create(world, conn, 1, "/zookeeper/quota/zookeeper_limits");
  create(world, conn, 2, "/zookeeper/zookeeper_limits");
  world.send(conn, 3, Opcode::kDelete, wire::DeleteRequest{"/zookeeper/zookeeper_limits", -1});
  create(world, conn, 4, "/after");

  for (int32_t xid = 1; xid <= 4; ++xid) CHECK(world.error_of(conn, xid) == ErrorCode::kOk);
}

TEST_CASE("Server: a write with a body that cannot be parsed takes no zxid", "[core][server]") {
  CoreWorld world;
  const ConnId conn = world.connect();
  world.frame(conn, wire::encoded(wire::RequestHeader{1, static_cast<int32_t>(Opcode::kCreate)}) +
                        std::string("\0\0\0\x09xy", 6));
  create(world, conn, 2, "/a");

  const std::optional<Reply> bad = world.next(conn);
  CHECK(bad->header.err == static_cast<int32_t>(ErrorCode::kMarshallingError));
  const std::optional<Reply> good = world.next(conn);
  CHECK(good->header.zxid == bad->header.zxid + 1);
}

TEST_CASE(
    "Server: above the limit of outstanding requests reading stops, and goes on when there is room",
    "[core][server][throttle]") {
  core::Options options;
  options.outstanding_max = 3;
  CoreWorld world(options);
  const ConnId conn = world.connect();
  world.manual_disk = true;
  for (int32_t xid = 1; xid <= 4; ++xid) create(world, conn, xid, "/n" + std::to_string(xid));

  REQUIRE(world.reading.size() == 1);
  CHECK_FALSE(world.reading[0].on);
  world.make_durable();
  REQUIRE(world.reading.size() == 2);
  CHECK(world.reading[1].on);
}

TEST_CASE("Server: words outside the whitelist are named and not run", "[core][server][admin]") {
  CoreWorld world;
  const ConnId conn = world.open();

  world.admin(conn, "mntr");

  CHECK(world.text(conn) == "mntr is not executed because it is not in the whitelist.\n");
  CHECK(world.closed(conn));
}
