#include "tools/client/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace zookernel::client {

namespace {

// Between two rounds over all servers, so that many clients do not come back at once.
constexpr int kRoundPauseMinMs = 100;
constexpr int kRoundPauseMaxMs = 1000;

Session::Settings session_settings(const ConnectString& servers,
                                   const Connection::Settings& settings) {
  Session::Settings made;
  made.timeout_ms = settings.timeout_ms;
  made.access = settings.access;
  made.frame_bytes_max = settings.frame_bytes_max;
  made.chroot = servers.chroot;
  made.servers = servers.servers.size();
  return made;
}

}  // namespace

Connection::Connection(ConnectString servers, Settings settings, EventHandler on_event)
    : servers_(std::move(servers)),
      settings_(settings),
      session_(session_settings(servers_, settings_), std::move(on_event)),
      random_(std::random_device{}()) {}

int64_t Connection::now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

void Connection::begin_round() {
  std::vector<HostPort> order = servers_.servers;
  std::shuffle(order.begin(), order.end(), random_);
  addresses_.clear();
  for (const HostPort& server : order) {
    Result<std::vector<Address>> found = resolve(server);
    if (!found.ok()) {
      problem_ = found.error().message;
      continue;
    }
    std::move(found->begin(), found->end(), std::back_inserter(addresses_));
  }
  std::reverse(addresses_.begin(), addresses_.end());
  round_open_ = true;
}

// Tries the next address; at the end of a round those who wait for a connection are told.
void Connection::next_attempt() {
  if (!round_open_) begin_round();
  while (!addresses_.empty()) {
    const Address address = std::move(addresses_.back());
    addresses_.pop_back();
    Result<Socket> made = Socket::start_connect(address);
    if (made.ok()) {
      socket_ = std::move(*made);
      connecting_ = true;
      const auto count = static_cast<int64_t>(servers_.servers.size());
      connect_deadline_ = now() + std::max<int64_t>(1, settings_.timeout_ms / count);
      return;
    }
    problem_ = made.error().message;
  }
  round_open_ = false;
  std::uniform_int_distribution<int> pause(kRoundPauseMinMs, kRoundPauseMaxMs);
  next_round_ = now() + pause(random_);
  session_.on_unreachable();
}

void Connection::lose(std::string problem) {
  const bool was_connected = session_.connected();
  problem_ = std::move(problem);
  socket_ = Socket();
  connecting_ = false;
  // After a server that served a new round begins, though not at once: it may go on like this.
  // Within a round the next address is tried.
  if (was_connected) {
    round_open_ = false;
    next_round_ = now() + kRoundPauseMinMs;
  }
  session_.on_disconnect();
}

void Connection::serve(short events) {
  if (connecting_) {
    if ((events & (POLLOUT | POLLERR | POLLHUP)) == 0) return;
    const Status status = socket_.finish_connect();
    if (!status.ok()) return lose(status.error().message);
    connecting_ = false;
    session_.on_connect(now());
    return;
  }
  if ((events & (POLLIN | POLLERR | POLLHUP)) != 0) {
    received_.clear();
    Status status = socket_.receive(received_);
    if (status.ok() && !received_.empty()) status = session_.on_bytes(received_.view(), now());
    if (!status.ok()) return lose(status.error().message);
    if (session_.connected()) {
      problem_.clear();
      round_open_ = false;
    }
  }
}

Connection::Woken Connection::turn(int descriptor, int64_t deadline) {
  if (!session_.alive()) socket_ = Socket();
  if (session_.alive() && !socket_.is_open() && (round_open_ || now() >= next_round_)) {
    next_attempt();
  }
  if (socket_.is_open()) {
    const bool late = connecting_ && now() >= connect_deadline_;
    Status status =
        late ? Status(Error{Errc::kClosed, "no answer to the attempt to connect"}) : Unit{};
    if (!late && !connecting_) {
      status = session_.on_time(now());
      if (status.ok()) status = socket_.send(session_.output());
    }
    if (!status.ok()) {
      lose(status.error().message);
      return Woken::kNetwork;
    }
  }

  int64_t until = deadline;
  if (socket_.is_open()) {
    until = std::min(until, connecting_ ? connect_deadline_ : session_.next_time());
  } else if (session_.alive()) {
    until = std::min(until, next_round_);
  }
  pollfd polled[2] = {{descriptor, POLLIN, 0}, {-1, 0, 0}};
  if (socket_.is_open()) {
    polled[1].fd = socket_.descriptor();
    const bool wants_out = connecting_ || !session_.output().empty();
    polled[1].events = static_cast<short>(POLLIN | (wants_out ? POLLOUT : 0));
  }
  const int64_t wait_ms = until == kForever ? 0 : std::max<int64_t>(0, until - now());
  const timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
  const int ready =
      ::ppoll(polled, 2, until == kForever ? nullptr : &wait, settings_.signals_while_waiting);
  if (ready < 0) return Woken::kInterrupted;
  if (ready == 0) return now() >= deadline ? Woken::kTime : Woken::kNetwork;
  // The network first: an event that arrived before a key was pressed is told before it.
  if (polled[1].revents != 0) {
    serve(polled[1].revents);
    return now() >= deadline ? Woken::kTime : Woken::kNetwork;
  }
  return Woken::kReadable;
}

}  // namespace zookernel::client
