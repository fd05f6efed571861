// Transport: bytes to and from sockets. It knows bytes and addresses, nothing of frames.
//
// Two ways of running, told by Transport::threads():
//   0   shared: the kernel's core thread drives the sockets itself through poll(); on_* are called
//   inside poll(), and send, close
//       and read take effect at once. A request goes from socket to reply without changing threads.
//   n   the transport owns n I/O threads; on_* come from them, and poll() only waits for wake().
#pragma once

#include <cstdint>
#include <string>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/plugin.h"
#include "zookernel/result.h"

namespace zookernel {

enum class Channel : uint8_t { kClient, kQuorum, kElection };

struct Endpoint {
  std::string host;   // numeric or a name; empty: every address
  uint16_t port = 0;  // 0: chosen by the system

  bool operator==(const Endpoint&) const = default;
};

// The other end of a connection.
struct PeerInfo {
  std::string
      address;  // numeric; IPv6 as Java prints it: 0:0:0:0:0:0:0:1, with %scope where there is one
  uint16_t port = 0;
  bool tls = false;
};

// The kernel implements it. Calls for one connection never overlap. [io], which is the core thread
// when threads() is 0.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents();
  // A connection is there. False refuses it: it is reset at once and on_close does not come.
  virtual bool on_open(ConnId conn, Channel channel, const PeerInfo& peer) = 0;
  // Bytes arrived. Answers how many were consumed; the rest is offered again with what follows.
  // After close() or read(off) fewer, even none, may be consumed; nothing is lost.
  virtual size_t on_bytes(ConnId conn, Bytes bytes) = 0;
  // Exactly once for each accepted on_open or dial, and the last call for the connection.
  virtual void on_close(ConnId conn, const Error& why) = 0;
};

class Transport : public Extension {
 public:
  static constexpr const char* kId = "zookernel.transport/1";

  [[nodiscard]] virtual int threads() const = 0;  // [startup] after configure

  // Binds and listens; accepting begins with the first poll() after accept(true). The answer has
  // the port that was chosen. backlog -1: the system's limit.
  virtual Result<Endpoint> listen(Channel channel, const Endpoint& at, int backlog,
                                  ConnectionEvents& events) = 0;  // [startup]
  virtual void accept(bool on) = 0;                               // [core]
  virtual ConnId dial(Channel channel, const Endpoint& to, ConnectionEvents& events) = 0;  // [core]

  virtual void send(
      ConnId conn,
      Buffer bytes) = 0;  // [core] in order, never blocks; unknown connections are ignored
  virtual void close(
      ConnId conn) = 0;  // [core] after everything sent so far has gone out, with a time limit
  virtual void reset(ConnId conn) = 0;          // [core] at once, with RST
  virtual void read(ConnId conn, bool on) = 0;  // [core] backpressure; on at first
  [[nodiscard]] virtual size_t queued_bytes(
      ConnId conn) const = 0;  // [core] sent to the transport, not yet to the system

  // Waits until something happened on a socket, wake() was called, or timeout_ms passed (-1: for
  // ever; 0: only looks).
  virtual void poll(int64_t timeout_ms) = 0;  // [core]
  virtual void wake() = 0;                    // [any] ends the present or the next poll()
};

}  // namespace zookernel
