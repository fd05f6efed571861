#include "kernel/shell/core_loop.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "kernel/shell/clock.h"
#include "kernel/shell/metrics_registry.h"
#include "plugins/consensus/standalone/standalone.h"
#include "tests/unit/shell/fakes.h"
#include "zookernel/wire/frame.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;
using zookernel::shell::testing::MemoryTransport;

namespace {

// A whole server but for sockets and disk: the real core, standalone consensus, log and snapshot
// threads. The test's steps run inside poll(), on the thread of run().
struct Bench {
  explicit Bench(LogWriterOptions options = {})
      : inbox([] {}),
        loop(transport, inbox, log, 2000),
        connections({}, loop, log, metrics),
        writer(storage, inbox, metrics, options, [](const Error&) { std::abort(); }),
        snapshotter(storage, log, metrics, {}, [] {}) {
    core::ServerParts parts;
    parts.metrics = &metrics;
    parts.options.admin_words = {"srvr"};
    parts.options.skip_acl = true;  // there are no schemes here
    server = std::make_unique<core::Server>(std::move(parts));
    REQUIRE(transport.listen(Channel::kClient, {}, -1, connections).ok());
  }

  // Runs the loop; `test` is called in each poll until it answers true, then the server stops.
  template <typename Test>
  void run(Test test) {
    core::Effects effects;
    server->start(std::make_unique<standalone::StandaloneMachine>(Zxid{0}), now_tick(), effects);
    writer.start();
    snapshotter.start();
    admin.start();
    bool done = false;
    transport.before_poll = [&](int64_t) {
      if (done || !test()) return;
      done = true;
      inbox.post(StopRequested{});
    };
    loop.run({*server, connections, writer, snapshotter, admin}, std::move(effects));
    admin.stop();
    writer.stop();
    snapshotter.stop();
  }

  MemoryStorage storage;
  MemoryTransport transport;
  MemoryLogger log;
  MetricsRegistry metrics;
  Inbox inbox;
  CoreLoop loop;
  Connections connections;
  LogWriter writer;
  Snapshotter snapshotter;
  AdminThread admin{inbox};
  std::unique_ptr<core::Server> server;
};

std::string framed(const Buffer& payload) {
  std::string bytes(4, '\0');
  store_be32(bytes.data(), static_cast<uint32_t>(payload.size()));
  return bytes.append(payload.view());
}

std::string connect_request() {
  Buffer payload;
  wire::Writer writer(payload);
  writer.write_int(0);
  writer.write_long(0);
  writer.write_int(10000);
  writer.write_long(0);
  writer.write_buffer(Bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  writer.write_bool(false);
  return framed(payload);
}

std::string request(
    int32_t xid, wire::Opcode opcode,
    const std::function<void(wire::Writer&)>& body = [](wire::Writer&) {}) {
  Buffer payload;
  wire::Writer writer(payload);
  writer.write_int(xid);
  writer.write_int(static_cast<int32_t>(opcode));
  body(writer);
  return framed(payload);
}

std::string get_root(int32_t xid) {
  return request(xid, wire::Opcode::kGetData, [](wire::Writer& writer) {
    writer.write_string("/");
    writer.write_bool(false);
  });
}

std::string set_root(int32_t xid, size_t size) {
  return request(xid, wire::Opcode::kSetData, [size](wire::Writer& writer) {
    writer.write_string("/");
    writer.write_buffer(std::string(size, 'x'));
    writer.write_int(-1);
  });
}

constexpr size_t kConnectResponseBytes = 4 + 37;

}  // namespace

TEST_CASE(
    "CoreLoop: a session is opened when its transaction is on disk, and requests are answered in "
    "order",
    "[shell][core_loop]") {
  Bench bench;
  ConnId conn;
  bench.run([&] {
    CHECK(bench.transport.accepting);
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, connect_request() + request(-2, wire::Opcode::kPing));
      CHECK(bench.transport.peers.at(conn.value).answer.empty());
      return false;
    }
    // The ping's reply comes behind the handshake's, though the ping could be answered at once.
    return bench.transport.peers.at(conn.value).answer.size() >= kConnectResponseBytes + 20;
  });

  CHECK(bench.storage.log.size() >= 1);
  CHECK(bench.storage.log[0].zxid == Zxid{1});
  CHECK(!bench.transport.accepting);
}

TEST_CASE("CoreLoop: stopping waits for what was taken and closes the clients",
          "[shell][core_loop]") {
  Bench bench;
  ConnId conn;
  bench.storage.hold(1);
  bench.run([&] {
    conn = bench.transport.open();
    bench.transport.say(conn, connect_request());
    bench.storage.hold(-1);
    return true;
  });

  CHECK(bench.storage.log.size() == 1);
  CHECK(bench.transport.peers.empty());
  CHECK(bench.server->connection_count() == 0);
}

TEST_CASE("CoreLoop: four-letter words are answered and the connection is closed",
          "[shell][core_loop]") {
  Bench bench;
  ConnId conn;
  std::string answer;
  bench.run([&] {
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, "ruok");
      return false;
    }
    if (!bench.transport.peers.contains(conn.value)) return true;
    answer = bench.transport.peers.at(conn.value).answer;
    return false;
  });
  // Closed in the poll after the answer went out.
  CHECK(bench.transport.peers.empty());
}

