#include "kernel/shell/peer_work.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;
using zookernel::shell::testing::MemoryTransport;

namespace {

Buffer buffer(const std::string& text) {
  Buffer made;
  made.append(text);
  return made;
}

// The work around a server that only writes down its inputs. No thread runs.
struct Bench {
  Bench() {
    work.begin({peers, log_writer, log_reads, snapshotter,
                [this] {
                  ++rebuilt;
                  return Zxid{41};
                }},
               [this](const core::Input& input) { note(input); });
  }

  void note(const core::Input& input) {
    if (const auto* opened = std::get_if<Opened>(&input))
      inputs.push_back("opened " + std::to_string(opened->conn.value));
    else if (const auto* received = std::get_if<Received>(&input))
      inputs.push_back("received " + std::string(received->bytes));
    else if (const auto* closed = std::get_if<Closed>(&input))
      inputs.push_back("closed " + std::to_string(closed->conn.value));
    else if (const auto* failed = std::get_if<DialFailed>(&input))
      inputs.push_back("failed " + std::to_string(failed->dial));
    else if (const auto* slice = std::get_if<core::StreamSlice>(&input))
      inputs.push_back("slice " + std::to_string(slice->conn.value));
    else if (const auto* sent = std::get_if<SnapshotSent>(&input))
      inputs.push_back("sent " + std::to_string(sent->conn.value));
    else if (const auto* rewound = std::get_if<Rewound>(&input))
      inputs.push_back("rewound " + std::to_string(rewound->last.value));
    else if (const auto* read = std::get_if<LogRead>(&input))
      inputs.push_back("log " + std::to_string(read->records.size()));
  }
  std::vector<std::string> taken() { return std::exchange(inputs, {}); }
  // A connection of the quorum channel that the other side opened.
  ConnId connection(uint64_t id) {
    transport.peers[id] = {};
    peers.on_open(ConnId{id}, Channel::kQuorum, {"10.0.0.2", 2888, false});
    return ConnId{id};
  }

  const Ensemble ensemble;
  MemoryTransport transport;
  MemoryLogger log;
  MemoryStorage storage;
  MetricsRegistry metrics;
  Inbox inbox{[] {}};
  Snapshotter snapshotter{storage, log, metrics, {}, [] {}};
  LogWriter log_writer{storage, inbox, metrics, {}, [](const Error&) {}};
  LogReads log_reads{storage, log_writer, snapshotter, inbox, log, 0.5};
  PeerWork work{transport, log, std::nullopt};
  Peers peers{transport, ensemble, work, log, 5000};
  std::vector<std::string> inputs;
  int rebuilt = 0;
  core::Effects effects;
};

}  // namespace

TEST_CASE("PeerWork: what other servers do reaches the server", "[shell][peer_work]") {
  Bench bench;
  const ConnId conn = bench.connection(9);
  bench.peers.on_bytes(conn, "bytes");
  bench.peers.on_close(conn, {Errc::kClosed, "gone"});
  bench.effects.consensus.dial.push_back({Channel::kElection, {"zk2", 3888}, 5});
  bench.work.carry_out(bench.effects, 0);
  bench.transport.fail(0, "refused");
  CHECK(bench.taken() ==
        std::vector<std::string>{"opened 9", "received bytes", "closed 9", "failed 5"});

  PeerMessage copied = PeerBytes{ConnId{9}, buffer("copied")};
  bench.work.take(copied);
  CHECK(bench.taken() == std::vector<std::string>{"received copied"});
}

TEST_CASE("PeerWork: packets keep their order, and a tree comes behind them",
          "[shell][peer_work]") {
  Bench bench;
  const ConnId a = bench.connection(1), b = bench.connection(2);
  auto& sends = bench.effects.consensus.send;
  sends.push_back({a, buffer("1")});
  sends.push_back({b, buffer("x")});
  sends.push_back({a, buffer("2")});
  sends.push_back({a, buffer(std::string(PeerWork::kJoinedBytesMax, '3'))});
  sends.push_back({a, buffer("4")});
  bench.effects.streams.push_back({a, buffer("tree"), false});
  bench.effects.consensus.close.push_back(b);
  bench.work.carry_out(bench.effects, 0);
  CHECK(bench.transport.peers[1].answer ==
        "12" + std::string(PeerWork::kJoinedBytesMax, '3') + "4tree");
  CHECK(bench.transport.peers[2].answer == "x");
  CHECK(bench.transport.peers[2].closed);
}

