#include "tests/bench/echo_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <zookernel/bytes.h>

#include <array>
#include <cerrno>

#include "tests/bench/protocol.h"

namespace zookernel::bench {
namespace {

constexpr size_t kReadBytes = 256U << 10;
constexpr size_t kEventsMax = 64;
constexpr int kStopLatencyMs = 100;
constexpr size_t kStatVersionOffset = 32;
constexpr size_t kStatDataLengthOffset = 52;

// A reply frame with room for `body_bytes`; xid, err and body are zero.
std::string blank_reply(size_t body_bytes) {
  std::string frame(kLengthBytes + kReplyHeaderBytes + body_bytes, '\0');
  store_be32(frame.data(), static_cast<uint32_t>(frame.size() - kLengthBytes));
  return frame;
}

void set_err(char* frame, int32_t err) {
  store_be32(frame + kLengthBytes + 12, static_cast<uint32_t>(err));
}

// The value must be the one that the generator sets and expects.
std::string data_reply(size_t value_bytes) {
  std::string frame = blank_reply(4 + value_bytes + kStatBytes);
  char* body = frame.data() + kLengthBytes + kReplyHeaderBytes;
  store_be32(body, static_cast<uint32_t>(value_bytes));
  for (size_t i = 0; i < value_bytes; ++i) body[4 + i] = static_cast<char>('a' + i % 26);
  store_be32(body + 4 + value_bytes + kStatDataLengthOffset, static_cast<uint32_t>(value_bytes));
  return frame;
}

// The string or buffer at the beginning of `record`, with its length; empty when it does not fit.
std::string_view leading_string(std::string_view record) {
  if (record.size() < 4) return {};
  size_t length = load_be32(record.data());
  return length <= record.size() - 4 ? record.substr(0, 4 + length) : std::string_view{};
}

}  // namespace

EchoServer::EchoServer(const EchoPlan& plan)
    : plan_(plan), buffer_(kReadBytes, '\0'), data_reply_(data_reply(plan.value_bytes)) {}

Result<EchoServer> EchoServer::listen(const EchoPlan& plan) {
  EchoServer server(plan);
  auto listener = listen_on(server.plan_.address);
  if (!listener.ok()) return listener.error();
  server.listener_ = std::move(*listener);
  auto epoll = make_epoll();
  if (!epoll.ok()) return epoll.error();
  server.epoll_ = std::move(*epoll);
  auto watched = epoll_watch(server.epoll_.get(), server.listener_.get(), EPOLLIN,
                             static_cast<uint64_t>(server.listener_.get()));
  if (!watched.ok()) return watched.error();
  return server;
}

Status EchoServer::serve(const std::atomic<bool>& stop) {
  std::array<epoll_event, kEventsMax> events;
  while (!stop.load(std::memory_order_relaxed)) {
    int ready = ::epoll_wait(epoll_.get(), events.data(), kEventsMax, kStopLatencyMs);
    if (ready < 0 && errno != EINTR) return os_error("wait for requests");
    for (int i = 0; i < ready; ++i) {
      int fd = static_cast<int>(events[static_cast<size_t>(i)].data.u64);
      if (fd == listener_.get()) {
        if (auto status = accept_all(); !status.ok()) return status;
        continue;
      }
      auto found = connections_.find(fd);
      if (found != connections_.end() && !on_event(found->second)) connections_.erase(found);
    }
  }
  return Unit{};
}

Status EchoServer::accept_all() {
  for (;;) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return Unit{};
      return os_error("accept a connection");
    }
    int fd = socket.get();
    auto watched = epoll_watch(epoll_.get(), fd, EPOLLIN, static_cast<uint64_t>(fd));
    if (!watched.ok()) return watched;
    connections_[fd].socket = std::move(socket);
  }
}

bool EchoServer::on_event(Connection& connection) {
  if (!connection.ending && !connection.awaits_writable && !read_and_answer(connection))
    return false;
  if (!flush(connection)) return false;
  return !(connection.ending && connection.output.empty());
}

bool EchoServer::read_and_answer(Connection& connection) {
  ssize_t got = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), 0);
  if (got == 0) return false;
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  std::string_view input(buffer_.data(), static_cast<size_t>(got));
  if (!connection.input.empty()) {
    connection.input.append(input);
    input = connection.input;
  }
  while (input.size() >= kLengthBytes && !connection.ending) {
    size_t length = load_be32(input.data());
    if (length > kFrameBytesMax) return false;
    if (input.size() < kLengthBytes + length) break;
    answer(connection, input.substr(kLengthBytes, length));
    input.remove_prefix(kLengthBytes + length);
  }
  // A new string, because `input` may lie in the old one.
  connection.input = std::string(input);
  return true;
}

