// Sockets and other descriptors of the bench: owning handles and the few calls it makes.
#pragma once

#include <zookernel/result.h>

#include <cstdint>
#include <string>
#include <utility>

namespace zookernel::bench {

// Owns a file descriptor; -1 is none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Address {
  std::string host = "127.0.0.1";  // a dotted IPv4 address
  uint16_t port = 0;
};

// An error of the operating system: "WHAT: reason", from errno.
[[nodiscard]] Error os_error(const std::string& what);

// Connects and waits until that is done or refused. TCP_NODELAY is set.
[[nodiscard]] Result<Fd> connect_blocking(const Address& address);

// Starts to connect a non-blocking socket; it is writable when done, with the outcome in SO_ERROR.
[[nodiscard]] Result<Fd> connect_started(const Address& address);

// Listens on `address`, non-blocking; port 0 chooses one, which is stored back.
[[nodiscard]] Result<Fd> listen_on(Address& address);

[[nodiscard]] Status set_nonblocking(int fd);
[[nodiscard]] Result<Fd> make_epoll();
// `events` as EPOLLIN | ...; `tag` comes back in epoll_event::data.u64. Works for a new descriptor
// and for a known one.
[[nodiscard]] Status epoll_watch(int epoll, int fd, uint32_t events, uint64_t tag);

// Sends all of `bytes` on a blocking socket.
[[nodiscard]] Status send_all(int fd, const char* bytes, size_t count);

// Lets this process hold at least `count` descriptors. When that is not allowed, as many as are,
// and an error.
[[nodiscard]] Status raise_descriptor_limit(uint64_t count);

}  // namespace zookernel::bench
