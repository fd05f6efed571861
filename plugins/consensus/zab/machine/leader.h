// One term as leader: discovery, synchronisation, broadcast. Ends when `failed()` says why; a new
// term is a new object.
//
//   Stage           until                                              then
//   kDiscovering    a quorum told its accepted epoch                   the new epoch is saved,
//   LEADERINFO kAcknowledging  a quorum acknowledged the new epoch                it is our current
//   one, learners
//                                                                      get our history and
//                                                                      NEWLEADER
//   kSynchronising  a quorum has our history on disk (we among them)   it is committed; UPTODATE
//   kServing        our learners are no quorum any more                the end
//
// Our own voice counts in each quorum when what it stands for is durable here. Source: Leader,
// LearnerHandler. [core]
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/consensus/zab/machine/broadcast.h"
#include "plugins/consensus/zab/machine/learner_link.h"
#include "plugins/consensus/zab/machine/local_state.h"
#include "plugins/consensus/zab/machine/outlet.h"
#include "plugins/consensus/zab/machine/sync_plan.h"

namespace zookernel::zab {

class Leader {
 public:
  enum class Stage { kDiscovering, kAcknowledging, kSynchronising, kServing };

  // Learners at one time, those that said nothing yet included; more are closed.
  static constexpr size_t kLearnersMax = 1000;

  // Borrows `local`, which outlives it.
  explicit Leader(LocalState& local);

  void begin(Outlet& out);
  void on_opened(ConnId conn, Outlet& out);
  // These answer whether the connection is one of ours.
  bool on_closed(ConnId conn, Outlet& out);
  bool on_received(ConnId conn, Bytes bytes, Outlet& out);
  void on_tick(Outlet& out);
  void on_durable(uint64_t ticket, Outlet& out);
  void on_propose(const LogRecord& record, Outlet& out);
  // Comes back from the pipeline, so that it stays behind the writes that a learner sent before it:
  // Apache's learners match what is committed against the oldest request that waits.
  void on_sync(const Sync& sync, Outlet& out);
  void on_revalidate_answer(const RevalidateAnswer& answer, Outlet& out);
  void on_snapshot_sent(ConnId conn, Outlet& out);
  void on_log_read(const LogRead& read, Outlet& out);
  // Closes every connection.
  void end(Outlet& out);

  // Why the term is over, a constant text; null while it goes on.
  [[nodiscard]] const char* failed() const { return failed_; }
  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] bool serving() const { return stage_ == Stage::kServing; }
  [[nodiscard]] int64_t epoch() const { return epoch_; }
  // A change of the ensemble ended it, and this server leads now.
  [[nodiscard]] const std::optional<ServerId>& successor() const { return successor_; }
  [[nodiscard]] bool has_synced_quorum_of(const Ensemble& next) const;
  [[nodiscard]] int64_t wake_at_ms() const;
  [[nodiscard]] ConsensusStatus status() const;

 private:
  using Link = LearnerLink;

  // discovery (leader_discovery.cc)
  void on_followerinfo(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void fix_epoch(Outlet& out);
  void send_leaderinfo(Link& link, Outlet& out);
  void on_ackepoch(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void count_epoch_acks(Outlet& out);
  // synchronisation (leader_sync.cc)
  void start_sync(Link& link, Outlet& out);
  void start_snapshot(Link& link, Outlet& out);
  void send_committed(Link& link, Zxid after, Zxid to, Outlet& out);
  void finish_sync_queue(Link& link, Outlet& out);
  [[nodiscard]] SyncInputs sync_inputs(const Link& link, std::vector<Zxid>& zxids) const;
  [[nodiscard]] Zxid history_end() const;
  void send_log_chunk(Link& link, const LogRead& read, Outlet& out);
  void on_newleader_ack(Link& link, Outlet& out);
  void count_newleader_acks(Outlet& out);
  // broadcast (leader.cc)
  void on_packet(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void on_ack(Link& link, Zxid zxid, Outlet& out);
  void on_ping_reply(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void on_request(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void on_revalidate(Link& link, const wire::QuorumPacketView& packet, Outlet& out);
  void commit_what_can_be(Outlet& out);
  // leader_reconfig.cc
  void note_proposed_ensemble(const LogRecord& record, Outlet& out);
  void take_first_version(Outlet& out);
  [[nodiscard]] const std::string& newleader_config();
  [[nodiscard]] ServerId designated_leader(const Broadcast::Committed& committed) const;
  void commit_and_activate(const Broadcast::Committed& committed, const LogRecord& record,
                           Outlet& out);
  void answer_sync(SyncWaiter waiter, Outlet& out);
  void ping_all(Outlet& out);
  // Those that acknowledged NEWLEADER and have a connection, and this server.
  [[nodiscard]] ServerSet present_learners() const;
  void check_quorum();

  void send(Link& link, Buffer packet, Outlet& out);
  void drop(Link& link, Outlet& out);
  void sweep();
  void fail(const char* why) { failed_ = failed_ == nullptr ? why : failed_; }
  [[nodiscard]] Zxid epoch_zxid() const { return Zxid{epoch_ << 32}; }

  LocalState& local_;
  const ServerId self_;
  Stage stage_ = Stage::kDiscovering;
  const char* failed_ = nullptr;
  std::map<ConnId, Link> links_;
  std::vector<ConnId> dropped_;  // swept when nobody holds a reference any more

  int64_t epoch_ = 0;            // the new one; until it is fixed, the largest that is needed
  const int64_t history_epoch_;  // what our history is compared with
  const Zxid history_last_;
  ServerSet reported_, epoch_acks_;
  uint64_t accepted_ticket_ = UINT64_MAX, current_ticket_ = UINT64_MAX;
  bool accepted_durable_ = false, current_durable_ = false;
  int64_t deadline_ms_ = 0;  // of the stage

  Broadcast broadcast_;
  std::deque<std::pair<uint64_t, Zxid>> own_writes_;  // ticket, proposal: not durable here yet
  Zxid last_proposed_;
  int64_t next_ping_ms_ = 0;
  bool half_tick_ = false;
  std::optional<ServerId> successor_;
  std::string newleader_config_;
  std::set<ServerId> snapshot_next_;  // our log on disk did not do for these
};

}  // namespace zookernel::zab
