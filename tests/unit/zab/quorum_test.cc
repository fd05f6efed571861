#include "plugins/consensus/zab/machine/quorum.h"

#include <catch2/catch_test_macros.hpp>
#include <initializer_list>

namespace zookernel::zab {
namespace {

Ensemble ensemble(int voters, int observers = 0) {
  Ensemble made;
  for (int id = 1; id <= voters + observers; ++id)
    made.members.push_back({ServerId{id}, {{"h", 1}}, {{"h", 2}}, std::nullopt, id > voters});
  return made;
}

ServerSet set(std::initializer_list<int64_t> ids) {
  ServerSet made;
  for (const int64_t id : ids) made.add(ServerId{id});
  return made;
}

}  // namespace

TEST_CASE(
    "QuorumVerifier: more than half of the voters decide, observers and strangers do not count",
    "[zab][quorum]") {
  const QuorumVerifier quorum = QuorumVerifier::of(ensemble(4, 2)).value();

  CHECK(quorum.is_quorum(set({1, 2, 3})));
  CHECK_FALSE(quorum.is_quorum(set({1, 2})));
  CHECK_FALSE(quorum.is_quorum(set({1, 2, 5, 6, 99})));
  CHECK(quorum.weight(ServerId{1}) == 1);
  CHECK(quorum.weight(ServerId{5}) == 0);
}

TEST_CASE("QuorumVerifier: groups decide by weight, and more than half of them must",
          "[zab][quorum]") {
  Ensemble nine = ensemble(9);
  nine.groups = {{1, {ServerId{1}, ServerId{2}, ServerId{3}}},
                 {2, {ServerId{4}, ServerId{5}, ServerId{6}}},
                 {3, {ServerId{7}, ServerId{8}, ServerId{9}}}};
  const QuorumVerifier quorum = QuorumVerifier::of(nine).value();

  CHECK(quorum.is_quorum(set({1, 2, 4, 5})));
  CHECK_FALSE(quorum.is_quorum(set({1, 2, 3, 4, 7})));
}

TEST_CASE("QuorumVerifier: half of a group's weight is rounded down, as Apache does",
          "[zab][quorum]") {
  Ensemble three = ensemble(3);
  three.groups = {{1, {ServerId{1}, ServerId{2}, ServerId{3}}}};
  three.weights = {{ServerId{1}, 3}, {ServerId{2}, 1}, {ServerId{3}, 1}};
  const QuorumVerifier quorum = QuorumVerifier::of(three).value();

  CHECK(quorum.is_quorum(set({1})));
  CHECK_FALSE(quorum.is_quorum(set({2, 3})));
}

TEST_CASE("QuorumVerifier: a group that weighs nothing is no group", "[zab][quorum]") {
  Ensemble three = ensemble(3);
  three.groups = {{1, {ServerId{1}}}, {2, {ServerId{2}}}, {3, {ServerId{3}}}};
  three.weights = {{ServerId{3}, 0}};
  const QuorumVerifier quorum = QuorumVerifier::of(three).value();

  CHECK(quorum.is_quorum(set({1, 2})));
  CHECK_FALSE(quorum.is_quorum(set({1, 3})));
  CHECK(quorum.weight(ServerId{3}) == 0);
}

TEST_CASE("QuorumVerifier: groups that are no partition of the voters are refused",
          "[zab][quorum]") {
  Ensemble missing = ensemble(3);
  missing.groups = {{1, {ServerId{1}, ServerId{2}}}};
  const auto without = QuorumVerifier::of(missing);
  REQUIRE_FALSE(without.ok());
  CHECK(without.error().message.find("server.3") != std::string::npos);

  Ensemble twice = ensemble(2);
  twice.groups = {{1, {ServerId{1}, ServerId{2}}}, {2, {ServerId{2}}}};
  const auto doubled = QuorumVerifier::of(twice);
  REQUIRE_FALSE(doubled.ok());
  CHECK(doubled.error().message.find("two groups") != std::string::npos);

  Ensemble negative = ensemble(1);
  negative.groups = {{1, {ServerId{1}}}};
  negative.weights = {{ServerId{1}, -1}};
  CHECK_FALSE(QuorumVerifier::of(negative).ok());

  Ensemble stranger = ensemble(1);
  stranger.weights = {{ServerId{9}, 1}};
  CHECK_FALSE(QuorumVerifier::of(stranger).ok());
}

TEST_CASE("ServerSet: holds each id once, in order", "[zab][quorum]") {
  ServerSet ids = set({3, 1, 2});
  CHECK_FALSE(ids.add(ServerId{2}));
  ids.remove(ServerId{1});

  CHECK(std::vector<ServerId>(ids.begin(), ids.end()) ==
        std::vector<ServerId>{ServerId{2}, ServerId{3}});
}

}  // namespace zookernel::zab
