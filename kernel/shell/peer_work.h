// What the core thread does for consensus: takes to the server what other servers do, and carries
// out what the machine asks for.
//
//   send, dial, close      on the quorum and election channels
//   stream_snapshot        slices of our tree, at the pace at which the learner takes them
//   read_log               pieces of our log, at the same pace
//   installs               the tree that a leader sends, to the snapshot thread as it arrives
//   rewind                 the tree rebuilt from the disk, once all that was asked of it is done
//
// Backpressure. The leader is not listened to while the disk is far behind with what it sends, a
// tree or transactions. On the election channel everything is always heard.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernel/core/server.h"
#include "kernel/shell/inbox.h"
#include "kernel/shell/log_reads.h"
#include "kernel/shell/log_writer.h"
#include "kernel/shell/peers.h"
#include "kernel/shell/snapshotter.h"
#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

// Copies what the I/O thread of the other servers brings into the inbox.
class InboxPeerSink final : public PeerSink {
 public:
  explicit InboxPeerSink(Inbox& inbox) : inbox_(inbox) {}
  void peer_opened(const Opened& opened) override { inbox_.post_peer(opened); }
  void peer_bytes(ConnId conn, Bytes bytes) override;
  void peer_closed(ConnId conn) override { inbox_.post_peer(Closed{conn}); }
  void dial_failed(uint64_t token) override { inbox_.post_peer(DialFailed{token}); }

 private:
  Inbox& inbox_;
};

class PeerWork final : public PeerSink {
 public:
  // Bytes of a tree or a log that wait for one learner: above it the next piece has time.
  static constexpr size_t kUnsentHigh = size_t{1} << 20;
  // Bytes of records that wait for the disk: above the first the leader is not listened to, below
  // the second it is again. Higher than for clients, who are held up first.
  static constexpr size_t kLogBacklogHigh = size_t{256} << 20;
  static constexpr size_t kLogBacklogLow = size_t{64} << 20;
  // Packets for one connection that leave in one piece.
  static constexpr size_t kJoinedBytesMax = size_t{256} << 10;
  // What a slice of a tree may take from the clients' time.
  static constexpr int64_t kSliceNs = 500'000;

  using Step = std::function<void(const core::Input&)>;
  // Fills the tree from the disk once more: the last transaction, -1 when that cannot be done.
  using Rebuild = std::function<Zxid()>;

  struct Partners {
    Peers& peers;
    LogWriter& log_writer;
    LogReads& log_reads;
    Snapshotter& snapshotter;
    Rebuild rebuild;
  };

  // `self`: this server's own line.
  PeerWork(Transport& transport, Logger& log, std::optional<Member> self)
      : transport_(transport), log_(log), self_(std::move(self)) {}
  // The others are made later than the listeners. Before the first event.
  void begin(Partners partners, Step step);

  // PeerSink, for a transport without threads. [core], inside poll()
  void peer_opened(const Opened& opened) override { step_(core::Input(opened)); }
  void peer_bytes(ConnId conn, Bytes bytes) override;
  void peer_closed(ConnId conn) override;
  void dial_failed(uint64_t token) override { step_(core::Input(DialFailed{token})); }

  // ---- [core]

  void take(PeerMessage& message);
  void take(LogPiece& piece);
  // The inputs that are due: pieces for learners, a tree rebuilt. `all_durable`: every Persist so
  // far.
  void advance(bool all_durable, int64_t now_ms);
  // Of a batch; before its Persists are submitted.
  void before_persists(core::Effects& effects);
  // ... and after it.
  void carry_out(core::Effects& effects, int64_t now_ms);
  // How long the loop may wait.
  [[nodiscard]] int64_t wake_at_ms(int64_t now_ms);
  void close_all();

 private:
  enum class Pace : uint8_t { kDue, kAsked };

  void send(std::vector<Send>& sends);
  void note_pieces(const core::Effects& effects);
  void tell_changes(const core::Effects& effects);
  void tell_roles(const core::Effects& effects);
  void begin_works(const ConsensusEffects& effects);
  void next_slices();
  void next_log_pieces();
  void hold_back();
  [[nodiscard]] bool has_room(ConnId conn) const;

  Transport& transport_;
  Logger& log_;
  const std::optional<Member> self_;
  std::optional<Partners> partners_;
  Step step_;

  std::unordered_map<ConnId, Pace> streams_;    // trees on their way
  std::unordered_map<ConnId, Pace> log_reads_;  // logs on their way
  std::vector<ConnId> sent_;                    // SnapshotSent is due
  size_t slice_nodes_ = 256;                    // adapts to kSliceNs
  bool rewinding_ = false;
  bool held_back_ = false;  // the quorum channel is not read
};

}  // namespace zookernel::shell
