#include "kernel/shell/connections.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/clock.h"
#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;

namespace {

class RecordingSink final : public ClientSink {
 public:
  std::vector<std::string> seen;
  Flow answer = Flow::kMore;

  void opened(ConnId conn, const PeerInfo&) override { note("open", conn, ""); }
  Flow frame(ConnId conn, Bytes payload) override {
    if (answer != Flow::kLater) note("frame", conn, payload);
    return answer;
  }
  Flow word(ConnId conn, std::string_view word, Bytes argument) override {
    note("word", conn, std::string(word) + std::string(argument));
    return Flow::kPause;
  }
  void nonsense(ConnId conn) override { note("nonsense", conn, ""); }
  void closed(ConnId conn) override { note("closed", conn, ""); }

 private:
  void note(const char* what, ConnId conn, Bytes bytes) {
    seen.push_back(std::string(what) + " " + std::to_string(conn.value) +
                   (bytes.empty() ? "" : " " + std::string(bytes)));
  }
};

struct Bench {
  explicit Bench(ConnectionLimits limits = {}) : connections(limits, sink, log, metrics) {}
  bool open(uint64_t conn, const std::string& address = "10.0.0.1") {
    return connections.on_open(ConnId{conn}, Channel::kClient, {address, 4000, false});
  }

  RecordingSink sink;
  MemoryLogger log;
  MetricsRegistry metrics;
  Connections connections;
};

std::string frame(const std::string& payload) {
  std::string bytes(4, '\0');
  store_be32(bytes.data(), static_cast<uint32_t>(payload.size()));
  return bytes + payload;
}

using Seen = std::vector<std::string>;

}  // namespace

TEST_CASE("Connections: frames are cut from the bytes, an incomplete one stays",
          "[shell][connections]") {
  Bench bench;
  bench.open(1);
  const std::string bytes = frame("connect-") + frame("request1") + frame("request2");

  CHECK(bench.connections.on_bytes(ConnId{1}, bytes.substr(0, bytes.size() - 1)) == 24);
  CHECK(bench.connections.on_bytes(ConnId{1}, bytes.substr(24)) == 12);

  CHECK(bench.sink.seen ==
        Seen{"open 1", "frame 1 connect-", "frame 1 request1", "frame 1 request2"});
}

TEST_CASE("Connections: the argument of stmk is waited for, unless the word is refused anyway",
          "[shell][connections]") {
  Bench allowed;
  allowed.open(1);
  CHECK(allowed.connections.on_bytes(ConnId{1}, "stmk1234") == 0);
  CHECK(allowed.sink.seen == Seen{"open 1"});
  CHECK(allowed.connections.on_bytes(ConnId{1}, "stmk12345678") == 12);
  CHECK(allowed.sink.seen == Seen{"open 1", "word 1 stmk12345678"});

  ConnectionLimits limits;
  limits.trace_mask_allowed = false;
  Bench refused(limits);
  refused.open(1);
  CHECK(refused.connections.on_bytes(ConnId{1}, "stm") == 0);
  CHECK(refused.connections.on_bytes(ConnId{1}, "stmk") == 4);
  CHECK(refused.sink.seen == Seen{"open 1", "word 1 stmk"});
  CHECK(refused.connections.on_bytes(ConnId{1}, "12345678") == 8);
  CHECK(refused.sink.seen == Seen{"open 1", "word 1 stmk"});
}

TEST_CASE("Connections: a paused or refused frame stops the delivery", "[shell][connections]") {
  Bench bench;
  bench.open(1);
  const std::string bytes = frame("connect-") + frame("request1");

  bench.sink.answer = ClientSink::Flow::kLater;
  CHECK(bench.connections.on_bytes(ConnId{1}, bytes) == 0);
  bench.sink.answer = ClientSink::Flow::kPause;
  CHECK(bench.connections.on_bytes(ConnId{1}, bytes) == 12);
  CHECK(bench.sink.seen == Seen{"open 1", "frame 1 connect-"});
}

TEST_CASE("Connections: a four-letter word is said once, the rest is dropped",
          "[shell][connections]") {
  Bench bench;
  bench.open(1);

  CHECK(bench.connections.on_bytes(ConnId{1}, "ruok\nsrvr") == 9);
  CHECK(bench.connections.on_bytes(ConnId{1}, "more") == 4);
  CHECK(bench.sink.seen == Seen{"open 1", "word 1 ruok"});

  bench.open(2);
  CHECK(bench.connections.on_bytes(ConnId{2}, frame("connect-")) == 12);
  CHECK(bench.connections.on_bytes(ConnId{2}, "ruok") == 4);
  CHECK(bench.sink.seen.back() == "nonsense 2");
}

