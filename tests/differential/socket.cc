#include "tests/differential/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "zookernel/bytes.h"

namespace zookernel::differential {

namespace {

// Above what a server can answer here.
constexpr uint32_t kFrameBytesMax = 64u << 20;
constexpr size_t kReceiveBytes = 16u << 10;

}  // namespace

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      buffer_(std::move(other.buffer_)),
      at_(std::exchange(other.at_, 0)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(buffer_, other.buffer_);
  std::swap(at_, other.at_);
  return *this;
}

bool Socket::connect(uint16_t port) {
  close();
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the form that sockets take.
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

void Socket::send(std::string_view bytes, uint32_t chunk_size) {
  while (!bytes.empty() && is_open()) {
    size_t size = chunk_size == 0 ? bytes.size() : std::min<size_t>(chunk_size, bytes.size());
    ssize_t sent = ::send(descriptor_, bytes.data(), size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

Socket::Got Socket::receive(int timeout_ms) {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  pollfd waiting{descriptor_, POLLIN, 0};
  int ready = ::poll(&waiting, 1, timeout_ms);
  if (ready == 0) return Got::kTimeout;
  size_t before = buffer_.size();
  buffer_.resize(before + kReceiveBytes);
  ssize_t got = ::recv(descriptor_, buffer_.data() + before, kReceiveBytes, 0);
  buffer_.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
  return got > 0 ? Got::kFrame : Got::kEnd;
}

Socket::Got Socket::read_frame(std::string& payload, int timeout_ms) {
  if (!is_open()) return Got::kEnd;
  for (;;) {
    size_t have = buffer_.size() - at_;
    if (have >= 4) {
      uint32_t size = load_be32(buffer_.data() + at_);
      if (size > kFrameBytesMax) return Got::kEnd;
      if (have >= 4 + size_t{size}) {
        payload.assign(buffer_, at_ + 4, size);
        at_ += 4 + size_t{size};
        return Got::kFrame;
      }
    }
    Got got = receive(timeout_ms);
    if (got != Got::kFrame) return got;
  }
}

std::string Socket::read_to_end(int timeout_ms) {
  while (is_open() && receive(timeout_ms) == Got::kFrame) {
  }
  return buffer_.substr(at_);
}

void Socket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  buffer_.clear();
  at_ = 0;
}

}  // namespace zookernel::differential
