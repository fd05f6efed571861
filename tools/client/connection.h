// What drives a Session in life: the choice of a server, one socket, one clock, and the only place
// in the program that waits.
#pragma once

#include <signal.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tools/client/connect_string.h"
#include "tools/client/session.h"
#include "tools/client/socket.h"

namespace zookernel::client {

class Connection {
 public:
  struct Settings {
    int32_t timeout_ms = 30000;
    Session::Access access = Session::Access::kReadWrite;
    uint32_t frame_bytes_max = kFrameBytesMaxDefault;
    // The signals that are blocked while turn() waits; the caller blocks further ones elsewhere, so
    // that a signal can arrive only there. nullptr: whatever is blocked anyway.
    const sigset_t* signals_while_waiting = nullptr;
  };

  // Begins to connect in the first turn.
  Connection(ConnectString servers, Settings settings, EventHandler on_event);

  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] const Session& session() const { return session_; }

  enum class Woken {
    kNetwork,      // something may have happened
    kReadable,     // `descriptor` can be read
    kTime,         // `deadline` is over
    kInterrupted,  // by a signal
  };
  static constexpr int64_t kForever = INT64_MAX;

  // Waits until one of the above, and keeps the session going meanwhile. `descriptor` may be -1,
  // `deadline` is a time of now().
  Woken turn(int descriptor, int64_t deadline);

  // Why there is no connection: the last failure; empty if there was none since the last success.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Milliseconds of the monotonic clock.
  [[nodiscard]] static int64_t now();

 private:
  void next_attempt();
  void begin_round();
  void lose(std::string problem);
  void serve(short events);

  ConnectString servers_;
  Settings settings_;
  Session session_;
  Socket socket_;
  bool connecting_ = false;         // the socket is not connected yet
  int64_t connect_deadline_ = 0;    // while connecting_
  std::vector<Address> addresses_;  // left to try in this round, the next one last
  int64_t next_round_ = 0;          // when a round may begin
  bool round_open_ = false;
  std::string problem_;
  Buffer received_;
  std::mt19937 random_;
};

}  // namespace zookernel::client
