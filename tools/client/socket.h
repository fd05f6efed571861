// One non-blocking TCP stream, and the addresses that a server's name stands for.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/client/connect_string.h"
#include "zookernel/bytes.h"
#include "zookernel/result.h"

namespace zookernel::client {

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  std::string name;  // "host:port" as the user wrote it
};

// All addresses of a server. Asks the system's resolver, which may take its time: the one call here
// that blocks.
[[nodiscard]] Result<std::vector<Address>> resolve(const HostPort& server);

// Owns its descriptor. Errors name the address.
class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  // Begins to connect; the descriptor becomes writable when that is decided.
  [[nodiscard]] static Result<Socket> start_connect(const Address& address);
  // To be called when it is writable.
  [[nodiscard]] Status finish_connect();

  // Sends what fits and drops it from the front of `bytes`.
  [[nodiscard]] Status send(Buffer& bytes);
  // Appends what has arrived, at most one block. Errc::kClosed when the other side has ended.
  [[nodiscard]] Status receive(Buffer& bytes);

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  [[nodiscard]] Error failed(const char* what, int number) const;

  int descriptor_ = -1;
  std::string name_;
};

}  // namespace zookernel::client
