// The generator against its own echo server: that it works, and that no wrong reply escapes it.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/echo_server.h"
#include "tests/bench/histogram.h"
#include "tests/bench/modes.h"
#include "tests/bench/options.h"
#include "tests/bench/protocol.h"
#include "tests/bench/report.h"

namespace zookernel::bench {
namespace {

// An echo server in a thread of its own, for as long as the object lives.
class RunningEcho {
 public:
  static constexpr size_t kValueBytes = 1024;

  explicit RunningEcho(EchoFault fault = EchoFault::kNone, uint64_t fault_at = 0)
      : server_(listen(fault, fault_at)) {
    thread_ = std::thread([this] { static_cast<void>(server_.serve(stop_)); });
  }
  ~RunningEcho() {
    stop_ = true;
    thread_.join();
  }
  RunningEcho(const RunningEcho&) = delete;
  RunningEcho& operator=(const RunningEcho&) = delete;

  [[nodiscard]] uint16_t port() const { return server_.port(); }

 private:
  static EchoServer listen(EchoFault fault, uint64_t fault_at) {
    EchoPlan plan;
    plan.value_bytes = kValueBytes;
    plan.fault = fault;
    plan.fault_at = fault_at;
    auto server = EchoServer::listen(plan);
    REQUIRE(server.ok());
    return std::move(*server);
  }

  EchoServer server_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Options small_run(const std::string& mode, uint16_t port) {
  Options options;
  options.mode = mode;
  options.port = port;
  options.size = RunningEcho::kValueBytes;
  options.connections = 5;
  options.depth = 16;
  options.threads = 2;
  options.count = 5000;
  options.warmup = 0;
  options.sessions = 200;
  options.nodes = 5000;
  return options;
}

// Setting up a throughput run creates the root and five znodes, and closes a session.
constexpr uint64_t kSetupReplies = 7;

}  // namespace

TEST_CASE("Load: every pipelined request is answered and counted", "[bench][load]") {
  for (const char* mode : {"get", "set"}) {
    RunningEcho echo;
    Report report;

    auto status = run_throughput(small_run(mode, echo.port()), report);

    INFO((status.ok() ? "" : status.error().message));
    REQUIRE(status.ok());
    CHECK(report.json().find("\"requests\": 5000,") != std::string::npos);
  }
}

TEST_CASE("Load: a single client, a connect storm and a fill run to their ends", "[bench][load]") {
  RunningEcho echo;
  Report report;

  Options options = small_run("latency", echo.port());
  CHECK(run_latency(options, report).ok());
  options.op = "set";
  CHECK(run_latency(options, report).ok());
  CHECK(run_connect(small_run("connect", echo.port()), report).ok());
  CHECK(run_fill(small_run("fill", echo.port()), report).ok());
  CHECK(report.json().find("\"sessions\": 200,") != std::string::npos);
  CHECK(report.json().find("\"nodes\": 5000,") != std::string::npos);
}

TEST_CASE("Load: values longer than a read are put together", "[bench][load]") {
  RunningEcho echo;
  Options options = small_run("set", echo.port());
  options.size = 900'000;
  options.count = 100;
  Report report;

  CHECK(run_throughput(options, report).ok());
}

TEST_CASE("Load: one wrong reply among thousands fails the run", "[bench][load]") {
  struct Case {
    EchoFault fault;
    const char* message;
  };
  for (const Case& wrong :
       {Case{EchoFault::kWrongXid, "was due"}, Case{EchoFault::kErr, "has err -101"},
        Case{EchoFault::kShortData,
             "wrong body"},  // Seen as an end or as a reset, by what was under way.
        Case{EchoFault::kClose, "connection "}}) {
    RunningEcho echo(wrong.fault, kSetupReplies + 3000);
    Report report;

    auto status = run_throughput(small_run("get", echo.port()), report);

    REQUIRE_FALSE(status.ok());
    INFO(status.error().message);
    CHECK(status.error().message.find(wrong.message) != std::string::npos);
  }
}

TEST_CASE("Load: a set whose version does not rise is a wrong reply", "[bench][load]") {
  RunningEcho echo(EchoFault::kOldVersion, kSetupReplies + 3000);
  Report report;

  auto status = run_throughput(small_run("set", echo.port()), report);

  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("wrong body") != std::string::npos);
}

TEST_CASE("Load: a wrong reply fails a single client and a connect storm", "[bench][load]") {
  for (EchoFault fault : {EchoFault::kWrongXid, EchoFault::kErr, EchoFault::kClose}) {
    RunningEcho echo(fault, 20);
    Report report;

    CHECK_FALSE(run_latency(small_run("latency", echo.port()), report).ok());
  }
  for (EchoFault fault : {EchoFault::kWrongXid, EchoFault::kErr, EchoFault::kClose}) {
    RunningEcho echo(fault, 20);
    Report report;

    CHECK_FALSE(run_connect(small_run("connect", echo.port()), report).ok());
  }
}

TEST_CASE("Load: the wait for a first read survives a connection that is never answered",
          "[bench][load]") {
  RunningEcho echo(EchoFault::kMute);
  Options options = small_run("first-read", echo.port());
  options.timeout = 30;  // Much less than a client would wait for one reply.
  Report report;

  auto status = await_first_read(options, ::getpid(), report);

  INFO((status.ok() ? "" : status.error().message));
  CHECK(status.ok());
}

TEST_CASE("Load: the wait for a first read ends with the server's process", "[bench][load]") {
  pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);
  Options options = small_run("first-read", 1);
  Report report;

