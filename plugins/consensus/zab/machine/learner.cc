#include "plugins/consensus/zab/machine/learner.h"

#include <algorithm>
#include <utility>

#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::zab {

using wire::PacketType;

Learner::Learner(LocalState& local, ServerId leader)
    : local_(local),
      leader_(leader),
      input_(local.ensemble.packet_bytes_max),
      scan_(local.ensemble.packet_bytes_max) {
  const Member* member = member_of(local.ensemble, leader);
  // Only a change that is under way may have made it a voter.
  if (member == nullptr && local.next) member = member_of(*local.next, leader);
  if (member != nullptr) addresses_ = member->quorum;
}

void Learner::begin(Outlet& out) {
  if (addresses_.empty()) return fail("the leader has no address");
  // For all attempts together.
  deadline_ms_ = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  dial(out);
}

void Learner::dial(Outlet& out) {
  redial_at_ms_ = INT64_MAX;
  dialing_ = out.dial(Channel::kQuorum, addresses_[next_address_++ % addresses_.size()]);
}

bool Learner::on_dial_failed(uint64_t token, Outlet& out) {
  if (token != dialing_) return false;
  dialing_ = 0;
  redial_at_ms_ = out.now_ms() + kRedialMs;
  return true;
}

bool Learner::on_opened(const Opened& opened, Outlet& out) {
  if (opened.dial == 0 || opened.dial != dialing_) return false;
  dialing_ = 0;
  conn_ = opened.conn;
  stage_ = Stage::kHello;
  heard(out);
  char data[20];
  store_be64(data, static_cast<uint64_t>(local_.ensemble.self.value));
  store_be32(data + 8, static_cast<uint32_t>(wire::kLearnerProtocolVersion));
  store_be64(data + 12, static_cast<uint64_t>(local_.ensemble.version));
  out.send(conn_,
           quorum_packet(local_.observer ? PacketType::kObserverInfo : PacketType::kFollowerInfo,
                         Zxid{local_.accepted_epoch << 32}, {Bytes(data, sizeof data)}));
  return true;
}

bool Learner::on_closed(ConnId conn) {
  if (conn != conn_ || conn.value == 0) return false;
  conn_ = {};
  fail("the connection to the leader was closed");
  return true;
}

bool Learner::on_received(ConnId conn, Bytes bytes, Outlet& out) {
  if (conn != conn_ || conn.value == 0) return false;
  heard(out);
  input_.feed(bytes);
  take_packets(out);
  input_.keep_rest();
  return true;
}

void Learner::take_packets(Outlet& out) {
  // After a failed rewind nothing was fed; after a good one, what came meanwhile is looked at now.
  if (input_.rest().empty()) input_.feed({});
  wire::QuorumPacketView packet;
  while (failed_ == nullptr && stage_ != Stage::kRewinding) {
    if (stage_ == Stage::kSnapshot) {
      take_snapshot(out);
      if (stage_ == Stage::kSnapshot) return;
      continue;
    }
    const QuorumInput::Kind kind = input_.next(packet);
    if (kind == QuorumInput::Kind::kNeedMore) return;
    if (kind == QuorumInput::Kind::kBad) return fail("the leader sent what is no packet");
    on_packet(packet, out);
  }
}

void Learner::on_packet(const wire::QuorumPacketView& packet, Outlet& out) {
  const auto type = static_cast<PacketType>(packet.type);
  const Zxid zxid{packet.zxid};
  switch (stage_) {
    case Stage::kHello:
      if (type == PacketType::kLeaderInfo) return on_leaderinfo(packet, out);
      return fail("the leader does not begin with LEADERINFO");
    case Stage::kEpoch:
      if (type == PacketType::kDiff) return on_diff(out);
      if (type == PacketType::kTrunc) return on_trunc(zxid, out);
      if (type == PacketType::kSnap) return on_snap(zxid, out);
      return fail("the leader sent neither DIFF nor TRUNC nor SNAP");
    case Stage::kSyncing:
      if (type == PacketType::kNewLeader) return on_newleader(packet, out);
      break;
    case Stage::kAccepted:
      if (type == PacketType::kUpToDate) return on_uptodate(out);
      break;
    case Stage::kServing:
      if (type == PacketType::kPing) return on_ping(zxid, out);
      if (type == PacketType::kSync) return on_sync(out);
      if (type == PacketType::kRevalidate) return on_revalidate_answer(packet, out);
      break;
    case Stage::kDialling:
    case Stage::kSnapshot:
    case Stage::kRewinding:
      ZOOKERNEL_ASSERT(false);
  }
  switch (type) {
    case PacketType::kProposal:
      return on_proposal(packet, out);
    case PacketType::kCommit:
      return on_commit(zxid, out);
    case PacketType::kInform:
      return on_inform(packet, out);
    case PacketType::kCommitAndActivate:
      return on_commit_and_activate(packet, out);
    case PacketType::kInformAndActivate:
      return on_inform_and_activate(packet, out);
    default:
      return;  // PING before UPTODATE is not answered; what is unknown is from a later release
  }
}