TEST_CASE("Connections: nonsense is named in the log once per address and ends the connection",
          "[shell][connections]") {
  Bench bench;
  const std::string http = "GET / HTTP/1.1\r\n";
  for (uint64_t conn = 1; conn <= 3; ++conn) {
    bench.open(conn);
    CHECK(bench.connections.on_bytes(ConnId{conn}, http) == http.size());
    CHECK(bench.connections.on_bytes(ConnId{conn}, http) == http.size());
  }
  bench.open(4, "10.0.0.2");
  bench.connections.on_bytes(ConnId{4}, std::string("\x16\x03\x01\x02", 4));

  CHECK(bench.sink.seen == Seen{"open 1", "nonsense 1", "open 2", "nonsense 2", "open 3",
                                "nonsense 3", "open 4", "nonsense 4"});
  CHECK(bench.log.count("HTTP request on the client port") == 1);
  CHECK(bench.log.count("peer=10.0.0.1:4000") == 1);
  CHECK(bench.log.count("TLS handshake") == 1);
}

TEST_CASE("Connections: an address and all together have a limit", "[shell][connections]") {
  ConnectionLimits limits;
  limits.per_address_max = 2;
  limits.total_max = 3;
  Bench bench(limits);

  CHECK(bench.open(1));
  CHECK(bench.open(2));
  CHECK(!bench.open(3));
  CHECK(bench.open(4, "10.0.0.2"));
  CHECK(!bench.open(5, "10.0.0.3"));
  CHECK(bench.metrics.counter("connection_rejected").value() == 2);
  CHECK(bench.log.count("Too many connections from /10.0.0.1 - max is 2") == 1);

  bench.connections.on_close(ConnId{1}, {Errc::kClosed, ""});
  CHECK(bench.open(6));
  CHECK(bench.sink.seen == Seen{"open 1", "open 2", "open 4", "closed 1", "open 6"});
}

TEST_CASE("Connections: those without a first message are named when their time is over",
          "[shell][connections]") {
  ConnectionLimits limits;
  limits.silent_ms_max = 1000;
  Bench bench(limits);
  CHECK(bench.connections.next_silent_ms() == INT64_MAX);
  const int64_t before = mono_ms();
  bench.open(1);
  bench.open(2);
  bench.open(3);
  bench.connections.on_bytes(ConnId{2}, frame("connect-"));
  bench.connections.on_bytes(ConnId{3}, frame("connect-").substr(0, 7));
  CHECK(bench.connections.next_silent_ms() >= before + 1000);

  CHECK(bench.connections.take_silent(before + 999).empty());
  const int64_t later = mono_ms() + 1000;
  CHECK(bench.connections.take_silent(later) == std::vector<ConnId>{ConnId{1}, ConnId{3}});
  CHECK(bench.connections.take_silent(later).empty());
  CHECK(bench.metrics.counter("sessionless_connections_expired").value() == 2);
}

TEST_CASE("Connections: local and remote ones are counted", "[shell][connections]") {
  Bench bench;
  bench.open(1, "127.0.0.1");
  bench.open(2, "0:0:0:0:0:0:0:1");
  bench.open(3, "10.0.0.1");
  bench.connections.on_close(ConnId{2}, {Errc::kClosed, ""});

  CHECK(bench.metrics.gauge("non_mtls_local_conn_count").value() == 1);
  CHECK(bench.metrics.gauge("non_mtls_remote_conn_count").value() == 1);
  CHECK(bench.connections.all() == std::vector<ConnId>{ConnId{1}, ConnId{3}});
}

TEST_CASE("LineLimit: one line a minute and key, the others are counted", "[shell][logging]") {
  LineLimit limit;
  uint64_t suppressed = 99;
  CHECK(limit.allow("a", 0, suppressed));
  CHECK(suppressed == 0);
  CHECK(!limit.allow("a", 1, suppressed));
  CHECK(!limit.allow("a", LineLimit::kIntervalMs - 1, suppressed));
  CHECK(limit.allow("b", 5, suppressed));
  CHECK(limit.allow("a", LineLimit::kIntervalMs, suppressed));
  CHECK(suppressed == 2);
}

TEST_CASE("LineLimit: above its number of keys they share one line", "[shell][logging]") {
  LineLimit limit;
  uint64_t suppressed = 0;
  for (size_t i = 0; i < LineLimit::kKeysMax; ++i)
    CHECK(limit.allow(std::to_string(i), 0, suppressed));

  CHECK(limit.allow("one more", 1, suppressed));
  CHECK(!limit.allow("another", 2, suppressed));
  CHECK(limit.allow("later", LineLimit::kIntervalMs + 2, suppressed));
}
