#include "plugins/consensus/standalone/standalone.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel;
using namespace zookernel::standalone;

namespace {

ConsensusInput propose(int64_t zxid) {
  return Propose{{Zxid{zxid}, SharedBytes(Bytes("txn"))}};
}

}  // namespace

TEST_CASE("StandaloneMachine: the first tick makes it serve from the end of the log",
          "[consensus][standalone]") {
  StandaloneMachine machine(Zxid{7});
  ConsensusEffects effects;

  machine.step(Tick{1, 1}, effects);
  machine.step(Tick{2, 2}, effects);

  REQUIRE(effects.roles.size() == 1);
  CHECK(effects.roles[0].role == Role::kStandalone);
  CHECK(effects.roles[0].last == Zxid{7});
  CHECK(effects.wake_at_ms == INT64_MAX);
}

TEST_CASE("StandaloneMachine: proposals of one batch share a Persist, those of the next do not",
          "[consensus][standalone]") {
  StandaloneMachine machine(Zxid{0});
  ConsensusEffects effects;
  machine.step(Tick{}, effects);
  machine.step(propose(1), effects);
  machine.step(propose(2), effects);
  REQUIRE(effects.persist.size() == 1);
  CHECK(effects.persist[0].append.size() == 2);
  CHECK(effects.persist[0].ticket == 1);

  effects.persist.clear();
  machine.step(propose(3), effects);
  REQUIRE(effects.persist.size() == 1);
  CHECK(effects.persist[0].ticket == 2);
  CHECK(effects.commit.empty());
}

TEST_CASE("StandaloneMachine: what is durable is committed, in order and once",
          "[consensus][standalone]") {
  StandaloneMachine machine(Zxid{0});
  ConsensusEffects effects;
  machine.step(Tick{}, effects);
  for (int64_t zxid = 1; zxid <= 3; ++zxid) {
    effects.persist.clear();
    machine.step(propose(zxid), effects);
  }

  machine.step(Durable{2}, effects);
  REQUIRE(effects.commit.size() == 2);
  CHECK(effects.commit[0].zxid == Zxid{1});
  CHECK(effects.commit[1].zxid == Zxid{2});

  effects.commit.clear();
  machine.step(Durable{3}, effects);
  REQUIRE(effects.commit.size() == 1);
  CHECK(effects.commit[0].zxid == Zxid{3});
}

TEST_CASE("StandaloneMachine: a Persist has a limit of records", "[consensus][standalone]") {
  StandaloneMachine machine(Zxid{0});
  ConsensusEffects effects;
  machine.step(Tick{}, effects);
  for (int64_t zxid = 1; zxid <= 1001; ++zxid) machine.step(propose(zxid), effects);

  REQUIRE(effects.persist.size() == 2);
  CHECK(effects.persist[0].append.size() == StandaloneMachine::kRecordsPerPersist);
  CHECK(effects.persist[1].ticket == 2);
}

TEST_CASE("StandaloneConsensus: an ensemble is refused", "[consensus][standalone]") {
  Ensemble ensemble;
  ensemble.members.resize(3);
  const auto opened = StandaloneConsensus().open(ensemble, {}, Zxid{0}, 1);

  REQUIRE(!opened.ok());
  CHECK(opened.error().message.find("3 server lines") != std::string::npos);
}