void Learner::on_leaderinfo(const wire::QuorumPacketView& packet, Outlet& out) {
  const int64_t epoch = Zxid{packet.zxid}.epoch();
  if (epoch < local_.accepted_epoch) return fail("the leader's epoch is older than one accepted");
  epoch_ = epoch;
  stage_ = Stage::kEpoch;
  // Accepted before: then it was counted, or it was not, but not twice. Nor counts a history with
  // something missing, and zxid 0 asks for all of it.
  const bool counts = epoch > local_.accepted_epoch && !local_.distrusted;
  const Zxid last = local_.distrusted ? Zxid{0} : local_.history.last();
  char data[4];
  store_be32(data, counts ? static_cast<uint32_t>(local_.current_epoch) : 0xffffffffu);
  local_.accepted_epoch = epoch;
  Persist promise;
  promise.epochs = local_.epochs();
  promise.then.push_back(
      {conn_, quorum_packet(PacketType::kAckEpoch, last, {Bytes(data, sizeof data)})});
  out.persist(std::move(promise));
}

// ---- transactions

Zxid Learner::last_received() const {
  return held_.empty() ? local_.history.last() : held_.back().zxid;
}

bool Learner::take_record(const wire::QuorumPacketView& packet, LogRecord& record) {
  const Zxid zxid{packet.zxid};
  const Bytes body = packet.data.bytes;
  // The header begins with session and cxid; then comes its zxid.
  if (body.size() < wire::kTxnHeaderBytes ||
      static_cast<int64_t>(load_be64(body.data() + 12)) != zxid.value) {
    fail("a proposal is not the transaction that its zxid says");
    return false;
  }
  const Zxid last = last_received();
  // Apache's leader may use a zxid twice, for a request that it could not read.
  if (zxid == last) return false;
  const bool follows = zxid == last.next() || (zxid.epoch() > last.epoch() && zxid.counter() == 1);
  if (!follows) {
    fail("a proposal does not follow on from the one before it");
    return false;
  }
  record = {zxid, SharedBytes(body)};
  return true;
}

void Learner::on_proposal(const wire::QuorumPacketView& packet, Outlet& out) {
  LogRecord record;
  if (!take_record(packet, record)) return;
  if (stage_ == Stage::kSyncing) return held_.push_back(std::move(record));
  const Zxid zxid = record.zxid;
  if (is_reconfig(record.body.view()) && !note_proposed_ensemble(record, out)) return;
  local_.history.append(record);
  // An observer's log is part of no quorum.
  if (local_.observer) {
    out.append(std::move(record));
  } else {
    out.append_then(std::move(record), {conn_, ack(zxid)});
  }
}

void Learner::on_commit(Zxid zxid, Outlet& out) {
  if (zxid > last_received()) return fail("COMMIT of a proposal that was never sent");
  // Of a zxid that was used twice.
  if (zxid <= to_commit_) return;
  if (stage_ != Stage::kServing) {
    to_commit_ = zxid;
    return;
  }
  const History& history = local_.history;
  const size_t next = history.index_after(history.committed());
  if (next == history.records().size() || history.records()[next].zxid != zxid)
    return fail("COMMIT out of order");
  to_commit_ = zxid;
  local_.history.commit_to(zxid, out.effects().commit);
}

