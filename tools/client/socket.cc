#include "tools/client/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace zookernel::client {

namespace {

constexpr size_t kReceiveBytes = 64 * 1024;

}  // namespace

Result<std::vector<Address>> resolve(const HostPort& server) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (code != 0) {
    return Error{Errc::kNotFound, "host " + server.host + ": " + gai_strerror(code)};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, &freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    if (at->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Address address;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    address.name = to_string(server);
    addresses.push_back(std::move(address));
  }
  return addresses;
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), name_(std::move(other.name_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error Socket::failed(const char* what, int number) const {
  return {Errc::kIo, std::string(what) + " " + name_ + ": " + std::strerror(number)};
}

Result<Socket> Socket::start_connect(const Address& address) {
  Socket made;
  made.name_ = address.name;
  made.descriptor_ =
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made.descriptor_ < 0) return made.failed("socket for", errno);
  const int on = 1;
  // A request is one write and waits for its answer; without this it would wait for more to send.
  ::setsockopt(made.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(made.descriptor_, to, address.size) != 0 && errno != EINPROGRESS) {
    return made.failed("connect to", errno);
  }
  return made;
}

Status Socket::finish_connect() {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
  if (number != 0) return failed("connect to", number);
  return Unit{};
}

Status Socket::send(Buffer& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return failed("send to", errno);
    }
    done += static_cast<size_t>(sent);
  }
  const size_t rest = bytes.size() - done;
  if (done != 0 && rest != 0) std::memmove(bytes.data(), bytes.data() + done, rest);
  bytes.truncate(rest);
  return Unit{};
}

Status Socket::receive(Buffer& bytes) {
  const size_t before = bytes.size();
  char* to = bytes.extend(kReceiveBytes);
  const ssize_t received = ::recv(descriptor_, to, kReceiveBytes, 0);
  bytes.truncate(before + (received > 0 ? static_cast<size_t>(received) : 0));
  if (received > 0) return Unit{};
  if (received == 0) return Error{Errc::kClosed, name_ + " closed the connection"};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Unit{};
  return failed("receive from", errno);
}

}  // namespace zookernel::client