  auto status = await_first_read(options, child, report);

  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("ended before") != std::string::npos);
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("Load: a missing server is an error that names its address", "[bench][load]") {
  uint16_t port = 0;
  {
    RunningEcho echo;
    port = echo.port();
  }
  Report report;

  auto status = run_throughput(small_run("get", port), report);

  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("connect to 127.0.0.1:") != std::string::npos);
}

TEST_CASE("Load: requests are encoded as the protocol says", "[bench][protocol]") {
  std::string get = encode_get_data("/a");
  set_xid(get.data(), 7);

  CHECK(get == std::string("\0\0\0\x0f\0\0\0\x07\0\0\0\x04\0\0\0\x02/a\0", 19));
  CHECK(encode_close_session() == std::string("\0\0\0\x08\0\0\0\0\xff\xff\xff\xf5", 12));
  CHECK(encode_connect(30'000).size() == 4 + 45);
}

TEST_CASE("Histogram: quantiles are right to two percent", "[bench][histogram]") {
  Histogram histogram;
  for (uint64_t us = 1; us <= 100'000; ++us) histogram.add(us * 1000);

  CHECK(histogram.count() == 100'000);
  CHECK(histogram.max_us() == 100'000);
  for (double quantile : {0.01, 0.5, 0.9, 0.99}) {
    double wanted = quantile * 100'000;
    CHECK(histogram.quantile_us(quantile) >= wanted * 0.98);
    CHECK(histogram.quantile_us(quantile) <= wanted * 1.02);
  }
  histogram.add(~uint64_t{0});
  CHECK(histogram.quantile_us(1) > 1e15);
}

TEST_CASE("Options: what is wrong on the command line is named", "[bench][options]") {
  using Arguments = std::vector<const char*>;
  CHECK(parse_options(Arguments{"get", "--port", "2181", "--depth", "4"}).value().depth == 4);
  CHECK(parse_options(Arguments{"fsync", "/tmp"}).value().directory == "/tmp");
  struct Case {
    Arguments arguments;
    const char* message;
  };
  for (const Case& wrong :
       {Case{{"get"}, "needs --port"}, Case{{"gte", "--port", "1"}, "unknown mode \"gte\""},
        Case{{"get", "--port"}, "--port needs a value"}, Case{{"get", "--prot", "1"}, "--prot"},
        Case{{"get", "--port", "1x"}, "from 0 to 65535"}, Case{{"fsync"}, "needs a directory"},
        Case{{"latency", "--port", "1", "--op", "sync"}, "get or set"},
        Case{{"get", "--port", "1", "--root", "a"}, "--root a"}}) {
    auto options = parse_options(wrong.arguments);
    REQUIRE_FALSE(options.ok());
    INFO(options.error().message);
    CHECK(options.error().message.find(wrong.message) != std::string::npos);
  }
}

}  // namespace zookernel::bench
