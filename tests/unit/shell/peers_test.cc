#include "kernel/shell/peers.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryTransport;

namespace {

// Writes down what comes.
class Notes final : public PeerSink {
 public:
  void peer_opened(const Opened& opened) override {
    lines.push_back("open " + std::to_string(opened.conn.value) + " dial " +
                    std::to_string(opened.dial));
  }
  void peer_bytes(ConnId conn, Bytes bytes) override {
    lines.push_back(std::to_string(conn.value) + " says " + std::string(bytes));
  }
  void peer_closed(ConnId conn) override {
    lines.push_back("closed " + std::to_string(conn.value));
  }
  void dial_failed(uint64_t token) override { lines.push_back("failed " + std::to_string(token)); }
  std::vector<std::string> lines;
};

Ensemble two_servers() {
  Ensemble ensemble;
  ensemble.self = ServerId{1};
  for (int64_t id = 1; id <= 2; ++id) {
    Member member;
    member.id = ServerId{id};
    member.quorum = {{"zk" + std::to_string(id), 2888}};
    member.election = {{"zk" + std::to_string(id), 3888}};
    ensemble.members.push_back(member);
  }
  return ensemble;
}

struct Bench {
  const Ensemble ensemble = two_servers();
  MemoryTransport transport;
  MemoryLogger log;
  Notes notes;
  Peers peers{transport, ensemble, notes, log, 5000};
};

}  // namespace

TEST_CASE("Peers: a connection that was dialled answers its token", "[shell][peers]") {
  Bench bench;
  bench.peers.dial({Channel::kElection, {"zk2", 3888}, 7}, 1000);
  bench.transport.connect(0);
  const ConnId conn = bench.transport.dialled[0].id;
  CHECK(bench.peers.open(Channel::kElection) == std::vector{conn});
  CHECK(bench.peers.open(Channel::kQuorum).empty());
  CHECK(bench.peers.on_bytes(conn, "hello") == 5);
  bench.peers.on_close(conn, {Errc::kClosed, "gone"});
  CHECK(bench.notes.lines == std::vector<std::string>{"open 1 dial 7", "1 says hello", "closed 1"});
  CHECK(bench.peers.all().empty());
  CHECK(bench.log.count("") == 0);
}

TEST_CASE("Peers: others' connections have no token", "[shell][peers]") {
  Bench bench;
  CHECK(bench.peers.on_open(ConnId{40}, Channel::kQuorum, {"10.0.0.2", 999, false}));
  CHECK(bench.notes.lines == std::vector<std::string>{"open 40 dial 0"});
}

TEST_CASE("Peers: a failed attempt is told with its token, and one line names the server",
          "[shell][peers]") {
  Bench bench;
  for (uint64_t token = 1; token <= 3; ++token) {
    bench.peers.dial({Channel::kElection, {"zk2", 3888}, token}, 1000);
    bench.transport.fail(token - 1, "connect to zk2:3888 (10.0.0.2): Connection refused");
  }
  CHECK(bench.notes.lines == std::vector<std::string>{"failed 1", "failed 2", "failed 3"});
  CHECK(bench.log.count("server.2 cannot be reached address=zk2:3888 reason=connect to zk2:3888 "
                        "(10.0.0.2): Connection refused for_s=0 attempts=1") == 1);
  CHECK(bench.log.count("cannot be reached") == 1);

  bench.peers.dial({Channel::kElection, {"zk2", 3888}, 4}, 1000);
  bench.transport.connect(3);
  CHECK(bench.log.count("server.2 can be reached again") == 1);
}

TEST_CASE("Peers: an attempt that takes too long is given up", "[shell][peers]") {
  Bench bench;
  bench.peers.dial({Channel::kQuorum, {"zk2", 2888}, 1}, 1000);
  bench.peers.dial({Channel::kElection, {"zk2", 3888}, 2}, 2000);
  bench.transport.peers[2] = {};
  CHECK(bench.peers.next_overdue_ms() == 6000);
  bench.transport.peers[1] = {};
  bench.peers.end_overdue(5999);
  CHECK(!bench.transport.peers[1].closed);
  bench.peers.end_overdue(6000);
  CHECK(bench.transport.peers[1].closed);
  CHECK(!bench.transport.peers[2].closed);
  CHECK(bench.peers.next_overdue_ms() == 7000);
  bench.transport.fail(0, "closed before the connection was there");
  CHECK(bench.notes.lines == std::vector<std::string>{"failed 1"});
  CHECK(bench.log.count("reason=no connection within 5000 ms") == 1);
}

TEST_CASE("PeerFailures: further lines come at growing intervals", "[shell][peers]") {
  const Ensemble ensemble = two_servers();
  MemoryLogger log;
  PeerFailures failures(ensemble, log);
  const Endpoint to{"zk2", 2888};
  for (int64_t ms = 0; ms < 200'000; ms += 1000)
    failures.failed(Channel::kQuorum, to, "refused", ms);
  // At 0, 10, 30, 70 and 130 s and 190 s.
  CHECK(log.count("cannot be reached") == 6);
  CHECK(log.count("for_s=70 attempts=71") == 1);
  failures.failed(Channel::kQuorum, {"stranger", 1}, "refused", 0);
  CHECK(log.count("stranger") == 0);
}
