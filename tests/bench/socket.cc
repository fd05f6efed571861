#include "tests/bench/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace zookernel::bench {
namespace {

std::string name_of(const Address& address) {
  return address.host + ":" + std::to_string(address.port);
}

Result<sockaddr_in> resolve(const Address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &to.sin_addr) != 1) {
    return Error{Errc::kInvalid, "address " + address.host + ": not a dotted IPv4 address"};
  }
  return to;
}

void set_no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum class Mode { kWait, kStart };

Result<Fd> connect_to(const Address& address, Mode mode) {
  auto to = resolve(address);
  if (!to.ok()) return to.error();
  int flags = SOCK_STREAM | SOCK_CLOEXEC | (mode == Mode::kStart ? SOCK_NONBLOCK : 0);
  Fd fd(::socket(AF_INET, flags, 0));
  if (!fd) return os_error("create a socket");
  set_no_delay(fd.get());
  int rc = 0;
  do {
    rc = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*to), sizeof(sockaddr_in));
  } while (rc != 0 && errno == EINTR);
  if (rc != 0 && !(mode == Mode::kStart && errno == EINPROGRESS)) {
    return os_error("connect to " + name_of(address));
  }
  return fd;
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error os_error(const std::string& what) {
  int code = errno;
  return {code == EMFILE || code == ENFILE || code == ENOSPC ? Errc::kFull : Errc::kIo,
          what + ": " + std::system_category().message(code)};
}

Result<Fd> connect_blocking(const Address& address) {
  return connect_to(address, Mode::kWait);
}
Result<Fd> connect_started(const Address& address) {
  return connect_to(address, Mode::kStart);
}

Result<Fd> listen_on(Address& address) {
  auto at = resolve(address);
  if (!at.ok()) return at.error();
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return os_error("create a socket");
  int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof(sockaddr_in);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*at), size) != 0) {
    return os_error("bind " + name_of(address));
  }
  if (::listen(fd.get(), 4096) != 0) return os_error("listen on " + name_of(address));
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&*at), &size) != 0) {
    return os_error("ask for the port of " + name_of(address));
  }
  address.port = ntohs(at->sin_port);
  return fd;
}

Status set_nonblocking(int fd) {
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return os_error("make a socket non-blocking");
  }
  return Unit{};
}

Result<Fd> make_epoll() {
  Fd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return os_error("create an epoll descriptor");
  return fd;
}

Status epoll_watch(int epoll, int fd, uint32_t events, uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return Unit{};
  if (errno != ENOENT || ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    return os_error("watch a socket");
  }
  return Unit{};
}

Status send_all(int fd, const char* bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = ::send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return os_error("send a request");
    }
    bytes += sent;
    count -= static_cast<size_t>(sent);
  }
  return Unit{};
}

Status raise_descriptor_limit(uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return os_error("ask for the descriptor limit");
  if (limit.rlim_cur >= count) return Unit{};
  limit.rlim_cur = count;
  limit.rlim_max = std::max<rlim_t>(limit.rlim_max, count);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return Unit{};
  Error error =
      os_error("raise the descriptor limit to " + std::to_string(count) + " (see ulimit -n)");
  // Only root may raise the hard limit; the soft one may always follow it.
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  return error;
}

}  // namespace zookernel::bench
