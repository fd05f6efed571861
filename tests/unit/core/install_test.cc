#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/core/ensemble_world.h"

using namespace zookernel;
using namespace zookernel::test;

namespace {

constexpr ConnId kLearner{7};

// The tree of a leader that is `znodes` large, as it goes over the wire, without the end mark.
std::string stream_of(EnsembleWorld& world, size_t slice = 1000) {
  world.wants([](ConsensusEffects& effects) { effects.stream_snapshot.push_back(kLearner); });
  std::string all;
  for (bool last = false; !last;) {
    world.step(core::StreamSlice{kLearner, slice});
    REQUIRE(world.streams.size() == 1);
    all += world.streams.back().bytes.view();
    last = world.streams.back().last;
    world.streams.clear();
  }
  const std::string mark = std::string("\0\0\0\x0a", 4) + "BenWasHere";
  REQUIRE(all.ends_with(mark));
  all.resize(all.size() - mark.size());
  return all;
}

void grow(EnsembleWorld& world, int znodes) {
  world.commit(world.next_record(SessionId{0x55}, 1, create_session(9000)));
  for (int i = 0; i < znodes; ++i) {
    Create made;
    made.path = "/n" + std::to_string(i);
    made.data = std::string(static_cast<size_t>(i * 37 % 900), 'x');
    made.ephemeral = i % 5 == 0;
    if (i % 7 == 0) made.acl = world_acl(1 + i % 31);
    world.commit(world.next_record(SessionId{0x55}, 2 + i, create(made)));
  }
}

void install(EnsembleWorld& world, const std::string& tree, Zxid zxid, size_t piece, size_t most) {
  for (size_t at = 0; at < most; at += piece) {
    const std::string bytes = tree.substr(at, std::min(piece, most - at));
    world.wants([&](ConsensusEffects& effects) {
      InstallSnapshot one;
      one.zxid = zxid;
      one.bytes.append(bytes);
      one.begin = at == 0;
      one.last = at + bytes.size() == tree.size();
      effects.install.push_back(std::move(one));
      if (at + bytes.size() != tree.size()) return;
      Persist save;
      save.snapshot = true;
      save.ticket = 1;
      effects.persist.push_back(std::move(save));
    });
  }
}

std::string file_of(const EnsembleWorld& world) {
  std::string file;
  for (const core::InstallPiece& piece : world.installs) {
    if (piece.begin) file.clear();
    file += piece.bytes.view();
  }
  return file;
}

}  // namespace

TEST_CASE("Install: the leader's tree takes the place of ours, whatever pieces it comes in",
          "[core][ensemble]") {
  EnsembleWorld leader;
  leader.lead();
  grow(leader, 60);
  const std::string tree = stream_of(leader, 7);
  const size_t piece = GENERATE(size_t{1}, size_t{13}, size_t{4096}, size_t{1} << 20);
  EnsembleWorld learner;
  learner.commit(learner.next_record(SessionId{1}, 1, create("/mine")));

  install(learner, tree, leader.server().last_zxid(), piece, tree.size());

  CHECK(learner.server().last_zxid() == leader.server().last_zxid());
  CHECK(learner.server().tree_digest() == leader.server().tree_digest());
  CHECK(learner.server().node_count() == leader.server().node_count());
  CHECK(learner.server().session_count() == 1);
  CHECK(learner.server().ephemeral_count() == leader.server().ephemeral_count());
  CHECK(learner.persists.size() == 1);
  CHECK(learner.installs.back().last);

  // What is to be written is a snapshot that any server reads.
  EnsembleWorld other;
  other.server().begin_rebuild();
  const std::string file = file_of(learner);
  size_t at = 0;
  const Status loaded = other.server().load_snapshot(
      leader.server().last_zxid(), [&](char* to, size_t count) -> Result<size_t> {
        const size_t some = std::min(count, file.size() - at);
        file.copy(to, some, at);
        at += some;
        return some;
      });
  REQUIRE(loaded.ok());
  CHECK(other.server().tree_digest() == leader.server().tree_digest());
}

