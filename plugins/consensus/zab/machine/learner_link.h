// The leader's view of one learner: its connection, how far it is, and what waits to be sent.
// [core]
#pragma once

#include <deque>
#include <optional>

#include "plugins/consensus/zab/machine/outlet.h"
#include "plugins/consensus/zab/machine/quorum_input.h"

namespace zookernel::zab {

struct LearnerLink {
  // What may wait for a learner that is sent a snapshot or an old log; beyond it, it is dropped.
  static constexpr size_t kQueuedBytesMax = size_t{256} << 20;

  enum class Stage {
    kConnected,  // said nothing yet
    kInformed,   // FOLLOWERINFO came; LEADERINFO waits for the epoch, or for ACKEPOCH
    kAcked,      // ACKEPOCH came; synchronisation waits for a quorum of them
    kSyncing,    // the history and NEWLEADER are on their way
    kSynced,     // acknowledged NEWLEADER
  };
  enum class Blocked { kNo, kBySnapshot, kByLog };

  LearnerLink(ConnId connection, uint32_t field_bytes_max, int64_t until_ms)
      : conn(connection), input(field_bytes_max), deadline_ms(until_ms) {}

  // In order, after what waits already. False: too much waits.
  [[nodiscard]] bool send(Buffer packet, Outlet& out) {
    if (blocked == Blocked::kNo) {
      out.send(conn, std::move(packet));
      return true;
    }
    queued_bytes += packet.size();
    queue.push_back(std::move(packet));
    return queued_bytes <= kQueuedBytesMax;
  }
  void unblock(Outlet& out) {
    blocked = Blocked::kNo;
    for (Buffer& packet : queue) out.send(conn, std::move(packet));
    drop_queue();
  }
  void drop_queue() {
    queue.clear();
    queued_bytes = 0;
  }

  // A proposal was sent: the oldest one that is not acknowledged, and the newest, have a time
  // limit.
  void watch(Zxid zxid, int64_t until_ms) {
    Watched& next = oldest ? newest.emplace() : oldest.emplace();
    next = {zxid, until_ms};
  }
  void acknowledged(Zxid zxid) {
    if (oldest && zxid >= oldest->zxid) {
      oldest = newest;
      newest.reset();
    }
    if (oldest && zxid >= oldest->zxid) oldest.reset();
  }

  const ConnId conn;
  QuorumInput input;
  Stage stage = Stage::kConnected;
  ServerId id;
  bool observer = false;
  Zxid last;                       // of its log, from ACKEPOCH
  bool forwarding = false;         // gets what is proposed from now on
  Blocked blocked = Blocked::kNo;  // what is sent waits for this
  bool log_began = false;          // kByLog: what to do is decided
  Zxid log_at;                     // kByLog: the last one that was sent
  Zxid log_to;                     // kByLog: what follows is in the queue
  std::deque<Buffer> queue;
  size_t queued_bytes = 0;
  int64_t deadline_ms;  // when the next packet must have come
  struct Watched {
    Zxid zxid;
    int64_t until_ms = 0;
  };
  std::optional<Watched> oldest, newest;
};

}  // namespace zookernel::zab
