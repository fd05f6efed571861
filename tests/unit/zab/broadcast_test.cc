#include "plugins/consensus/zab/machine/broadcast.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::zab {
namespace {

QuorumVerifier three() {
  Ensemble made;
  for (int id = 1; id <= 3; ++id)
    made.members.push_back({ServerId{id}, {{"h", 1}}, {{"h", 2}}, std::nullopt, false});
  return QuorumVerifier::of(made).value();
}

}  // namespace

TEST_CASE("Broadcast: commits in order, even when a later one has its quorum first",
          "[zab][broadcast]") {
  const QuorumVerifier quorum = three();
  Broadcast broadcast(quorum);
  broadcast.propose(Zxid{11});
  broadcast.propose(Zxid{12});
  Broadcast::Committed committed;

  broadcast.acknowledge(ServerId{1}, Zxid{12});
  broadcast.acknowledge(ServerId{2}, Zxid{12});
  CHECK_FALSE(broadcast.next_committed(committed));

  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.acknowledge(ServerId{2}, Zxid{11});
  REQUIRE(broadcast.next_committed(committed));
  CHECK(committed.zxid == Zxid{11});
  REQUIRE(broadcast.next_committed(committed));
  CHECK(committed.zxid == Zxid{12});
  CHECK(broadcast.outstanding() == 0);
}

TEST_CASE("Broadcast: a server counts once, and what is not outstanding is ignored",
          "[zab][broadcast]") {
  const QuorumVerifier quorum = three();
  Broadcast broadcast(quorum);
  Broadcast::Committed committed;
  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.propose(Zxid{11});
  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.acknowledge(ServerId{2}, Zxid{12});

  CHECK_FALSE(broadcast.next_committed(committed));
}

TEST_CASE("Broadcast: what a server acknowledged can be taken back", "[zab][broadcast]") {
  const QuorumVerifier quorum = three();
  Broadcast broadcast(quorum);
  Broadcast::Committed committed;
  broadcast.propose(Zxid{11});
  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.forget(ServerId{1});
  broadcast.acknowledge(ServerId{2}, Zxid{11});

  CHECK_FALSE(broadcast.next_committed(committed));
}

TEST_CASE("Broadcast: a sync waits for the last proposal, or not at all", "[zab][broadcast]") {
  const QuorumVerifier quorum = three();
  Broadcast broadcast(quorum);
  Broadcast::Committed committed;
  CHECK_FALSE(broadcast.wait_for_sync({ConnId{5}}));

  broadcast.propose(Zxid{11});
  CHECK(broadcast.wait_for_sync({ConnId{5}}));
  broadcast.acknowledge(ServerId{1}, Zxid{11});
  broadcast.acknowledge(ServerId{2}, Zxid{11});
  REQUIRE(broadcast.next_committed(committed));
  REQUIRE(committed.syncs.size() == 1);
  CHECK(committed.syncs[0].learner == ConnId{5});
}

}  // namespace zookernel::zab
