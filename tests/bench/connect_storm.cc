// The mode connect: a small state machine per connection, a window of them under way at a time.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <zookernel/bytes.h>

#include <array>
#include <cerrno>
#include <unordered_set>
#include <vector>

#include "tests/bench/modes.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

constexpr int kSilenceMs = 60'000;
constexpr size_t kEventsMax = 128;

class ConnectStorm {
 public:
  explicit ConnectStorm(const Options& options)
      : options_(options),
        hello_(encode_connect(kSessionTimeoutMs)),
        goodbye_(encode_close_session()) {
    set_xid(goodbye_.data(), 1);
  }

  Status prepare() {
    // Room for the sockets and for what a program has open anyway.
    if (auto status = raise_descriptor_limit(options_.sessions + 64); !status.ok()) return status;
    auto epoll = make_epoll();
    if (!epoll.ok()) return epoll.error();
    epoll_ = std::move(*epoll);
    clients_.resize(options_.sessions);
    return Unit{};
  }

  Status open_all() { return run(Phase::kOpen); }
  Status close_all() { return run(Phase::kClose); }

  [[nodiscard]] const Histogram& latencies() const { return latencies_; }

 private:
  enum class Phase { kOpen, kClose };
  enum class State { kIdle, kConnecting, kAwaitsReply, kAwaitsEnd, kDone };
  struct Client {
    Fd socket;
    State state = State::kIdle;
    uint64_t started_ns = 0;
    size_t have = 0;
    std::array<char, kLengthBytes + kConnectReplyBytes> reply{};  // the longer of the two that come
  };

  Status run(Phase phase) {
    size_t started = 0;
    done_ = 0;
    phase_ = phase;
    std::array<epoll_event, kEventsMax> events;
    while (done_ < clients_.size()) {
      while (started < clients_.size() && started - done_ < options_.window) {
        auto status = phase == Phase::kOpen ? start_opening(started) : start_closing(started);
        if (!status.ok()) return status;
        ++started;
      }
      int ready = ::epoll_wait(epoll_.get(), events.data(), kEventsMax, kSilenceMs);
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return os_error("wait for sessions");
      if (ready == 0) {
        return Error{Errc::kIo, std::to_string(done_) + " of " + std::to_string(clients_.size()) +
                                    " sessions were done when the server fell silent"};
      }
      for (int i = 0; i < ready; ++i) {
        size_t number = events[static_cast<size_t>(i)].data.u64;
        if (auto status = advance(number); !status.ok()) {
          return Error{status.error().code,
                       "session " + std::to_string(number) + ": " + status.error().message};
        }
      }
    }
    return Unit{};
  }

  Status start_opening(size_t number) {
    Client& client = clients_[number];
    client.started_ns = monotonic_ns();
    auto socket = connect_started(options_.address());
    if (!socket.ok()) return socket.error();
    client.socket = std::move(*socket);
    client.state = State::kConnecting;
    return epoll_watch(epoll_.get(), client.socket.get(), EPOLLOUT, number);
  }

  Status start_closing(size_t number) {
    Client& client = clients_[number];
    client.state = State::kAwaitsReply;
    client.have = 0;
    return send_whole(client, goodbye_);
  }

  Status advance(size_t number) {
    Client& client = clients_[number];
    switch (client.state) {
      case State::kConnecting:
        return on_connected(client, number);
      case State::kAwaitsReply:
      case State::kAwaitsEnd:
        return on_readable(client);
      case State::kIdle:
      case State::kDone:
        break;
    }
    // A session that is open and idle, or closed, hears nothing more.
    return Error{Errc::kClosed, "closed by the server, or an answer that nobody asked for"};
  }

  Status on_connected(Client& client, size_t number) {
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(client.socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0 || code != 0) {
      if (code != 0) errno = code;
      return os_error("connect");
    }
    client.state = State::kAwaitsReply;
    if (auto status = send_whole(client, hello_); !status.ok()) return status;
    return epoll_watch(epoll_.get(), client.socket.get(), EPOLLIN, number);
  }

