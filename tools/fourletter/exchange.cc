#include "tools/fourletter/exchange.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace zookernel::fourletter {
namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Waits for events; false with errno set when they did not come in time.
bool wait_for(int fd, short events, int timeout_ms) {
  pollfd poll_fd = {fd, events, 0};
  int ready = 0;
  do {
    ready = ::poll(&poll_fd, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  return ready > 0;
}

// A connected socket, or a closed one with errno set.
Socket connect_to(const addrinfo& address, int timeout_ms) {
  Socket socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         address.ai_protocol));
  if (!socket.open()) return socket;
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS || !wait_for(socket.fd(), POLLOUT, timeout_ms)) return Socket(-1);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return Socket(-1);
  if (error == 0) return socket;
  errno = error;
  return Socket(-1);
}

bool send_all(int fd, std::string_view bytes, int timeout_ms) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, timeout_ms)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Exchange read_answer(const Socket& socket, const Question& question, const std::string& place,
                     const std::function<void(std::string_view)>& put) {
  bool any = false;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (got > 0) {
      any = true;
      put({buffer.data(), static_cast<size_t>(got)});
      continue;
    }
    if (got == 0) break;
    if (errno == EINTR) continue;
    if (errno == EAGAIN && wait_for(socket.fd(), POLLIN, question.timeout_ms)) continue;
    return {Outcome::kNoAnswer, place + ": the answer broke off: " + std::strerror(errno)};
  }
  if (any) return {Outcome::kAnswered, ""};
  return {Outcome::kNoAnswer, place + ": closed the connection without an answer"};
}

std::string without_brackets(const std::string& host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

}  // namespace

Exchange ask(const Question& question, const std::function<void(std::string_view)>& put) {
  const std::string place = question.host + ":" + question.port;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(without_brackets(question.host).c_str(), question.port.c_str(), &hints, &found);
  if (failure != 0) {
    return {Outcome::kNoConnection, place + ": cannot be resolved: " + ::gai_strerror(failure)};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);

  int error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const Socket socket = connect_to(*address, question.timeout_ms);
    if (!socket.open()) {
      error = errno;
      continue;
    }
    if (!send_all(socket.fd(), question.word, question.timeout_ms)) {
      return {Outcome::kNoAnswer, place + ": cannot send the word: " + std::strerror(errno)};
    }
    return read_answer(socket, question, place, put);
  }
  return {Outcome::kNoConnection, place + ": cannot connect: " + std::strerror(error)};
}

}  // namespace zookernel::fourletter
