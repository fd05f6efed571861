#include "plugins/consensus/zab/machine/vote.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::zab {
namespace {

QuorumVerifier verifier(bool third_weighs_nothing = false) {
  Ensemble three;
  for (int id = 1; id <= 3; ++id)
    three.members.push_back({ServerId{id}, {{"h", 1}}, {{"h", 2}}, std::nullopt, false});
  if (third_weighs_nothing) {
    three.groups = {{1, {ServerId{1}, ServerId{2}, ServerId{3}}}};
    three.weights = {{ServerId{3}, 0}};
  }
  return QuorumVerifier::of(three).value();
}

Vote vote(int64_t leader, int64_t zxid, int64_t peer_epoch, int64_t round = 1) {
  return {ServerId{leader}, Zxid{zxid}, round, peer_epoch};
}

}  // namespace

TEST_CASE("is_better: epoch before zxid before id", "[zab][vote]") {
  const QuorumVerifier quorum = verifier();
  CHECK(is_better(vote(1, 1, 2), vote(3, 9, 1), quorum));
  CHECK(is_better(vote(1, 9, 1), vote(3, 1, 1), quorum));
  CHECK(is_better(vote(3, 1, 1), vote(1, 1, 1), quorum));
  CHECK_FALSE(is_better(vote(1, 1, 1), vote(1, 1, 1), quorum));
}

TEST_CASE("is_better: a server without weight never is", "[zab][vote]") {
  CHECK_FALSE(is_better(vote(3, 9, 9), vote(1, 1, 1), verifier(true)));
}

TEST_CASE("is_same: while somebody looks, everything must agree", "[zab][vote]") {
  using wire::ServerState;
  CHECK(is_same({vote(1, 1, 1)}, {vote(1, 1, 1)}));
  CHECK_FALSE(is_same({vote(1, 1, 1, 1)}, {vote(1, 1, 1, 2)}));
  CHECK_FALSE(is_same({vote(1, 1, 1)}, {vote(1, 2, 1), ServerState::kFollowing}));
}

TEST_CASE("is_same: of settled servers leader and epoch count, and with 3.4 only the leader",
          "[zab][vote]") {
  using wire::ServerState;
  const StatedVote leading = {vote(1, 1, 1, 1), ServerState::kLeading, 2};
  CHECK(is_same(leading, {vote(1, 5, 1, 7), ServerState::kFollowing, 2}));
  CHECK_FALSE(is_same(leading, {vote(1, 1, 2, 1), ServerState::kFollowing, 2}));
  CHECK(is_same(leading, {vote(1, 1, 2, 1), ServerState::kFollowing, 0}));
  CHECK_FALSE(is_same(leading, {vote(2, 1, 1, 1), ServerState::kFollowing, 0}));
}

}  // namespace zookernel::zab
