// DIFF, TRUNC, SNAP, NEWLEADER: a learner gets our history.
#include <algorithm>

#include "plugins/consensus/zab/machine/leader.h"

namespace zookernel::zab {
namespace {

using wire::PacketType;
using LinkStage = LearnerLink::Stage;
using Blocked = LearnerLink::Blocked;

Buffer transaction_packet(PacketType type, const LogRecord& record) {
  return quorum_packet(type, record.zxid, {record.body.view()});
}

}  // namespace

// All of our log, until it is established: it was committed before, or it is now.
Zxid Leader::history_end() const {
  return serving() ? local_.history.committed() : local_.history.last();
}

SyncInputs Leader::sync_inputs(const Link& link, std::vector<Zxid>& zxids) const {
  const History& history = local_.history;
  for (const LogRecord& record : history.records()) {
    if (record.zxid > history_end()) break;
    zxids.push_back(record.zxid);
  }
  SyncInputs in;
  in.learner = link.last;
  in.last = history_end();
  in.log_floor = history.floor();
  in.log = zxids;
  in.force_snapshot = local_.ensemble.force_snapshot_sync || snapshot_next_.contains(link.id);
  in.disk = local_.ensemble.log_sync;
  return in;
}

void Leader::start_sync(Link& link, Outlet& out) {
  link.stage = LinkStage::kSyncing;
  // It may have to cut off what it acknowledged before, and gets it again.
  broadcast_.forget(link.id);
  link.deadline_ms = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  std::vector<Zxid> zxids;
  const SyncPlan plan = sync_plan(sync_inputs(link, zxids));
  switch (plan.kind) {
    case SyncPlan::Kind::kSnap:
      return start_snapshot(link, out);
    case SyncPlan::Kind::kAskDisk:
      link.blocked = Blocked::kByLog;
      link.log_to = local_.history.floor();
      out.effects().read_log.push_back({link.conn, link.last, link.log_to});
      send_committed(link, link.log_to, history_end(), out);
      return finish_sync_queue(link, out);
    case SyncPlan::Kind::kDiff:
    case SyncPlan::Kind::kTrunc:
      send(
          link,
          quorum_packet(plan.kind == SyncPlan::Kind::kDiff ? PacketType::kDiff : PacketType::kTrunc,
                        plan.op),
          out);
      send_committed(link, plan.send_after, history_end(), out);
      return finish_sync_queue(link, out);
  }
}

// The tree has only what is committed. Until our history is established, the rest follows as
// transactions.
void Leader::start_snapshot(Link& link, Outlet& out) {
  snapshot_next_.erase(link.id);
  link.drop_queue();
  link.blocked = Blocked::kNo;
  const Zxid at = local_.history.committed();
  send(link, quorum_packet(PacketType::kSnap, at), out);
  link.blocked = Blocked::kBySnapshot;
  out.effects().stream_snapshot.push_back(link.conn);
  send_committed(link, at, history_end(), out);
  finish_sync_queue(link, out);
}

// Each with its COMMIT: Apache's learners write to their log, before they acknowledge NEWLEADER,
// only what is committed.
void Leader::send_committed(Link& link, Zxid after, Zxid to, Outlet& out) {
  const auto& records = local_.history.records();
  for (size_t i = local_.history.index_after(after); i < records.size() && records[i].zxid <= to;
       ++i) {
    send(link, transaction_packet(PacketType::kProposal, records[i]), out);
    send(link, quorum_packet(PacketType::kCommit, records[i].zxid), out);
  }
}

void Leader::finish_sync_queue(Link& link, Outlet& out) {
  const auto& records = local_.history.records();
  const Zxid end = history_end();
  for (size_t i = local_.history.index_after(end); i < records.size() && !link.observer; ++i) {
    send(link, transaction_packet(PacketType::kProposal, records[i]), out);
    link.watch(records[i].zxid, out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks +
                                                               local_.ensemble.sync_limit_ticks));
  }
  link.forwarding = true;
  send(link, quorum_packet(PacketType::kNewLeader, epoch_zxid(), {newleader_config()}), out);
}

