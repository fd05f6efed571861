#include <catch2/catch_test_macros.hpp>

#include "tests/unit/core/ensemble_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

TEST_CASE("Learner: what is committed is applied before the role is taken", "[core][ensemble]") {
  EnsembleWorld world;

  world.wants([&](ConsensusEffects& effects) {
    effects.commit.push_back(world.next_record(SessionId{1}, 1, create("/a")));
    effects.roles.push_back({Role::kFollowing, Zxid{1}, "test"});
  });

  CHECK(world.server().serving());
  CHECK(world.server().last_zxid() == Zxid{1});
}

TEST_CASE("Learner: a session is created by the leader", "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const ConnId conn = world.open();

  world.handshake(conn);

  REQUIRE(world.machine->forwarded.size() == 1);
  const HandMachine::Forwarded asked = world.machine->forwarded.front();
  CHECK(asked.opcode == Opcode::kCreateSession);
  CHECK(asked.body == std::string("\0\0\x27\x10", 4));
  CHECK((static_cast<uint64_t>(asked.session.value) >> 56) == 2);
  CHECK_FALSE(world.greeting(conn).has_value());

  world.commit(world.next_record(asked.session, 0, create_session(10000)));

  CHECK(world.greeting(conn).value().session_id == asked.session.value);
}

TEST_CASE("Learner: a write is passed on with who asks, and answered when it is applied",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();

  world.create(client.conn, 5, "/a");

  const HandMachine::Forwarded& sent = world.machine->forwarded.back();
  CHECK(sent.session == client.session);
  CHECK(sent.cxid == 5);
  CHECK(sent.opcode == Opcode::kCreate);
  CHECK(sent.ids == std::vector<std::pair<std::string, std::string>>{{"ip", "127.0.0.1"}});
  CHECK_FALSE(world.next(client.conn).has_value());

  world.commit(world.next_record(SessionId{99}, 5, create("/other")));
  CHECK_FALSE(world.next(client.conn).has_value());
  world.commit(world.next_record(client.session, 5, create("/a")));

  const Reply reply = world.next(client.conn).value();
  CHECK(reply.header.xid == 5);
  CHECK(reply.header.err == 0);
  CHECK(reply.header.zxid == world.server().last_zxid().value);
}

TEST_CASE("Learner: a read waits behind the writes of its session and of no other",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto writer = world.connect_to_follower();
  const auto reader = world.connect_to_follower();

  world.create(writer.conn, 1, "/a");
  world.exists(writer.conn, 2, "/a");
  world.exists(reader.conn, 1, "/a");

  CHECK(world.next(reader.conn).value().header.err == static_cast<int32_t>(ErrorCode::kNoNode));
  CHECK_FALSE(world.next(writer.conn).has_value());

  world.commit(world.next_record(writer.session, 1, create("/a")));

  CHECK(world.next(writer.conn).value().header.xid == 1);
  const Reply read = world.next(writer.conn).value();
  CHECK(read.header.xid == 2);
  CHECK(read.header.err == 0);
}

TEST_CASE("Learner: a write that fails is answered with the error of its transaction",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  world.create(client.conn, 1, "/a/b");

  world.commit(world.next_record(client.session, 1, error(-101)));

  CHECK(world.next(client.conn).value().header.err == -101);
}

TEST_CASE("Learner: a write that cannot be read to its end is not passed on", "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  const size_t before = world.machine->forwarded.size();

  world.frame(
      client.conn,
      wire::encoded(wire::RequestHeader{3, static_cast<int32_t>(Opcode::kCreate)}) + "\0\0");

  CHECK(world.machine->forwarded.size() == before);
  CHECK(world.next(client.conn).value().header.err ==
        static_cast<int32_t>(ErrorCode::kMarshallingError));
}

TEST_CASE("Learner: a client of a session that moved is cut off without a reply",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  world.create(client.conn, 1, "/a");

  world.commit(
      world.next_record(client.session, 1, error(static_cast<int32_t>(ErrorCode::kSessionMoved))));

  CHECK(world.closed(client.conn));
  CHECK_FALSE(world.next(client.conn).has_value());
}