  // Both messages fit into any socket's empty send buffer.
  Status send_whole(const Client& client, const std::string& frame) {
    ssize_t sent = ::send(client.socket.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
    if (sent < 0) return os_error("send");
    if (static_cast<size_t>(sent) != frame.size())
      return Error{Errc::kIo, "sent only a part of a short message"};
    return Unit{};
  }

  Status on_readable(Client& client) {
    if (client.state == State::kAwaitsEnd) return on_end(client);
    const bool opening = phase_ == Phase::kOpen;
    size_t whole = kLengthBytes + (opening ? kConnectReplyBytes : kReplyHeaderBytes);
    ssize_t got =
        ::recv(client.socket.get(), client.reply.data() + client.have, whole - client.have, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Unit{};
    if (got < 0) return os_error("read");
    if (got == 0) return Error{Errc::kClosed, "closed by the server instead of an answer"};
    client.have += static_cast<size_t>(got);
    if (client.have < whole) return Unit{};
    std::string_view payload(client.reply.data() + kLengthBytes, whole - kLengthBytes);
    if (load_be32(client.reply.data()) != payload.size())
      return Error{Errc::kCorrupt, "an answer of a wrong length"};
    return opening ? on_opened(client, payload) : on_closed(client, payload);
  }

  Status on_opened(Client& client, std::string_view payload) {
    ConnectReply reply;
    if (!decode_connect_reply(payload, reply))
      return Error{Errc::kCorrupt, "the answer opens no session"};
    if (!ids_.insert(reply.session_id).second) {
      return Error{Errc::kCorrupt,
                   "the session id " + std::to_string(reply.session_id) + " was given out twice"};
    }
    latencies_.add(monotonic_ns() - client.started_ns);
    client.state = State::kIdle;
    ++done_;
    return Unit{};
  }

  Status on_closed(Client& client, std::string_view payload) {
    ReplyHeader header = decode_reply_header(payload);
    if (header.xid != 1 || header.err != kErrOk) {
      return Error{Errc::kCorrupt, "the answer to closing has xid " + std::to_string(header.xid) +
                                       " and err " + std::to_string(header.err)};
    }
    client.state = State::kAwaitsEnd;
    return Unit{};
  }

  Status on_end(Client& client) {
    char rest = 0;
    ssize_t got = ::recv(client.socket.get(), &rest, 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Unit{};
    if (got != 0) return Error{Errc::kCorrupt, "not closed by the server after its session was"};
    client.socket.reset();
    client.state = State::kDone;
    ++done_;
    return Unit{};
  }

  const Options& options_;
  const std::string hello_;
  std::string goodbye_;
  Fd epoll_;
  std::vector<Client> clients_;
  std::unordered_set<int64_t> ids_;
  Histogram latencies_;
  size_t done_ = 0;
  Phase phase_ = Phase::kOpen;
};

}  // namespace

Status run_connect(const Options& options, Report& report) {
  ConnectStorm storm(options);
  if (auto status = storm.prepare(); !status.ok()) return status;
  const auto pid = static_cast<pid_t>(options.server_pid);
  const double cpu_before = process_cpu_s(pid);
  const uint64_t begin_ns = monotonic_ns();
  if (auto status = storm.open_all(); !status.ok()) return status;
  const uint64_t opened_ns = monotonic_ns();
  const double cpu_after = process_cpu_s(pid);
  if (auto status = storm.close_all(); !status.ok()) return status;
  const uint64_t closed_ns = monotonic_ns();

  const auto sessions = static_cast<double>(options.sessions);
  report.add("sessions", options.sessions);
  report.add("opened_per_s", sessions / (static_cast<double>(opened_ns - begin_ns) / 1e9));
  report.add("closed_per_s", sessions / (static_cast<double>(closed_ns - opened_ns) / 1e9));
  if (cpu_before >= 0 && cpu_after >= 0) report.add("server_cpu_s", cpu_after - cpu_before);
  report.add(storm.latencies());
  return Unit{};
}

}  // namespace zookernel::bench