void Leader::on_snapshot_sent(ConnId conn, Outlet& out) {
  const auto found = links_.find(conn);
  if (found == links_.end() || found->second.blocked != Blocked::kBySnapshot) return;
  found->second.deadline_ms = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  found->second.unblock(out);
}

void Leader::on_log_read(const LogRead& read, Outlet& out) {
  const auto found = links_.find(read.conn);
  if (found == links_.end() || found->second.blocked != Blocked::kByLog) return;
  Link& link = found->second;
  if (read.missing) {
    // Before anything was sent a snapshot does; after it, only on a new connection.
    if (!link.log_began) return start_snapshot(link, out);
    snapshot_next_.insert(link.id);
    drop(link, out);
    return sweep();
  }
  if (!link.log_began) {
    std::vector<Zxid> zxids, disk;
    for (const LogRecord& record : read.records) disk.push_back(record.zxid);
    const SyncPlan plan = sync_plan_from_disk(sync_inputs(link, zxids), disk);
    if (plan.kind == SyncPlan::Kind::kSnap) return start_snapshot(link, out);
    link.log_began = true;
    link.log_at = plan.send_after;
    out.send(link.conn, quorum_packet(plan.kind == SyncPlan::Kind::kDiff ? PacketType::kDiff
                                                                         : PacketType::kTrunc,
                                      plan.op));
  }
  send_log_chunk(link, read, out);
  sweep();
}

void Leader::send_log_chunk(Link& link, const LogRead& read, Outlet& out) {
  link.deadline_ms = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  bool whole = true;
  for (const LogRecord& record : read.records) {
    if (record.zxid <= link.log_at || record.zxid > link.log_to) continue;
    const bool follows = record.zxid == link.log_at.next() ||
                         (record.zxid.epoch() > link.log_at.epoch() && record.zxid.counter() == 1);
    if (!follows) {
      whole = false;
      break;
    }
    link.log_at = record.zxid;
    out.send(link.conn, transaction_packet(PacketType::kProposal, record));
    out.send(link.conn, quorum_packet(PacketType::kCommit, record.zxid));
  }
  if (read.last) whole = whole && link.log_at >= link.log_to;
  if (!whole) {
    // A log with a hole must not be served across it (ZOOKEEPER-4925).
    snapshot_next_.insert(link.id);
    return drop(link, out);
  }
  if (read.last) link.unblock(out);
}

void Leader::on_newleader_ack(Link& link, Outlet& out) {
  link.stage = LinkStage::kSynced;
  link.deadline_ms = out.now_ms() + local_.ticks_ms(local_.ensemble.sync_limit_ticks);
  if (serving()) return send(link, quorum_packet(PacketType::kUpToDate, Zxid{-1}), out);
  count_newleader_acks(out);
}

// Only of those who are still there: a leader whose learners have gone on to another one must not
// begin to serve.
void Leader::count_newleader_acks(Outlet& out) {
  if (stage_ != Stage::kSynchronising || !current_durable_ ||
      !local_.quorum.is_quorum(present_learners()))
    return;
  local_.history.commit_to(local_.history.last(), out.effects().commit);
  // What was proposed before us is committed with the rest of our history.
  if (local_.next && local_.activate(out) && !local_.quorum.is_voter(self_))
    return fail("this server is no voter of the ensemble any more");
  stage_ = Stage::kServing;
  out.effects().roles.push_back({Role::kLeading, epoch_zxid(), "a quorum has our history"});
  next_ping_ms_ = out.now_ms() + local_.ensemble.tick_ms / 2;
  for (auto& [conn, link] : links_) {
    if (link.stage == LinkStage::kSynced)
      send(link, quorum_packet(PacketType::kUpToDate, Zxid{-1}), out);
  }
}

}  // namespace zookernel::zab
