#include <catch2/catch_test_macros.hpp>

#include "tests/unit/core/ensemble_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

constexpr ConnId kLearner{7}, kOther{8};
constexpr SessionId kSession{0x0300000000000001};

void from(EnsembleWorld& world, ConnId learner,
          std::variant<ForwardedRequest, RevalidateAsk, Touch> what) {
  world.wants([&](ConsensusEffects& effects) {
    effects.from_learners.push_back({learner, {}, std::move(what)});
  });
}

ForwardedRequest request(Opcode opcode, int32_t cxid, Bytes body = {}) {
  ForwardedRequest made;
  made.session = kSession;
  made.cxid = cxid;
  made.type = static_cast<int32_t>(opcode);
  made.body = body;
  made.ids.emplace_back("ip", "10.0.0.9");
  return made;
}

wire::TxnHeader header_of(const LogRecord& record) {
  wire::TxnHeader header;
  wire::Reader reader(record.body.view());
  REQUIRE(wire::decode(reader, header));
  return header;
}

int32_t error_of(const LogRecord& record) {
  REQUIRE(header_of(record).type == static_cast<int32_t>(Opcode::kError));
  wire::Reader reader(record.body.view().substr(wire::kTxnHeaderBytes));
  return reader.read_int();
}

void open_session(EnsembleWorld& world, ConnId learner) {
  from(world, learner, request(Opcode::kCreateSession, 0, Bytes("\0\0\x27\x10", 4)));
  world.commit(world.machine->proposed.back());
}

std::string create_body(const std::string& path, std::vector<wire::Acl> acl = open_acl()) {
  return wire::encoded(wire::CreateRequest{path, "d", std::move(acl), 0});
}

}  // namespace

TEST_CASE("Leader: the first zxid is that of its epoch", "[core][ensemble]") {
  EnsembleWorld world;
  world.commit(world.next_record(SessionId{1}, 1, create("/a")));
  world.lead();

  open_session(world, kLearner);

  CHECK(world.machine->proposed.back().zxid == Zxid{(int64_t{1} << 32) + 1});
}

TEST_CASE("Leader: each request of a learner becomes one transaction with its session and cxid",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  open_session(world, kLearner);
  const size_t before = world.machine->proposed.size();
  const std::string good = create_body("/a");

  from(world, kLearner, request(Opcode::kCreate, 1, good));
  from(world, kLearner, request(Opcode::kCreate, 2, good));
  from(world, kLearner, request(Opcode::kCreate, 3, "\0\0"));
  from(world, kLearner, request(Opcode::kReconfig, 4, "x"));
  from(world, kLearner, request(static_cast<Opcode>(77), 5));
  from(world, kLearner, request(Opcode::kMulti, 6, "x"));

  REQUIRE(world.machine->proposed.size() == before + 6);
  for (int32_t cxid = 1; cxid <= 6; ++cxid) {
    const wire::TxnHeader header =
        header_of(world.machine->proposed[before + static_cast<size_t>(cxid) - 1]);
    CHECK(header.client_id == kSession.value);
    CHECK(header.cxid == cxid);
  }
  CHECK(header_of(world.machine->proposed[before]).type == static_cast<int32_t>(Opcode::kCreate));
  CHECK(error_of(world.machine->proposed[before + 1]) ==
        static_cast<int32_t>(ErrorCode::kNodeExists));
  CHECK(error_of(world.machine->proposed[before + 2]) ==
        static_cast<int32_t>(ErrorCode::kMarshallingError));
  CHECK(error_of(world.machine->proposed[before + 4]) ==
        static_cast<int32_t>(ErrorCode::kUnimplemented));
}

TEST_CASE("Leader: a learner's client has the identities that came with the request",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  open_session(world, kLearner);
  const std::string theirs = create_body("/a", {{wire::kPermCreate, {"ip", "10.0.0.9"}}});
  from(world, kLearner, request(Opcode::kCreate, 1, theirs));
  const std::string child = create_body("/a/b");
  from(world, kLearner, request(Opcode::kCreate, 2, child));
  CHECK(header_of(world.machine->proposed.back()).type == static_cast<int32_t>(Opcode::kCreate));

  const std::string second = create_body("/a/c");
  ForwardedRequest stranger = request(Opcode::kCreate, 3, second);
  stranger.ids = {{"ip", "10.0.0.8"}};
  from(world, kLearner, stranger);
  CHECK(error_of(world.machine->proposed.back()) == static_cast<int32_t>(ErrorCode::kNoAuth));
}

TEST_CASE("Leader: a session writes through the server that its client came to last",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  open_session(world, kLearner);

  from(world, kOther, RevalidateAsk{kSession, 10000});

  REQUIRE(world.machine->answers.size() == 1);
  CHECK(world.machine->answers.back().valid);
  CHECK(world.machine->answers.back().learner == kOther);
  const std::string body = create_body("/a");
  from(world, kLearner, request(Opcode::kCreate, 1, body));
  CHECK(error_of(world.machine->proposed.back()) == static_cast<int32_t>(ErrorCode::kSessionMoved));
  from(world, kOther, request(Opcode::kCreate, 2, body));
  CHECK(header_of(world.machine->proposed.back()).type == static_cast<int32_t>(Opcode::kCreate));
}

TEST_CASE("Leader: a client that goes to a learner loses its connection here", "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  const ConnId conn = world.open();
  world.handshake(conn);
  const SessionId session{header_of(world.machine->proposed.back()).client_id};
  world.commit(world.machine->proposed.back());
  REQUIRE(world.greeting(conn).value().session_id == session.value);

  from(world, kLearner, RevalidateAsk{session, 10000});

  CHECK(world.closed(conn));
  CHECK(world.machine->answers.back().valid);
}

TEST_CASE("Leader: a session that nobody knows, or that is closing, is not valid",
          "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  from(world, kLearner, RevalidateAsk{SessionId{5}, 10000});
  CHECK_FALSE(world.machine->answers.back().valid);

  open_session(world, kLearner);
  from(world, kLearner, request(Opcode::kCloseSession, 9));
  CHECK(header_of(world.machine->proposed.back()).cxid == 9);
  from(world, kLearner, RevalidateAsk{kSession, 10000});
  CHECK_FALSE(world.machine->answers.back().valid);
}

TEST_CASE("Leader: a session of a learner ends when nothing is heard of it", "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  open_session(world, kLearner);
  world.pass(8000);
  from(world, kLearner, Touch{kSession, 10000});
  const size_t before = world.machine->proposed.size();

  world.pass(8000);
  CHECK(world.machine->proposed.size() == before);
  world.pass(8000);

  REQUIRE(world.machine->proposed.size() == before + 1);
  const wire::TxnHeader header = header_of(world.machine->proposed.back());
  CHECK(header.type == static_cast<int32_t>(Opcode::kCloseSession));
  CHECK(header.cxid == 0);
}

TEST_CASE("Leader: a sync of its own client waits for the machine", "[core][ensemble]") {
  EnsembleWorld world;
  world.lead();
  const ConnId conn = world.open();
  world.handshake(conn);
  world.commit(world.machine->proposed.back());
  REQUIRE(world.greeting(conn).has_value());

  world.send(conn, 1, Opcode::kSync, wire::SyncRequest{"/"});
  CHECK(world.machine->syncs == 1);
  CHECK_FALSE(world.next(conn).has_value());
  world.wants([](ConsensusEffects& effects) { effects.synced = 1; });

  CHECK(world.next(conn).value().header.xid == 1);
}
