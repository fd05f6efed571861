#include "plugins/consensus/zab/machine/election_links.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace zookernel::zab {
namespace {

struct World {
  explicit World(int64_t self) : ensemble(make(self)) {}

  static Ensemble make(int64_t self) {
    Ensemble made;
    for (int id = 1; id <= 3; ++id) {
      const std::string host = "n" + std::to_string(id);
      made.members.push_back({ServerId{id}, {{host, 1}}, {{host, 3888}}, std::nullopt, false});
    }
    made.self = ServerId{self};
    return made;
  }
  static std::string hello(int64_t id, int64_t protocol = wire::kElectionProtocolV1,
                           const std::string& address = "host:3888") {
    Buffer bytes;
    wire::Writer writer(bytes);
    wire::write_hello(writer, {protocol, id, address});
    return std::string(bytes.view());
  }
  static std::string message(int64_t leader) {
    Buffer bytes;
    wire::Writer writer(bytes);
    wire::Notification vote;
    vote.leader = leader;
    vote.config = "version=0";
    wire::write_notification(writer, vote);
    return std::string(bytes.view());
  }
  void vote(int64_t to) { links.send(ServerId{to}, {}, out); }
  void open(uint64_t conn, uint64_t dial = 0) {
    links.on_opened({ConnId{conn}, Channel::kElection, {}, dial}, out);
  }
  void receive(uint64_t conn, const std::string& bytes) {
    links.on_received(ConnId{conn}, bytes, out, heard);
  }

  const Ensemble ensemble;
  ElectionLinks links{ensemble};
  ConsensusEffects effects;
  Outlet::Counters counters;
  Outlet out{effects, counters, 0};
  std::vector<ElectionLinks::Heard> heard;
};

}  // namespace

TEST_CASE("ElectionLinks: a message dials, once, and goes out after the hello", "[zab][links]") {
  World world(3);
  world.vote(1);
  world.vote(1);
  REQUIRE(world.effects.dial.size() == 1);
  CHECK(world.effects.dial[0].to.host == "n1");

  world.open(10, world.effects.dial[0].token);
  REQUIRE(world.effects.send.size() == 2);
  CHECK(std::string(world.effects.send[0].bytes.view()) ==
        World::hello(3, wire::kElectionProtocolV1, "n3:3888"));
  CHECK(world.links.connected(ServerId{1}));
}

TEST_CASE("ElectionLinks: a connection to a larger id is closed after the hello", "[zab][links]") {
  World world(1);
  world.vote(3);
  world.open(10, world.effects.dial[0].token);

  CHECK(world.effects.send.size() == 1);
  REQUIRE(world.effects.close.size() == 1);
  CHECK(world.effects.close[0] == ConnId{10});
  CHECK_FALSE(world.links.connected(ServerId{3}));

  // It dials back, and gets what waited.
  world.open(11);
  world.receive(11, World::hello(3));
  CHECK(world.links.connected(ServerId{3}));
  CHECK(world.effects.send.size() == 2);
}

TEST_CASE("ElectionLinks: a smaller id that dials is dialled back", "[zab][links]") {
  World world(3);
  world.open(10);
  world.receive(10, World::hello(1));

  REQUIRE(world.effects.close.size() == 1);
  REQUIRE(world.effects.dial.size() == 1);
  CHECK(world.effects.dial[0].to.host == "n1");
}

TEST_CASE("ElectionLinks: a larger id that dials again replaces its connection", "[zab][links]") {
  World world(1);
  for (uint64_t conn : {10, 11}) {
    world.open(conn);
    world.receive(conn, World::hello(3));
  }
  REQUIRE(world.effects.close.size() == 1);
  CHECK(world.effects.close[0] == ConnId{10});
  CHECK(world.links.connected(ServerId{3}));
}

TEST_CASE("ElectionLinks: what was said last is said again on a new connection", "[zab][links]") {
  World world(1);
  world.open(10);
  world.receive(10, World::hello(3));
  world.vote(3);
  CHECK(world.links.on_closed(ConnId{10}));
  const size_t sent = world.effects.send.size();
  world.open(11);
  world.receive(11, World::hello(3));

  CHECK(world.effects.send.size() == sent + 1);
}