TEST_CASE("PeerWork: a tree leaves at the pace at which it is taken", "[shell][peer_work]") {
  Bench bench;
  const ConnId conn = bench.connection(1);
  bench.taken();
  bench.effects.consensus.stream_snapshot.push_back(conn);
  bench.work.carry_out(bench.effects, 0);
  bench.effects.clear();
  bench.work.advance(true, 0);
  CHECK(bench.taken() == std::vector<std::string>{"slice 1"});
  bench.work.advance(true, 0);  // not before it was answered
  CHECK(bench.taken().empty());

  bench.effects.streams.push_back({conn, buffer("piece"), false});
  bench.work.carry_out(bench.effects, 0);
  bench.effects.clear();
  bench.transport.peers[1].not_taken = PeerWork::kUnsentHigh + 1;
  bench.work.advance(true, 0);
  CHECK(bench.taken().empty());
  CHECK(bench.work.wake_at_ms(100) > 100);
  bench.transport.peers[1].not_taken = 0;
  CHECK(bench.work.wake_at_ms(100) == 100);
  bench.work.advance(true, 0);
  CHECK(bench.taken() == std::vector<std::string>{"slice 1"});

  bench.effects.streams.push_back({conn, buffer("end"), true});
  bench.work.carry_out(bench.effects, 0);
  bench.effects.clear();
  CHECK(bench.work.wake_at_ms(100) == 100);
  bench.work.advance(true, 0);
  CHECK(bench.taken() == std::vector<std::string>{"sent 1"});
  bench.work.advance(true, 0);
  CHECK(bench.taken().empty());
}

TEST_CASE("PeerWork: a tree that nobody wants any more is not asked for again",
          "[shell][peer_work]") {
  Bench bench;
  const ConnId conn = bench.connection(1);
  bench.taken();
  bench.effects.consensus.stream_snapshot.push_back(conn);
  bench.work.carry_out(bench.effects, 0);
  bench.effects.clear();
  bench.work.advance(true, 0);
  bench.work.carry_out(bench.effects, 0);  // no piece came
  bench.taken();
  bench.work.advance(true, 0);
  CHECK(bench.taken().empty());
}

TEST_CASE("PeerWork: the tree is rebuilt when everything asked for before is durable",
          "[shell][peer_work]") {
  Bench bench;
  bench.effects.consensus.rewind = true;
  bench.work.carry_out(bench.effects, 0);
  bench.effects.clear();
  bench.work.advance(false, 0);
  CHECK(bench.rebuilt == 0);
  bench.work.advance(true, 0);
  CHECK(bench.taken() == std::vector<std::string>{"rewound 41"});
  bench.work.advance(true, 0);
  CHECK(bench.rebuilt == 1);
}

TEST_CASE("PeerWork: the leader is not heard while the disk is far behind, the election is",
          "[shell][peer_work]") {
  Bench bench;
  bench.connection(1);
  bench.transport.peers[2] = {};
  bench.peers.on_open(ConnId{2}, Channel::kElection, {"10.0.0.2", 3888, false});
  core::InstallPiece piece;
  piece.begin = true;
  piece.bytes = buffer(std::string(Snapshotter::kQueuedBytesMax, 't'));
  bench.effects.installs.push_back(std::move(piece));
  bench.work.before_persists(bench.effects);
  bench.work.advance(true, 0);
  CHECK(!bench.transport.peers[1].reading);
  CHECK(bench.transport.peers[2].reading);
  CHECK(bench.work.wake_at_ms(100) < 200);

  bench.snapshotter.start();
  bench.storage.wait_for("write");
  bench.snapshotter.stop();
  bench.work.advance(true, 0);
  CHECK(bench.transport.peers[1].reading);
}

TEST_CASE("PeerWork: roles are told", "[shell][peer_work]") {
  Bench bench;
  bench.effects.roles.push_back({Role::kFollowing, Zxid{0x1a}, "the leader has a quorum"});
  bench.work.carry_out(bench.effects, 0);
  CHECK(bench.log.count("following zxid=0x1a why=the leader has a quorum") == 1);
}