void EchoServer::answer(Connection& connection, std::string_view payload) {
  if (connection.mute) return;
  if (!connection.greeted) return answer_connect(connection);
  if (payload.size() < kRequestHeaderBytes) {
    connection.ending = true;
    return;
  }
  auto xid = static_cast<int32_t>(load_be32(payload.data()));
  auto opcode = static_cast<Opcode>(load_be32(payload.data() + 4));
  std::string_view record = payload.substr(kRequestHeaderBytes);
  const size_t at = connection.output.size();
  switch (opcode) {
    case Opcode::kGetData:
      connection.output += data_reply_;
      break;
    case Opcode::kExists:
      connection.output += blank_reply(kStatBytes);
      break;
    case Opcode::kSetData: {
      std::string reply = blank_reply(kStatBytes);
      char* stat = reply.data() + kLengthBytes + kReplyHeaderBytes;
      std::string_view data = leading_string(record.substr(leading_string(record).size()));
      store_be32(stat + kStatVersionOffset, static_cast<uint32_t>(replies_));
      store_be32(stat + kStatDataLengthOffset,
                 static_cast<uint32_t>(data.empty() ? 0 : data.size() - 4));
      connection.output += reply;
      break;
    }
    case Opcode::kCreate: {
      std::string_view path = leading_string(record);
      std::string reply = blank_reply(path.size());
      path.copy(reply.data() + kLengthBytes + kReplyHeaderBytes, path.size());
      connection.output += reply;
      break;
    }
    case Opcode::kCloseSession:
      connection.output += blank_reply(0);
      connection.ending = true;
      break;
    default:
      connection.output += blank_reply(0);
      set_err(connection.output.data() + at, kErrUnimplemented);
      connection.ending = true;
  }
  set_xid(connection.output.data() + at, xid);
  if (replies_++ == plan_.fault_at) spoil(connection, at);
}

void EchoServer::spoil(Connection& connection, size_t at) {
  char* reply = connection.output.data() + at;
  switch (plan_.fault) {
    case EchoFault::kNone:
    case EchoFault::kMute:
      break;
    case EchoFault::kWrongXid:
      ++reply[kXidOffset + 3];
      break;
    case EchoFault::kErr:
      set_err(reply, kErrNoNode);
      break;
    case EchoFault::kShortData:
      connection.output.pop_back();
      store_be32(reply, static_cast<uint32_t>(connection.output.size() - at - kLengthBytes));
      break;
    case EchoFault::kOldVersion:
      store_be32(reply + kLengthBytes + kReplyHeaderBytes + kStatVersionOffset, 0);
      break;
    case EchoFault::kClose:
      connection.output.resize(at);
      connection.ending = true;
  }
}

void EchoServer::answer_connect(Connection& connection) {
  if (plan_.fault == EchoFault::kMute && !muted_) {
    connection.mute = muted_ = true;
    return;
  }
  std::string frame(kLengthBytes + kConnectReplyBytes, '\0');
  store_be32(frame.data(), kConnectReplyBytes);
  store_be32(frame.data() + kLengthBytes + 4, 30'000);
  store_be64(frame.data() + kLengthBytes + 8, static_cast<uint64_t>(++last_session_));
  store_be32(frame.data() + kLengthBytes + 16, kPasswordBytes);
  connection.output += frame;
  connection.greeted = true;
}

bool EchoServer::flush(Connection& connection) {
  size_t done = 0;
  while (done < connection.output.size()) {
    ssize_t sent = ::send(connection.socket.get(), connection.output.data() + done,
                          connection.output.size() - done, MSG_NOSIGNAL);
    if (sent >= 0) {
      done += static_cast<size_t>(sent);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      return false;
    }
  }
  connection.output.erase(0, done);
  bool blocked = !connection.output.empty();
  if (blocked == connection.awaits_writable) return true;
  connection.awaits_writable = blocked;
  // While replies are stuck nothing more is read: the output cannot grow without bound.
  uint32_t events = blocked ? static_cast<uint32_t>(EPOLLOUT) : static_cast<uint32_t>(EPOLLIN);
  int fd = connection.socket.get();
  return epoll_watch(epoll_.get(), fd, events, static_cast<uint64_t>(fd)).ok();
}

}  // namespace zookernel::bench