TEST_CASE("Install: a tree that breaks off leaves everything as it was", "[core][ensemble]") {
  EnsembleWorld leader;
  leader.lead();
  grow(leader, 20);
  const std::string tree = stream_of(leader);
  EnsembleWorld learner;
  learner.commit(learner.next_record(SessionId{1}, 1, create("/mine")));
  const uint64_t digest = learner.server().tree_digest();

  install(learner, tree, leader.server().last_zxid(), 100, tree.size() / 2);
  learner.role(Role::kLooking, learner.server().last_zxid());

  CHECK(learner.server().tree_digest() == digest);
  CHECK(learner.server().last_zxid() == Zxid{1});
  // And another one may begin.
  install(learner, tree, leader.server().last_zxid(), 100, tree.size() / 3);
  install(learner, tree, leader.server().last_zxid(), 100, tree.size());
  CHECK(learner.server().tree_digest() == leader.server().tree_digest());
}

TEST_CASE("Install: a tree that cannot be understood is refused, and nothing of it is saved",
          "[core][ensemble]") {
  EnsembleWorld leader;
  leader.lead();
  grow(leader, 20);
  std::string tree = stream_of(leader);
  const size_t twice = tree.find("/n3");
  REQUIRE(twice != std::string::npos);
  tree.replace(twice, 3, "/n4");
  EnsembleWorld learner;
  learner.commit(learner.next_record(SessionId{1}, 1, create("/mine")));
  const uint64_t digest = learner.server().tree_digest();

  install(learner, tree, leader.server().last_zxid(), tree.size(), tree.size());

  CHECK(learner.machine->failed_installs == 1);
  CHECK(learner.persists.empty());
  CHECK(learner.server().tree_digest() == digest);
}

TEST_CASE("Install: a snapshot of the tree that goes is abandoned", "[core][ensemble]") {
  EnsembleWorld leader;
  leader.lead();
  grow(leader, 20);
  const std::string tree = stream_of(leader);
  EnsembleWorld learner;
  learner.follow();
  learner.step(core::SnapshotBegin{});
  learner.role(Role::kLooking, learner.server().last_zxid());
  REQUIRE(learner.server().snapshot_running());

  install(learner, tree, leader.server().last_zxid(), tree.size(), tree.size());

  CHECK_FALSE(learner.server().snapshot_running());
  REQUIRE(learner.snapshot.size() == 1);
  CHECK(learner.snapshot.front().abandoned);
}

TEST_CASE("Install: a stream ends with its connection and with the role", "[core][ensemble]") {
  EnsembleWorld leader;
  leader.lead();
  leader.wants([](ConsensusEffects& effects) { effects.stream_snapshot.push_back(kLearner); });
  SECTION("closed") {
    leader.step(Closed{kLearner});
  }
  SECTION("role") {
    leader.role(Role::kLooking, leader.server().last_zxid());
  }

  leader.step(core::StreamSlice{kLearner, 10});

  CHECK(leader.streams.empty());
}

TEST_CASE("Install: a tree is rebuilt from its snapshot after a rewind", "[core][ensemble]") {
  EnsembleWorld world;
  world.commit(world.next_record(SessionId{1}, 1, create("/kept")));
  const uint64_t digest = world.server().tree_digest();
  world.commit(world.next_record(SessionId{1}, 2, create("/taken-back")));

  world.server().begin_rebuild();
  CHECK(world.server().last_zxid() == Zxid{0});
  const LogRecord again = world.next_record(SessionId{1}, 1, create("/kept"));
  REQUIRE(world.server().replay(again.body.view()).ok());
  world.step(Rewound{world.server().last_zxid()});

  CHECK(world.server().tree_digest() == digest);
  CHECK(world.server().last_zxid() == Zxid{1});
}