TEST_CASE("ElectionLinks: messages are heard, in any pieces and of every release", "[zab][links]") {
  World world(1);
  world.open(10);
  const std::string all = World::hello(3, 0) + World::message(2) + World::message(3);
  for (const char byte : all) world.receive(10, std::string(1, byte));

  REQUIRE(world.heard.size() == 2);
  CHECK(world.heard[0].from == ServerId{3});
  CHECK(world.heard[0].notification.leader == 2);
  CHECK(world.heard[1].notification.leader == 3);

  world.open(11);
  world.receive(11, World::hello(3, wire::kElectionProtocolV2, "a:1|b:2") + World::message(1));
  CHECK(world.heard.size() == 3);
}

TEST_CASE("ElectionLinks: nonsense closes its connection and nothing else", "[zab][links]") {
  World world(1);
  world.open(9);
  world.receive(9, World::hello(3));
  world.open(10);
  world.receive(10, std::string("\x80\x00\x00\x00\x00\x00\x00\x01", 8));
  world.open(11);
  world.receive(11, World::hello(2) + std::string("\xff\xff\xff\xff", 4));
  world.open(12);
  world.receive(12, World::hello(1));

  CHECK(world.effects.close.size() == 3);
  CHECK(world.links.connected(ServerId{3}));
}

TEST_CASE("ElectionLinks: a message that cannot be understood is skipped", "[zab][links]") {
  World world(1);
  world.open(10);
  world.receive(10, World::hello(3) + std::string("\0\0\0\2xx", 6) + World::message(2));

  REQUIRE(world.heard.size() == 1);
  CHECK(world.links.connected(ServerId{3}));
}

TEST_CASE("ElectionLinks: a connection that says nothing is closed in time", "[zab][links]") {
  World world(1);
  world.open(10);
  CHECK(world.links.wake_at_ms() == ElectionLinks::kHelloWaitMs);
  Outlet later(world.effects, world.counters, ElectionLinks::kHelloWaitMs);
  world.links.on_tick(later);

  REQUIRE(world.effects.close.size() == 1);
  CHECK(world.links.wake_at_ms() == INT64_MAX);
}

TEST_CASE("ElectionLinks: connections that said nothing have a limit", "[zab][links]") {
  World world(1);
  for (uint64_t conn = 1; conn <= ElectionLinks::kUnknownMax + 5; ++conn) world.open(conn);
  CHECK(world.effects.close.size() == 5);
}

TEST_CASE("ElectionLinks: observers without an id get ids of their own, and answers",
          "[zab][links]") {
  World world(1);
  for (uint64_t conn : {10, 11}) {
    world.open(conn);
    world.receive(conn, World::hello(wire::kAnonymousObserverId) + World::message(2));
  }
  REQUIRE(world.heard.size() == 2);
  CHECK(world.heard[0].from == ServerId{-1});
  CHECK(world.heard[1].from == ServerId{-2});
  world.vote(-2);
  REQUIRE(world.effects.send.size() == 1);
  CHECK(world.effects.send[0].conn == ConnId{11});
}

TEST_CASE("ElectionLinks: a stranger with a smaller id is dialled where it says it is",
          "[zab][links]") {
  World world(3);
  world.open(10);
  world.receive(10, World::hello(0, wire::kElectionProtocolV1, "0.0.0.0:1|[::2]:7"));
  REQUIRE(world.effects.dial.size() == 1);
  CHECK(world.effects.dial[0].to.host == "::2");
  CHECK(world.effects.dial[0].to.port == 7);

  CHECK(world.links.on_dial_failed(world.effects.dial[0].token, world.out));
  world.vote(0);
  CHECK(world.effects.dial.size() == 1);
}

TEST_CASE("ElectionLinks: all addresses of a server are tried", "[zab][links]") {
  Ensemble two = World::make(3);
  two.members[0].election = {{"a", 1}, {"b", 1}};
  two.members[0].quorum = {{"a", 2}, {"b", 2}};
  ElectionLinks links(two);
  ConsensusEffects effects;
  Outlet::Counters counters;
  Outlet out(effects, counters, 0);
  links.send(ServerId{1}, {}, out);
  CHECK(links.on_dial_failed(effects.dial[0].token, out));
  REQUIRE(effects.dial.size() == 2);
  CHECK(effects.dial[1].to.host == "b");
  CHECK(links.on_dial_failed(effects.dial[1].token, out));
  CHECK(effects.dial.size() == 2);
  CHECK_FALSE(links.on_dial_failed(77, out));
}

}  // namespace zookernel::zab
