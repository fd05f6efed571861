// What a step may do to the world: the parts of the machine write their effects through it. Lives
// for one step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "zookernel/assert.h"
#include "zookernel/consensus.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::zab {

class Outlet {
 public:
  // Records that share a Persist at most (Apache's default of maxBatchSize).
  static constexpr size_t kRecordsPerPersist = 1000;

  // What outlives the steps. One per machine.
  struct Counters {
    uint64_t ticket = 0;  // of the last Persist
    uint64_t dial = 0;    // token of the last Dial
  };

  Outlet(ConsensusEffects& effects, Counters& counters, int64_t now_ms)
      : effects_(effects), counters_(counters), now_ms_(now_ms) {}

  [[nodiscard]] int64_t now_ms() const { return now_ms_; }
  ConsensusEffects& effects() { return effects_; }

  void send(ConnId conn, Buffer bytes) { effects_.send.push_back({conn, std::move(bytes)}); }
  void close(ConnId conn) { effects_.close.push_back(conn); }
  uint64_t dial(Channel channel, const Endpoint& to) {
    effects_.dial.push_back({channel, to, ++counters_.dial});
    return counters_.dial;
  }
  void wake_at(int64_t mono_ms) { effects_.wake_at_ms = std::min(effects_.wake_at_ms, mono_ms); }

  // Answers the ticket.
  uint64_t persist(Persist made) {
    made.ticket = ++counters_.ticket;
    effects_.persist.push_back(std::move(made));
    return counters_.ticket;
  }
  // Before every record that is appended from now on.
  void config(ConfigFile file) {
    if (effects_.persist.empty() || effects_.persist.back().epochs) persist({});
    effects_.persist.back().config.push_back(std::move(file));
  }
  // One more record, and what waits for it. Shares a Persist that was not taken yet, unless that
  // one saves epochs: they would be saved later than asked for.
  uint64_t append(LogRecord record) {
    if (effects_.persist.empty() || effects_.persist.back().epochs ||
        effects_.persist.back().append.size() >= kRecordsPerPersist)
      persist({});
    Persist& last = effects_.persist.back();
    ZOOKERNEL_ASSERT(last.ticket == counters_.ticket);
    last.append.push_back(std::move(record));
    return last.ticket;
  }
  void append_then(LogRecord record, Send then) {
    append(std::move(record));
    effects_.persist.back().then.push_back(std::move(then));
  }

 private:
  ConsensusEffects& effects_;
  Counters& counters_;
  const int64_t now_ms_;
};

// A packet of the quorum port.
[[nodiscard]] inline Buffer quorum_packet(wire::PacketType type, Zxid zxid,
                                          const wire::OptBytes& data = {{}, true}) {
  Buffer bytes;
  wire::Writer writer(bytes);
  wire::write_quorum_packet(writer, type, zxid.value, data);
  return bytes;
}

}  // namespace zookernel::zab
