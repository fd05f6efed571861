// DIFF, TRUNC, SNAP, NEWLEADER: our history becomes the leader's.
#include <utility>

#include "plugins/consensus/zab/machine/learner.h"

namespace zookernel::zab {

using wire::PacketType;

void Learner::on_diff(Outlet& out) {
  // We asked for everything, and this is how everything comes from a leader that has little.
  if (local_.distrusted && local_.history.last().value != 0) return on_trunc(Zxid{0}, out);
  base_ = local_.history.last();
  stage_ = Stage::kSyncing;
}

void Learner::on_trunc(Zxid zxid, Outlet& out) {
  History& history = local_.history;
  if (zxid > history.last()) return fail("TRUNC to a transaction that is not in our log");
  const bool known = zxid >= history.floor();
  if (known && zxid != history.floor() && !history.has(zxid))
    return distrust("TRUNC to a transaction that is not in our log");
  Persist cut;
  cut.truncate_after = zxid;
  out.persist(std::move(cut));
  base_ = zxid;
  stage_ = Stage::kSyncing;
  const bool tree_too = history.truncate_after(zxid);
  local_.withdraw_if_lost(out);
  if (!tree_too) return;
  // The tree has what was cut off. What is left is only known for sure when it was read.
  cut_to_ = zxid;
  local_.rewinding = true;
  out.effects().rewind = true;
  stage_ = Stage::kRewinding;
}

void Learner::on_rewound(Zxid last, Outlet& out) {
  if (stage_ != Stage::kRewinding) return;
  if (last != cut_to_) return distrust("the log does not reach to where it was cut");
  stage_ = Stage::kSyncing;
  heard(out);
  take_packets(out);
  input_.keep_rest();
}

// Our own tree and log are still there, but they are no longer what we spoke of.
void Learner::on_install_failed() {
  distrust("the leader's tree cannot be understood");
}

// What can be relied on is gone; the next leader has to send everything.
void Learner::distrust(const char* why) {
  local_.distrusted = true;
  fail(why);
}

void Learner::on_snap(Zxid zxid, Outlet&) {
  snapshot_zxid_ = zxid;
  scan_ = SnapshotScan(local_.ensemble.packet_bytes_max);
  installing_ = false;
  stage_ = Stage::kSnapshot;
}

void Learner::take_snapshot(Outlet& out) {
  const size_t count = scan_.scan(input_.rest());
  if (scan_.state() == SnapshotScan::State::kBad) return fail("the snapshot cannot be understood");
  const bool done = scan_.state() == SnapshotScan::State::kDone;
  if (count == 0 && !done) return;
  InstallSnapshot piece;
  piece.zxid = snapshot_zxid_;
  piece.bytes.append(input_.rest().substr(0, count));
  piece.begin = !std::exchange(installing_, true);
  piece.last = done;
  out.effects().install.push_back(std::move(piece));
  input_.skip(count);
  if (!done) return;
  input_.skip(SnapshotScan::kEndMarkBytes);
  Persist save;
  // A snapshot of ours that is newer would win over this one.
  if (local_.distrusted || local_.history.last() > snapshot_zxid_)
    save.truncate_after = snapshot_zxid_;
  save.snapshot = true;
  out.persist(std::move(save));
  local_.history.restart(snapshot_zxid_);
  local_.withdraw_if_lost(out);
  base_ = snapshot_zxid_;
  stage_ = Stage::kSyncing;
}

void Learner::on_newleader(const wire::QuorumPacketView& packet, Outlet& out) {
  if (packet.zxid != epoch_zxid().value) return fail("NEWLEADER of another epoch");
  take_newleader_config(packet.data.bytes, out);
  if (failed_ != nullptr) return;
  Persist save;
  for (LogRecord& record : held_) {
    // Its own ACK is due if it is a proposal of now, not part of the history.
    local_.history.append(record);
    save.append.push_back(std::move(record));
  }
  held_.clear();
  local_.current_epoch = epoch_;
  local_.distrusted = false;
  save.epochs = local_.epochs();
  // First this one: Apache's leader takes the first ACK for it, whatever it says (ZOOKEEPER-4685).
  save.then.push_back({conn_, ack(epoch_zxid())});
  for (const LogRecord& record : save.append) {
    if (!local_.observer && record.zxid > to_commit_)
      save.then.push_back({conn_, ack(record.zxid)});
  }
  out.persist(std::move(save));
  stage_ = Stage::kAccepted;
}

}  // namespace zookernel::zab
