// zookernel-load: a load generator for servers that speak ZooKeeper's client protocol.
// `zookernel-load` alone prints how to call it. Exit codes: 0 done, 1 failed (the reason is on
// standard error, nothing on standard output), 2 wrong usage.

#include <atomic>
#include <csignal>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/echo_server.h"
#include "tests/bench/modes.h"
#include "tests/bench/options.h"
#include "tests/bench/report.h"

namespace zookernel::bench {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only set it then");

void on_signal(int) {
  stop_requested = true;
}

Status run(const Options& options, Report& report) {
  if (options.mode == "get" || options.mode == "set") return run_throughput(options, report);
  if (options.mode == "latency") return run_latency(options, report);
  if (options.mode == "connect") return run_connect(options, report);
  if (options.mode == "fan-out") return run_fan_out(options, report);
  if (options.mode == "fill") return run_fill(options, report);
  if (options.mode == "verify") return run_verify(options, report);
  if (options.mode == "first-read") return run_first_read(options, report);
  return run_fsync_probe(options, report);
}

int run_main(std::span<const char* const> arguments) {
  if (arguments.empty() || std::string_view(arguments.front()) == "--help") {
    std::fputs(usage().c_str(), arguments.empty() ? stderr : stdout);
    return arguments.empty() ? 2 : 0;
  }
  auto options = parse_options(arguments);
  if (!options.ok()) {
    std::fprintf(stderr, "zookernel-load: %s (--help explains)\n", options.error().message.c_str());
    return 2;
  }
  Report report;
  report.add("mode", options->mode);
  Status status = options->mode == "echo" ? run_echo(*options) : run(*options, report);
  if (!status.ok()) {
    std::fprintf(stderr, "zookernel-load %s: %s\n", options->mode.c_str(),
                 status.error().message.c_str());
    return 1;
  }
  if (options->mode != "echo") std::printf("%s\n", report.json().c_str());
  return 0;
}

}  // namespace

Status run_echo(const Options& options) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (int number : {SIGTERM, SIGINT}) {
    if (::sigaction(number, &action, nullptr) != 0) return os_error("handle signals");
  }
  // As many as `connect` may open; with fewer, serving fails when they are used up and says so.
  static_cast<void>(raise_descriptor_limit(60'000));
  EchoPlan plan;
  plan.address = options.address();
  plan.value_bytes = options.size;
  auto server = EchoServer::listen(plan);
  if (!server.ok()) return server.error();
  std::printf("{\"port\": %u}\n", static_cast<unsigned>(server->port()));
  std::fflush(stdout);
  return server->serve(stop_requested);
}

}  // namespace zookernel::bench

int main(int argc, char** argv) {
  const std::vector<const char*> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return zookernel::bench::run_main(arguments);
}