TEST_CASE("Learner: the leader is asked about a session that comes from elsewhere",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto before = world.connect_to_follower();
  const ConnId conn = world.open();
  world.handshake(conn, before.session.value, before.password);

  REQUIRE(world.machine->asked == std::vector<SessionId>{before.session});
  CHECK(world.closed(before.conn));
  world.exists(conn, 1, "/");  // does not overtake the handshake
  CHECK_FALSE(world.next_frame(conn).has_value());

  SECTION("it lives") {
    world.wants([&](ConsensusEffects& effects) {
      effects.revalidated.push_back({before.session, true});
    });
    CHECK(world.greeting(conn).value().session_id == before.session.value);
    CHECK(world.next(conn).value().header.xid == 1);
    CHECK_FALSE(world.closed(conn));
  }
  SECTION("it does not") {
    world.wants([&](ConsensusEffects& effects) {
      effects.revalidated.push_back({before.session, false});
    });
    CHECK(world.greeting(conn).value().session_id == 0);
    CHECK(world.closed(conn));
    CHECK_FALSE(world.next(conn).has_value());
  }
}

TEST_CASE("Learner: the transaction of a write whose connection is gone answers no other",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  world.create(client.conn, 1, "/a");
  world.step(core::ClientClosed{client.conn});
  const ConnId conn = world.open();
  world.handshake(conn, client.session.value, client.password);
  world.wants([&](ConsensusEffects& effects) {
    effects.revalidated.push_back({client.session, true});
  });
  REQUIRE(world.greeting(conn).has_value());
  world.create(conn, 1, "/b");

  world.commit(world.next_record(client.session, 1, create("/a")));
  CHECK_FALSE(world.next(conn).has_value());
  world.commit(world.next_record(client.session, 1, create("/b")));

  wire::CreateResponse response;
  const Reply reply = world.next(conn).value();
  wire::Reader body(reply.body);
  REQUIRE(wire::decode(body, response));
  CHECK(response.path == "/b");
}

TEST_CASE("Learner: a sync is answered when the leader has answered it, in its turn",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  world.create(client.conn, 1, "/a");
  world.send(client.conn, 2, Opcode::kSync, wire::SyncRequest{"/a"});
  CHECK(world.machine->forwarded.back().opcode == Opcode::kSync);

  world.wants([](ConsensusEffects& effects) { effects.synced = 1; });
  CHECK_FALSE(world.next(client.conn).has_value());
  world.commit(world.next_record(client.session, 1, create("/a")));

  CHECK(world.next(client.conn).value().header.xid == 1);
  CHECK(world.next(client.conn).value().header.xid == 2);
}

TEST_CASE("Learner: the machine hears of sessions that live before it answers the leader",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  world.machine->touches.clear();
  world.exists(client.conn, 1, "/");
  world.exists(client.conn, 2, "/");
  CHECK(world.machine->touches.empty());

  world.step(Received{ConnId{1}, {}});

  CHECK(world.machine->touches == std::vector<SessionId>{client.session});
}

TEST_CASE("Learner: a role that ends takes its clients and what they wait for with it",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();
  const ConnId half = world.open();
  world.handshake(half);
  world.create(client.conn, 1, "/a");

  world.role(Role::kLooking, world.server().last_zxid());

  CHECK(world.closed(client.conn));
  CHECK(world.closed(half));
  CHECK_FALSE(world.server().serving());
  CHECK(world.server().session_count() == 1);  // the one that was not committed is forgotten

  const ConnId late = world.open();
  world.handshake(late);
  CHECK(world.closed(late));

  world.wants([&](ConsensusEffects& effects) {
    effects.commit.push_back(world.next_record(client.session, 1, create("/a")));
    effects.roles.push_back({Role::kFollowing, world.server().last_zxid().next(), "test"});
  });
  CHECK_FALSE(world.next(client.conn).has_value());
  const auto again = world.connect_to_follower();
  world.exists(again.conn, 1, "/a");
  CHECK(world.next(again.conn).value().header.err == 0);
}

TEST_CASE("Learner: a session that the leader ends loses its connection", "[core][ensemble]") {
  EnsembleWorld world;
  world.follow();
  const auto client = world.connect_to_follower();

  world.commit(world.next_record(client.session, 0, close_session({})));

  CHECK(world.closed(client.conn));
  CHECK(world.server().session_count() == 0);
}

TEST_CASE("Learner: /zookeeper/config tells the members", "[core][ensemble]") {
  EnsembleWorld world;
  world.machine->config_text = "server.1=a:1:2:participant\nversion=0";
  world.follow();
  const auto client = world.connect_to_follower();

  world.send(client.conn, 1, Opcode::kGetData, wire::GetDataRequest{"/zookeeper/config", false});

  const Reply reply = world.next(client.conn).value();
  wire::GetDataResponse response;
  wire::Reader body(reply.body);
  REQUIRE(wire::decode(body, response));
  CHECK(response.data == world.machine->config_text);
  CHECK(response.stat.version == -1);
  CHECK(response.stat.mzxid == 7);
}
