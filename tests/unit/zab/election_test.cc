#include "plugins/consensus/zab/machine/election.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>

namespace zookernel::zab {
namespace {

using wire::ServerState;

struct World {
  explicit World(int64_t self, int voters = 3, int observers = 0)
      : ensemble(make(self, voters, observers)) {}

  static Ensemble make(int64_t self, int voters, int observers) {
    Ensemble made;
    for (int id = 1; id <= voters + observers; ++id)
      made.members.push_back({ServerId{id}, {{"h", 1}}, {{"h", 2}}, std::nullopt, id > voters});
    made.self = ServerId{self};
    return made;
  }
  void hear(int64_t from, ServerState state, int64_t leader, int64_t zxid, int64_t round,
            int64_t peer_epoch, int32_t version = 2) {
    wire::Notification heard;
    heard.state = static_cast<int32_t>(state);
    heard.leader = leader;
    heard.zxid = zxid;
    heard.election_epoch = round;
    heard.peer_epoch = peer_epoch;
    heard.version = version;
    election.on_notification(ServerId{from}, heard, now);
  }
  void pass(int64_t ms) {
    now += ms;
    election.on_tick(now);
  }

  const Ensemble ensemble;
  const QuorumVerifier quorum = QuorumVerifier::of(ensemble).value();
  Election election{ensemble, quorum};
  int64_t now = 0;
};

constexpr ServerState kLooking = ServerState::kLooking;
constexpr ServerState kFollowing = ServerState::kFollowing;
constexpr ServerState kLeading = ServerState::kLeading;

}  // namespace

TEST_CASE("Election: a server votes for itself first, and tells every other voter",
          "[zab][election]") {
  World world(2, 3, 1);
  world.election.look(Zxid{7}, 1, 0);

  const auto messages = world.election.take_messages();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].to == ServerId{1});
  CHECK(messages[0].notification.leader == 2);
  CHECK(messages[0].notification.zxid == 7);
  CHECK(messages[0].notification.peer_epoch == 1);
  CHECK(messages[0].notification.election_epoch == 1);
  CHECK(messages[0].notification.config.ends_with("version=0"));
}

TEST_CASE("Election: a better vote is adopted and told, a worse one is not", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  (void)world.election.take_messages();

  world.hear(1, kLooking, 1, 6, 1, 1);
  CHECK(world.election.take_messages().empty());
  world.hear(3, kLooking, 3, 7, 1, 1);
  CHECK(world.election.take_messages().size() == 2);
  CHECK(world.election.proposal().leader == ServerId{3});
}

TEST_CASE("Election: a quorum that agrees decides after a short wait", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(1, kLooking, 2, 7, 1, 1);

  world.pass(Election::kFinalizeWaitMs - 1);
  CHECK_FALSE(world.election.take_outcome());
  world.pass(1);
  const auto outcome = world.election.take_outcome();
  REQUIRE(outcome);
  CHECK(outcome->state == kLeading);
  CHECK(outcome->leader == ServerId{2});
}

TEST_CASE("Election: a better vote in that wait goes on", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(1, kLooking, 2, 7, 1, 1);
  world.pass(100);
  world.hear(3, kLooking, 3, 9, 1, 1);

  world.pass(Election::kFinalizeWaitMs);
  const auto outcome = world.election.take_outcome();
  REQUIRE(outcome);
  CHECK(outcome->state == kFollowing);
  CHECK(outcome->leader == ServerId{3});
}

TEST_CASE("Election: a later round begins anew, an earlier one is told", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(3, kLooking, 1, 5, 4, 1);
  CHECK(world.election.round() == 4);
  CHECK(world.election.proposal().leader == ServerId{2});
  (void)world.election.take_messages();

  world.hear(1, kLooking, 1, 99, 2, 9);
  const auto messages = world.election.take_messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].to == ServerId{1});
  CHECK(messages[0].notification.election_epoch == 4);
  CHECK(world.election.proposal().leader == ServerId{2});
}

TEST_CASE("Election: silence is answered at growing intervals", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  (void)world.election.take_messages();

  for (const int64_t interval : {200, 400, 800, 1600}) {
    world.pass(interval - 1);
    CHECK(world.election.take_messages().empty());
    world.pass(1);
    CHECK(world.election.take_messages().size() == 2);
  }
}

TEST_CASE("Election: intervals have a limit", "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  for (int i = 0; i < 20; ++i) world.pass(60000);
  CHECK(world.election.wake_at_ms() - world.now <= world.ensemble.notification_max_ms);
}