TEST_CASE("CoreLoop: a client that pipelines large reads has to take turns", "[shell][core_loop]") {
  Bench bench;
  constexpr int kReads = 40;
  constexpr size_t kSize = 100000;
  ConnId conn;
  bool asked = false;
  size_t largest_step = 0, before = 0;
  bench.run([&] {
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, connect_request() + set_root(1, kSize));
      return false;
    }
    const std::string& answer = bench.transport.peers.at(conn.value).answer;
    if (!asked) {
      if (answer.size() <= kConnectResponseBytes) return false;
      asked = true;
      before = answer.size();
      std::string reads;
      for (int i = 0; i < kReads; ++i) reads += get_root(2 + i);
      bench.transport.say(conn, reads);
      return false;
    }
    largest_step = std::max(largest_step, answer.size() - before);
    before = answer.size();
    return answer.size() > kReads * kSize;
  });

  CHECK(largest_step >= CoreLoop::kReplyBytesPerBatch);
  CHECK(largest_step <= CoreLoop::kReplyBytesPerBatch + 2 * kSize);
}

TEST_CASE("CoreLoop: a client that does not take its replies is not read, and cut off in the end",
          "[shell][core_loop]") {
  Bench bench;
  ConnId conn;
  int step = 0;
  bench.run([&] {
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, connect_request());
      return false;
    }
    if (!bench.transport.peers.contains(conn.value)) return true;
    MemoryTransport::Peer& peer = bench.transport.peers.at(conn.value);
    if (peer.answer.empty()) return false;
    switch (++step) {
      case 1:
        peer.not_taken = CoreLoop::kUnsentHigh + 1;
        bench.transport.say(conn, request(-2, wire::Opcode::kPing));
        break;
      case 2:
        CHECK(!peer.reading);
        break;
      case 3:
        CHECK(!peer.reading);
        peer.not_taken = CoreLoop::kUnsentLow;
        break;
      case 4:
        CHECK(peer.reading);
        peer.not_taken = CoreLoop::kUnsentMax + 1;
        bench.transport.say(conn, request(-2, wire::Opcode::kPing));
        break;
      default:
        CHECK(peer.reset);
    }
    return false;
  });
  CHECK(step >= 4);
  CHECK(bench.log.count("does not read its replies") == 1);
}

TEST_CASE("CoreLoop: while the log is behind nobody is read", "[shell][core_loop]") {
  Bench bench;
  constexpr size_t kSize = 1000000;
  ConnId conn;
  int32_t xid = 0;
  bool held = false, seen_paused = false;
  bench.run([&] {
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, connect_request());
      return false;
    }
    MemoryTransport::Peer& peer = bench.transport.peers.at(conn.value);
    if (peer.answer.empty()) return false;
    if (!held && xid == 0) {
      held = true;
      bench.storage.hold(1);
    }
    if (held) {
      if (peer.reading) {
        bench.transport.say(conn, set_root(++xid, kSize));
      } else {
        CHECK(bench.writer.backlog_bytes() > CoreLoop::kLogBacklogHigh);
        CHECK(bench.writer.backlog_bytes() < CoreLoop::kLogBacklogHigh + 2 * kSize);
        CHECK(peer.unread.size() > kSize);
        seen_paused = true;
        held = false;
        bench.storage.hold(-1);
      }
      return false;
    }
    return peer.reading && peer.unread.empty() && bench.writer.backlog_bytes() == 0;
  });
  CHECK(seen_paused);
}

TEST_CASE("CoreLoop: enough writes bring a snapshot, taken in slices", "[shell][core_loop]") {
  LogWriterOptions options;
  options.snapshot_after_records = 4;
  Bench bench(options);
  ConnId conn;
  int32_t xid = 0;
  bench.run([&] {
    if (conn.value == 0) {
      conn = bench.transport.open();
      bench.transport.say(conn, connect_request());
      return false;
    }
    if (xid < 5 && !bench.transport.peers.at(conn.value).answer.empty())
      bench.transport.say(conn, set_root(++xid, 10));
    const std::lock_guard lock(bench.storage.mutex);
    return !bench.storage.snapshots.empty() && !bench.snapshotter.busy();
  });

  CHECK(std::count(bench.storage.calls.begin(), bench.storage.calls.end(), "roll") >= 1);
  CHECK(!bench.server->snapshot_running());
}

TEST_CASE("InboxSink: what I/O threads bring reaches the server the same way",
          "[shell][core_loop]") {
  Bench bench;
  InboxSink sink(bench.inbox);
  Connections connections({}, sink, bench.log, bench.metrics);
  const ConnId conn{77};
  bool opened = false;
  bench.run([&] {
    if (!opened) {
      opened = true;
      bench.transport.peers[conn.value] = {};
      // On another thread in life.
      CHECK(connections.on_open(conn, Channel::kClient, {"10.0.0.9", 1, false}));
      const std::string bytes = connect_request();
      CHECK(connections.on_bytes(conn, bytes) == bytes.size());
      return false;
    }
    if (bench.transport.peers.at(conn.value).answer.empty()) return false;
    bench.transport.peers.erase(conn.value);
    connections.on_close(conn, {Errc::kClosed, ""});
    return true;
  });

  CHECK(bench.storage.log.size() == 1);
}
