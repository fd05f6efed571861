// The mode first-read. The caller starts this program first and the server second, so that this
// one's own start costs nothing: it waits for the server's process id on standard input.

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <zookernel/bytes.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/modes.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

// How soon after a refused attempt the next one follows: fine against the times that are measured,
// and about a twentieth of one processor.
constexpr uint64_t kStepNs = 250'000;
// An attempt that is not answered after so long is no longer waited for alone. Java 3.9.5 loses
// connections while it starts: it means to close one whose request comes too early, but fails to (a
// null pointer), and the client hears nothing for ever.
constexpr uint64_t kPatienceNs = 10'000'000;
// The oldest attempt is given up beyond this.
constexpr size_t kAttemptsMax = 32;

// A connection on its way to an answered getData("/").
class Attempt {
 public:
  explicit Attempt(Fd socket) : socket_(std::move(socket)) {}

  enum class Outcome { kPending, kFailed, kDone };

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] short awaited() const { return state_ == State::kConnecting ? POLLOUT : POLLIN; }

  // To be called when what is awaited() has happened.
  Outcome advance() {
    if (state_ == State::kConnecting) {
      int code = 0;
      socklen_t size = sizeof code;
      bool connected = ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0;
      return connected && send(encode_connect(kSessionTimeoutMs)) ? move_to(State::kGreeting)
                                                                  : Outcome::kFailed;
    }
    std::array<char, 4096> bytes;
    ssize_t got = ::recv(fd(), bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Outcome::kPending;
    if (got <= 0) return Outcome::kFailed;
    input_.append(bytes.data(), static_cast<size_t>(got));
    if (input_.size() < kLengthBytes) return Outcome::kPending;
    size_t length = load_be32(input_.data());
    if (length > kFrameBytesMax) return Outcome::kFailed;
    if (input_.size() < kLengthBytes + length) return Outcome::kPending;
    std::string payload = input_.substr(kLengthBytes, length);
    input_.erase(0, kLengthBytes + length);
    return state_ == State::kGreeting ? on_greeted(payload) : on_read(payload);
  }

  // Of a done one: closes its session.
  Status close() {
    auto session = Session::adopt(std::move(socket_), kReadXid + 1);
    if (!session.ok()) return session.error();
    return session->close();
  }

 private:
  static constexpr int32_t kReadXid = 1;
  enum class State { kConnecting, kGreeting, kReading };

  Outcome move_to(State state) {
    state_ = state;
    return Outcome::kPending;
  }

  // A short message fits into an empty send buffer.
  bool send(const std::string& frame) {
    return ::send(fd(), frame.data(), frame.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(frame.size());
  }

  Outcome on_greeted(std::string_view payload) {
    ConnectReply reply;
    if (!decode_connect_reply(payload, reply)) return Outcome::kFailed;
    std::string read = encode_get_data("/");
    set_xid(read.data(), kReadXid);
    return send(read) ? move_to(State::kReading) : Outcome::kFailed;
  }

  Outcome on_read(std::string_view payload) {
    if (payload.size() < kReplyHeaderBytes) return Outcome::kFailed;
    ReplyHeader header = decode_reply_header(payload);
    return header.xid == kReadXid && header.err == kErrOk ? Outcome::kDone : Outcome::kFailed;
  }

  Fd socket_;
  State state_ = State::kConnecting;
  std::string input_;
};

// Waits until some attempt's socket is ready or `until_ns`, and drops the attempts that have
// failed. The one that is done, if any.
std::optional<Attempt> wait_for_any(std::vector<Attempt>& attempts, uint64_t until_ns) {
  std::vector<pollfd> polls;
  for (const Attempt& attempt : attempts) polls.push_back({attempt.fd(), attempt.awaited(), 0});
  const uint64_t now_ns = monotonic_ns();
  const uint64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
  const timespec wait{static_cast<time_t>(wait_ns / 1'000'000'000U),
                      static_cast<long>(wait_ns % 1'000'000'000U)};
  if (::ppoll(polls.data(), polls.size(), &wait, nullptr) <= 0) return std::nullopt;
  std::vector<Attempt> pending;
  std::optional<Attempt> done;
  for (size_t i = 0; i < polls.size(); ++i) {
    auto outcome = Attempt::Outcome::kPending;
    if (polls[i].revents != 0 && !done) outcome = attempts[i].advance();
    if (outcome == Attempt::Outcome::kDone) done = std::move(attempts[i]);
    if (outcome == Attempt::Outcome::kPending) pending.push_back(std::move(attempts[i]));
  }
  attempts = std::move(pending);
  return done;
}

}  // namespace

Status await_first_read(const Options& options, pid_t pid, Report& report) {
  const uint64_t give_up_ns = monotonic_ns() + options.timeout * 1'000'000'000U;
  std::vector<Attempt> attempts;
  uint64_t started = 0;
  uint64_t next_ns = 0;  // when another attempt is due
  for (;;) {
    const uint64_t now_ns = monotonic_ns();
    if (now_ns >= next_ns) {
      if (!process_is_running(pid)) {
        return Error{Errc::kClosed, "the server, process " + std::to_string(pid) +
                                        ", ended before it answered a read"};
      }
      if (now_ns > give_up_ns) {
        return Error{Errc::kIo,
                     "no read was answered within " + std::to_string(options.timeout) + " s"};
      }
      if (attempts.size() == kAttemptsMax) attempts.erase(attempts.begin());
      // On the same machine a refusal may show at once.
      auto socket = connect_started(options.address());
      if (socket.ok()) attempts.emplace_back(std::move(*socket));
      ++started;
      next_ns = now_ns + (socket.ok() ? kPatienceNs : kStepNs);
    }
    const size_t before = attempts.size();
    auto done = wait_for_any(attempts, next_ns);
    if (done) {
      report.add("monotonic_ns", monotonic_ns());
      report.add("server_cpu_s", process_cpu_s(pid));
      report.add("attempts", started);
      return done->close();
    }
    // The newest attempt was refused, or an old one ended: no reason to be patient.
    if (attempts.size() < before) next_ns = std::min(next_ns, monotonic_ns() + kStepNs);
  }
}

Status run_first_read(const Options& options, Report& report) {
  pid_t pid = 0;
  if (!(std::cin >> pid) || pid <= 0) {
    return Error{Errc::kInvalid, "standard input does not begin with the server's process id"};
  }
  return await_first_read(options, pid, report);
}

}  // namespace zookernel::bench
