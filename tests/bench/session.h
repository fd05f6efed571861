// One session on one blocking socket: what the bench uses to set things up, to measure a single
// client, and to say goodbye.
#pragma once

#include <zookernel/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/protocol.h"
#include "tests/bench/socket.h"

namespace zookernel::bench {

constexpr int32_t kSessionTimeoutMs = 30'000;

struct Reply {
  ReplyHeader header;
  std::string_view body;  // valid until the session's next call
};

class Session {
 public:
  // Connects and opens a new session. A reply that does not come within a minute is an
  // error here and below.
  static Result<Session> open(const Address& address);
  // Takes over a connection whose session is open, whose replies have all been read, and whose next
  // xid is `next_xid`.
  static Result<Session> adopt(Fd socket, int32_t next_xid);

  // Sends `frame`, as protocol.h encodes it, under the next xid and waits for its reply, whose xid
  // is verified and whose err is not.
  Result<Reply> call(std::string& frame);
  // The two halves of a call, for who does something in between.
  Status send(std::string& frame);
  Result<Reply> receive();

  // Closes the session and reads until the server has closed the connection.
  Status close();

  // Gives the connection away; the session stays open. `*this` is done with.
  Fd release() { return std::move(socket_); }

  [[nodiscard]] int64_t id() const { return id_; }

 private:
  explicit Session(Fd socket) : socket_(std::move(socket)), buffer_(4096) {}
  Result<std::string_view> read_frame();

  Fd socket_;
  int64_t id_ = 0;
  int32_t next_xid_ = 1;
  std::vector<char> buffer_;  // the frame that was read last
};

// The reply's body, or an error that names `what` when its err is not 0.
[[nodiscard]] Result<std::string_view> expect_ok(const Result<Reply>& reply, std::string_view what);

// Makes `path` exist with exactly `data`.
[[nodiscard]] Status ensure_node(Session& session, std::string_view path, std::string_view data);

}  // namespace zookernel::bench
