// A server that keeps nothing: it answers each request at once with a reply of the size that the
// real one has. What it reaches is what sockets and the generator allow, so it is the floor that
// servers are compared with; the tests use it to see that the generator works, and, with a fault,
// that it notices wrong replies.
#pragma once

#include <zookernel/result.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "tests/bench/socket.h"

namespace zookernel::bench {

// What goes wrong, once, with one reply; kMute: the first connection is never answered at all.
enum class EchoFault { kNone, kWrongXid, kErr, kShortData, kOldVersion, kClose, kMute };

struct EchoPlan {
  Address address;
  size_t value_bytes = 1024;  // of every getData
  EchoFault fault = EchoFault::kNone;
  uint64_t fault_at =
      0;  // the reply it happens to, counted from 0 over all connections, handshakes not included
};

class EchoServer {
 public:
  // Binds; connections wait until serve() is called.
  static Result<EchoServer> listen(const EchoPlan& plan);

  [[nodiscard]] uint16_t port() const { return plan_.address.port; }

  // Serves, in the calling thread, until `stop` is set, which is noticed within a tenth of a
  // second.
  Status serve(const std::atomic<bool>& stop);

 private:
  struct Connection {
    Fd socket;
    bool greeted = false;
    bool mute = false;
    bool ending = false;  // closed once `output` is sent
    bool awaits_writable = false;
    std::string input;   // the beginning of a frame
    std::string output;  // what the socket did not take yet
  };

  explicit EchoServer(const EchoPlan& plan);
  Status accept_all();
  // False when the connection is over.
  bool on_event(Connection& connection);
  bool read_and_answer(Connection& connection);
  void answer(Connection& connection, std::string_view payload);
  void answer_connect(Connection& connection);
  // Makes the reply that begins at `at` of the output wrong, as planned.
  void spoil(Connection& connection, size_t at);
  bool flush(Connection& connection);

  EchoPlan plan_;
  Fd listener_;
  Fd epoll_;
  std::unordered_map<int, Connection> connections_;  // by descriptor
  std::string buffer_;                               // what a read fills
  std::string data_reply_;                           // a whole frame that answers getData
  int64_t last_session_ = 0;
  uint64_t replies_ = 0;
  bool muted_ = false;  // some connection is already
};

}  // namespace zookernel::bench