TEST_CASE("Election: an established ensemble is joined when a quorum and the leader itself say so",
          "[zab][election]") {
  World world(1, 5);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(2, kFollowing, 5, 3, 9, 2);
  world.hear(3, kFollowing, 5, 3, 8, 2);
  world.hear(4, kFollowing, 5, 3, 9, 2);
  CHECK_FALSE(world.election.take_outcome());

  world.hear(5, kLeading, 5, 3, 9, 2);
  const auto outcome = world.election.take_outcome();
  REQUIRE(outcome);
  CHECK(outcome->state == kFollowing);
  CHECK(outcome->leader == ServerId{5});
  CHECK(world.election.round() == 9);
}

TEST_CASE("Election: followers that remember this server as leader do not make it one",
          "[zab][election]") {
  World world(1);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(2, kFollowing, 1, 7, 9, 1);
  world.hear(3, kFollowing, 1, 7, 9, 1);

  CHECK_FALSE(world.election.take_outcome());
}

TEST_CASE("Election: with 3.4, whose votes tell an older epoch, the leader's name is enough",
          "[zab][election]") {
  World world(1);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(2, kFollowing, 3, 3, 9, 1, 0);
  world.hear(3, kLeading, 3, 3, 9, 2);

  REQUIRE(world.election.take_outcome());
}

TEST_CASE("Election: who is settled tells those that look, and keeps quiet otherwise",
          "[zab][election]") {
  World world(2);
  world.election.look(Zxid{7}, 1, 0);
  world.hear(1, kLooking, 2, 7, 1, 1);
  world.pass(200);
  REQUIRE(world.election.take_outcome());
  world.election.established(2);
  (void)world.election.take_messages();

  world.hear(1, kFollowing, 2, 7, 1, 1);
  CHECK(world.election.take_messages().empty());
  world.hear(3, kLooking, 3, 9, 5, 1);
  auto messages = world.election.take_messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].notification.state == 2);
  CHECK(messages[0].notification.leader == 2);
  CHECK(messages[0].notification.election_epoch == 1);
  CHECK(messages[0].notification.peer_epoch == 2);

  // 3.4 compares the epoch that the election was about.
  world.hear(3, kLooking, 3, 9, 5, 1, 0);
  messages = world.election.take_messages();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].notification.peer_epoch == 1);
}

TEST_CASE("Election: somebody in no list is told, and not listened to", "[zab][election]") {
  World world(2, 3, 1);
  world.election.look(Zxid{7}, 1, 0);
  (void)world.election.take_messages();
  world.hear(4, kLooking, 3, 99, 1, 9);
  world.hear(77, kLooking, 77, 99, 1, 9);

  CHECK(world.election.take_messages().size() == 2);
  CHECK(world.election.proposal().leader == ServerId{2});
  // Nor is a vote for somebody in no list.
  world.hear(3, kLooking, 77, 99, 1, 9);
  CHECK(world.election.proposal().leader == ServerId{2});
}

TEST_CASE("Election: an observer finds the leader by what others say, and its vote is nobody's",
          "[zab][election]") {
  World world(4, 3, 1);
  world.election.look(Zxid{7}, 1, 0);
  const auto messages = world.election.take_messages();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].notification.leader == std::numeric_limits<int64_t>::min());
  CHECK(messages[0].notification.zxid == std::numeric_limits<int64_t>::min());

  world.hear(1, kFollowing, 3, 3, 9, 2);
  world.hear(3, kLeading, 3, 3, 9, 2);
  const auto outcome = world.election.take_outcome();
  REQUIRE(outcome);
  CHECK(outcome->state == ServerState::kObserving);
}

TEST_CASE("Election: a server without history decides nothing", "[zab][election]") {
  World empty(1);
  empty.election.look(Zxid{-1}, 0, 0);
  empty.hear(2, kLooking, 2, 7, 1, 1);
  empty.hear(3, kLooking, 2, 7, 1, 1);
  empty.pass(200);
  CHECK_FALSE(empty.election.take_outcome());

  World other(2);
  other.election.look(Zxid{7}, 1, 0);
  other.hear(1, kLooking, 2, -1, 1, 1);
  other.pass(200);
  CHECK_FALSE(other.election.take_outcome());
}

TEST_CASE("Election: one voter elects itself", "[zab][election]") {
  World world(1, 1);
  world.election.look(Zxid{7}, 1, 0);
  world.pass(200);
  const auto outcome = world.election.take_outcome();
  REQUIRE(outcome);
  CHECK(outcome->state == kLeading);
}

}  // namespace zookernel::zab
