// Client connections on the side of the transport: who may connect, where a message ends, and who
// is silent for too long. What the messages mean is the core's business.
//
// One mutex guards the table, because with I/O threads their calls and the core's come at once;
// calls for one connection never overlap.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/shell/logging.h"
#include "zookernel/metrics.h"
#include "zookernel/transport.h"
#include "zookernel/wire/frame.h"

namespace zookernel::shell {

// Where messages go: the core thread itself, or the inbox before it. Calls for one connection never
// overlap.
class ClientSink {
 public:
  enum class Flow {
    kMore,   // taken; the next one may come
    kPause,  // taken; nothing more for now
    kLater,  // not taken: to be offered again
  };

  virtual ~ClientSink() = default;
  virtual void opened(ConnId conn, const PeerInfo& peer) = 0;
  virtual Flow frame(ConnId conn, Bytes payload) = 0;
  virtual Flow word(ConnId conn, std::string_view word, Bytes argument) = 0;
  virtual void nonsense(ConnId conn) = 0;  // the connection is to be closed
  virtual void closed(ConnId conn) = 0;
};

struct ConnectionLimits {
  int32_t per_address_max = 60;  // 0: unlimited
  int32_t total_max = 0;         // 0: unlimited
  uint32_t frame_bytes_max = 1048575;
  int64_t silent_ms_max = 10000;   // without a whole first message
  bool trace_mask_allowed = true;  // stmk is in the whitelist: its argument is waited for
};

class Connections final : public ConnectionEvents {
 public:
  // What is borrowed outlives the connections.
  Connections(ConnectionLimits limits, ClientSink& sink, Logger& log, Metrics& metrics);

  bool on_open(ConnId conn, Channel channel, const PeerInfo& peer) override;
  size_t on_bytes(ConnId conn, Bytes bytes) override;
  void on_close(ConnId conn, const Error& why) override;

  // Those that have been silent for too long at `now_ms`, once each. [core]
  std::vector<ConnId> take_silent(int64_t now_ms);
  // When there may be some: never later than the truth; INT64_MAX without any connection that
  // waits. [core]
  [[nodiscard]] int64_t next_silent_ms();
  [[nodiscard]] std::vector<ConnId> all();  // [core]

 private:
  struct Entry {
    PeerInfo peer;
    wire::FramingState framing = wire::FramingState::kHandshake;
    bool done = false;  // what still comes is dropped: a word was said, or nonsense
  };

  Entry* find(ConnId conn);
  bool admit(const PeerInfo& peer);
  void count(const PeerInfo& peer, int32_t change);
  void refuse_bytes(ConnId conn, Entry& entry, const char* problem, Bytes bytes);

  const ConnectionLimits limits_;
  ClientSink& sink_;
  Logger& log_;
  Counter& rejected_;
  Counter& silent_;
  Gauge& local_;
  Gauge& remote_;

  std::mutex
      mutex_;  // guards what follows; entries stay where they are while their connection lives
  std::unordered_map<ConnId, Entry> entries_;
  std::map<std::string, int32_t, std::less<>> per_address_;
  std::deque<std::pair<int64_t, ConnId>>
      waiting_;  // opened when, ascending; those with a first message are skipped later
  int64_t local_count_ = 0, remote_count_ = 0;
  LineLimit refusals_, nonsense_;
};

}  // namespace zookernel::shell