void Learner::on_inform(const wire::QuorumPacketView& packet, Outlet& out) {
  on_proposal(packet, out);
  if (failed_ == nullptr) on_commit(Zxid{packet.zxid}, out);
}

void Learner::on_uptodate(Outlet& out) {
  stage_ = Stage::kServing;
  // Behind that of NEWLEADER, which may still wait for its write.
  Persist nothing;
  nothing.then.push_back({conn_, ack(epoch_zxid())});
  out.persist(std::move(nothing));
  local_.history.commit_to(std::max(base_, to_commit_), out.effects().commit);
  to_commit_ = local_.history.committed();
  activate_at_uptodate(out);
  if (failed_ != nullptr) return;
  out.effects().roles.push_back({local_.observer ? Role::kObserving : Role::kFollowing,
                                 local_.history.committed(), "the leader has a quorum"});
}

Buffer Learner::ack(Zxid zxid) const {
  return quorum_packet(PacketType::kAck, zxid);
}

// ---- sessions and requests

void Learner::on_ping(Zxid zxid, Outlet& out) {
  Buffer touches;
  for (const auto& [session, timeout_ms] : touched_) {
    wire::Writer writer(touches);
    writer.write_long(session.value);
    writer.write_int(timeout_ms);
  }
  touched_.clear();
  out.send(conn_, quorum_packet(PacketType::kPing, zxid, {touches.view()}));
}

void Learner::on_touch(const Touch& touch) {
  if (serving()) touched_[touch.session] = touch.timeout_ms;
}

void Learner::on_forward(const ForwardedRequest& request, Outlet& out) {
  if (!serving()) return;
  if (request.type == static_cast<int32_t>(wire::Opcode::kSync)) ++syncs_;
  Buffer packet;
  wire::Writer writer(packet);
  writer.write_int(static_cast<int32_t>(PacketType::kRequest));
  writer.write_long(-1);
  writer.write_count(16 + request.body.size());
  writer.write_long(request.session.value);
  writer.write_int(request.cxid);
  writer.write_int(request.type);
  writer.write_raw(request.body);
  writer.write_count(request.ids.size());
  for (const auto& [scheme, id] : request.ids) {
    writer.write_string(scheme);
    writer.write_string(id);
  }
  out.send(conn_, std::move(packet));
}

void Learner::on_sync(Outlet& out) {
  if (syncs_ == 0) return;
  --syncs_;
  ++out.effects().synced;
}

void Learner::on_revalidate(const Revalidate& ask, Outlet& out) {
  if (!serving()) return;
  char data[12];
  store_be64(data, static_cast<uint64_t>(ask.session.value));
  store_be32(data + 8, static_cast<uint32_t>(ask.timeout_ms));
  out.send(conn_, quorum_packet(PacketType::kRevalidate, Zxid{-1}, {Bytes(data, sizeof data)}));
}

void Learner::on_revalidate_answer(const wire::QuorumPacketView& packet, Outlet& out) {
  wire::Reader reader(packet.data.bytes);
  RevalidatedSession answer;
  answer.session = SessionId{reader.read_long()};
  answer.valid = reader.read_bool();
  if (!reader.ok()) return fail("REVALIDATE is too short");
  out.effects().revalidated.push_back(answer);
}

// ---- time

void Learner::heard(Outlet& out) {
  const bool accepted = stage_ == Stage::kAccepted || stage_ == Stage::kServing;
  deadline_ms_ = out.now_ms() + local_.ticks_ms(accepted ? local_.ensemble.sync_limit_ticks
                                                         : local_.ensemble.init_limit_ticks);
}

void Learner::on_tick(Outlet& out) {
  if (deadline_ms_ <= out.now_ms() && stage_ != Stage::kRewinding)
    return fail("nothing was heard of the leader for too long");
  if (redial_at_ms_ <= out.now_ms()) dial(out);
}

int64_t Learner::wake_at_ms() const {
  return stage_ == Stage::kRewinding ? INT64_MAX : std::min(deadline_ms_, redial_at_ms_);
}

void Learner::end(Outlet& out) {
  if (conn_.value != 0) out.close(conn_);
  conn_ = {};
}

}  // namespace zookernel::zab
