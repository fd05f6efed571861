// One term as follower or observer of a leader. Ends when `failed()` says why; a new term is a new
// object.
//
//   Stage         sent                          ends with
//   kDialling                                   a connection to the leader
//   kHello        FOLLOWERINFO                  LEADERINFO: the epoch is saved, then ACKEPOCH
//   leaves kEpoch        ACKEPOCH                      DIFF, TRUNC or SNAP kSnapshot the end of the
//   tree that follows SNAP kRewinding                                  our tree without what TRUNC
//   cut off kSyncing                                    NEWLEADER: the history is saved, then the
//   epoch,
//                                               then ACK leaves: one Persist, in this order
//   kAccepted     ACK                           UPTODATE: the history is committed
//   kServing      ACK, and one per proposal     the leader's silence, or ours
//
// What the leader sends as committed before UPTODATE is only what it hopes to commit: it goes to
// the log, and to the tree with UPTODATE. So nobody ever reads from a tree that may be taken back,
// and everything that was committed before UPTODATE is there when serving begins (ZOOKEEPER-3023).
// Source: Learner, Follower, Observer. [core]
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/consensus/zab/machine/local_state.h"
#include "plugins/consensus/zab/machine/outlet.h"
#include "plugins/consensus/zab/machine/quorum_input.h"
#include "plugins/consensus/zab/machine/snapshot_scan.h"

namespace zookernel::zab {

class Learner {
 public:
  enum class Stage {
    kDialling,
    kHello,
    kEpoch,
    kSnapshot,
    kRewinding,
    kSyncing,
    kAccepted,
    kServing
  };

  // Between two attempts to reach the leader.
  static constexpr int64_t kRedialMs = 100;

  // Borrows `local`, which outlives it.
  Learner(LocalState& local, ServerId leader);

  void begin(Outlet& out);
  // These answer whether the token or connection is ours.
  bool on_opened(const Opened& opened, Outlet& out);
  bool on_dial_failed(uint64_t dial, Outlet& out);
  bool on_closed(ConnId conn);
  bool on_received(ConnId conn, Bytes bytes, Outlet& out);
  void on_tick(Outlet& out);
  void on_rewound(Zxid last, Outlet& out);
  void on_install_failed();
  void on_forward(const ForwardedRequest& request, Outlet& out);
  void on_touch(const Touch& touch);
  void on_revalidate(const Revalidate& ask, Outlet& out);
  void end(Outlet& out);

  // Why the term is over, a constant text; null while it goes on.
  [[nodiscard]] const char* failed() const { return failed_; }
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] bool serving() const { return stage_ == Stage::kServing; }
  [[nodiscard]] int64_t epoch() const { return epoch_; }
  // A change of the ensemble ended it, and this server leads now; perhaps the same one.
  [[nodiscard]] const std::optional<ServerId>& successor() const { return successor_; }
  [[nodiscard]] int64_t wake_at_ms() const;

 private:
  void dial(Outlet& out);
  void take_packets(Outlet& out);
  void on_packet(const wire::QuorumPacketView& packet, Outlet& out);
  // learner.cc
  void on_leaderinfo(const wire::QuorumPacketView& packet, Outlet& out);
  void on_proposal(const wire::QuorumPacketView& packet, Outlet& out);
  void on_commit(Zxid zxid, Outlet& out);
  void on_inform(const wire::QuorumPacketView& packet, Outlet& out);
  void on_uptodate(Outlet& out);
  void on_ping(Zxid zxid, Outlet& out);
  void on_sync(Outlet& out);
  void on_revalidate_answer(const wire::QuorumPacketView& packet, Outlet& out);
  // learner_reconfig.cc
  void on_commit_and_activate(const wire::QuorumPacketView& packet, Outlet& out);
  void on_inform_and_activate(const wire::QuorumPacketView& packet, Outlet& out);
  [[nodiscard]] bool note_proposed_ensemble(const LogRecord& record, Outlet& out);
  void take_newleader_config(Bytes text, Outlet& out);
  void activate_at_uptodate(Outlet& out);
  void activate(std::optional<ServerId> designated, Outlet& out);
  // learner_sync.cc
  void on_diff(Outlet& out);
  void on_trunc(Zxid zxid, Outlet& out);
  void on_snap(Zxid zxid, Outlet& out);
  void take_snapshot(Outlet& out);
  void on_newleader(const wire::QuorumPacketView& packet, Outlet& out);
  void distrust(const char* why);

  // Checks what a PROPOSAL or INFORM brings; false: it was dealt with, or the term is over.
  bool take_record(const wire::QuorumPacketView& packet, LogRecord& record);
  [[nodiscard]] Zxid last_received() const;
  [[nodiscard]] Buffer ack(Zxid zxid) const;
  void fail(const char* why) { failed_ = failed_ == nullptr ? why : failed_; }
  [[nodiscard]] Zxid epoch_zxid() const { return Zxid{epoch_ << 32}; }
  void heard(Outlet& out);

  LocalState& local_;
  const ServerId leader_;
  std::vector<Endpoint> addresses_;
  size_t next_address_ = 0;
  uint64_t dialing_ = 0;
  int64_t redial_at_ms_ = INT64_MAX;
  ConnId conn_;
  QuorumInput input_;
  SnapshotScan scan_;
  Stage stage_ = Stage::kDialling;
  const char* failed_ = nullptr;
  int64_t deadline_ms_ = 0;

  int64_t epoch_ = 0;
  std::vector<LogRecord> held_;  // of synchronisation: not logged before NEWLEADER
  Zxid base_;                // our history that is the leader's too: what DIFF, TRUNC, SNAP left
  Zxid to_commit_;           // the last one that the leader called committed
  Zxid cut_to_;              // kRewinding
  Zxid snapshot_zxid_;       // kSnapshot
  bool installing_ = false;  // the first piece of the tree was handed on
  std::optional<Ensemble> in_force_;    // what NEWLEADER said: from UPTODATE on
  std::optional<ServerId> designated_;  // of a COMMITANDACTIVATE before UPTODATE
  std::optional<ServerId> successor_;
  size_t syncs_ = 0;                      // forwarded, not answered
  std::map<SessionId, int32_t> touched_;  // since the last PING, with timeouts
};

}  // namespace zookernel::zab
