// One TCP connection to a server on this machine: frames go out and come in, one thread waits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zookernel::differential {

class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  // False if nobody listens there.
  [[nodiscard]] bool connect(uint16_t port);
  // In pieces of `chunk_size` bytes, or in one if that is 0. What cannot be sent because the other
  // side has closed is dropped: reading says so.
  void send(std::string_view bytes, uint32_t chunk_size = 0);

  enum class Got { kFrame, kEnd, kTimeout };
  // The payload of the next frame. kEnd also for a reset, and for a length that no server sends.
  [[nodiscard]] Got read_frame(std::string& payload, int timeout_ms);
  // All bytes up to the end of the stream.
  [[nodiscard]] std::string read_to_end(int timeout_ms);

  void close();
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  Got receive(int timeout_ms);

  int descriptor_ = -1;
  std::string buffer_;  // received and not read yet, from at_
  size_t at_ = 0;
};

}  // namespace zookernel::differential
