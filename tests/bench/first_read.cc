// The mode first-read. The caller starts this program first and the server second, so that this
// one's own start costs nothing: it waits for the server's process id on standard input.

#include <sys/types.h>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "tests/bench/modes.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

// Fine against the start-up times that are measured, and about a twentieth of one processor.
constexpr std::chrono::microseconds kStep{250};

Status try_once(const Address& address) {
  auto session = Session::open(address);
  if (!session.ok()) return session.error();
  std::string frame = encode_get_data("/");
  auto body = expect_ok(session->call(frame), "read /");
  if (!body.ok()) return body.error();
  return Unit{};
}

}  // namespace

Status run_first_read(const Options& options, Report& report) {
  pid_t pid = 0;
  if (!(std::cin >> pid) || pid <= 0) {
    return Error{Errc::kInvalid, "standard input does not begin with the server's process id"};
  }
  const uint64_t give_up_ns = monotonic_ns() + options.timeout * 1'000'000'000U;
  uint64_t attempts = 0;
  for (;;) {
    ++attempts;
    auto status = try_once(options.address());
    const uint64_t now_ns = monotonic_ns();
    if (status.ok()) {
      report.add("monotonic_ns", now_ns);
      report.add("server_cpu_s", process_cpu_s(pid));
      report.add("attempts", attempts);
      return Unit{};
    }
    if (!process_is_running(pid)) {
      return Error{Errc::kClosed, "the server, process " + std::to_string(pid) +
                                      ", ended before it answered a read"};
    }
    if (now_ns > give_up_ns) {
      return Error{Errc::kIo, "no read was answered within " + std::to_string(options.timeout) +
                                  " s; the last attempt: " + status.error().message};
    }
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace zookernel::bench
