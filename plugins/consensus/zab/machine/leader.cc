#include "plugins/consensus/zab/machine/leader.h"

#include <algorithm>
#include <utility>

namespace zookernel::zab {
namespace {

using wire::PacketType;
using LinkStage = LearnerLink::Stage;

// Of one session in the answer to a PING.
constexpr size_t kTouchBytes = 12;

}  // namespace

Leader::Leader(LocalState& local)
    : local_(local),
      self_(local.ensemble.self),
      history_epoch_(local.current_epoch),
      history_last_(local.history.last()),
      broadcast_(local.quorum) {}

void Leader::begin(Outlet& out) {
  deadline_ms_ = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  next_ping_ms_ = out.now_ms() + local_.ensemble.tick_ms / 2;
  epoch_ = std::max(local_.accepted_epoch, local_.epoch_elsewhere) + 1;
  reported_.add(self_);
  fix_epoch(out);
}

void Leader::on_opened(ConnId conn, Outlet& out) {
  if (links_.size() >= kLearnersMax) return out.close(conn);
  const int64_t until = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  links_.emplace(conn, Link(conn, local_.ensemble.packet_bytes_max, until));
}

bool Leader::on_closed(ConnId conn, Outlet&) {
  return links_.erase(conn) != 0;
}

bool Leader::on_received(ConnId conn, Bytes bytes, Outlet& out) {
  const auto found = links_.find(conn);
  if (found == links_.end()) return false;
  Link& link = found->second;
  link.input.feed(bytes);
  wire::QuorumPacketView packet;
  const auto gone = [this, conn] {
    return failed_ != nullptr ||
           std::find(dropped_.begin(), dropped_.end(), conn) != dropped_.end();
  };
  while (!gone()) {
    const QuorumInput::Kind kind = link.input.next(packet);
    if (kind == QuorumInput::Kind::kNeedMore) break;
    if (kind == QuorumInput::Kind::kBad) {
      drop(link, out);
      break;
    }
    on_packet(link, packet, out);
  }
  link.input.keep_rest();
  sweep();
  return true;
}

void Leader::on_packet(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  const int32_t limit = link.stage == LinkStage::kSynced ? local_.ensemble.sync_limit_ticks
                                                         : local_.ensemble.init_limit_ticks;
  link.deadline_ms = out.now_ms() + local_.ticks_ms(limit);
  switch (static_cast<PacketType>(packet.type)) {
    case PacketType::kFollowerInfo:
    case PacketType::kObserverInfo:
      return on_followerinfo(link, packet, out);
    case PacketType::kAckEpoch:
      return on_ackepoch(link, packet, out);
    case PacketType::kAck:
      return on_ack(link, Zxid{packet.zxid}, out);
    case PacketType::kPing:
      return on_ping_reply(link, packet, out);
    case PacketType::kRequest:
      return on_request(link, packet, out);
    case PacketType::kRevalidate:
      return on_revalidate(link, packet, out);
    default:
      return drop(link, out);
  }
}

void Leader::on_ack(Link& link, Zxid zxid, Outlet& out) {
  if (link.stage != LinkStage::kSyncing && link.stage != LinkStage::kSynced) return drop(link, out);
  // By its zxid, not by being the first one: older followers may acknowledge a proposal before
  // NEWLEADER (ZOOKEEPER-4685). The second one answers UPTODATE.
  if (zxid == epoch_zxid()) {
    if (link.stage == LinkStage::kSyncing) on_newleader_ack(link, out);
    return;
  }
  if (link.observer) return;
  link.acknowledged(zxid);
  broadcast_.acknowledge(link.id, zxid);
  commit_what_can_be(out);
}

void Leader::on_ping_reply(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  Bytes touches = packet.data.bytes;
  if (touches.size() % kTouchBytes != 0) return drop(link, out);
  if (!serving()) return;
  for (; !touches.empty(); touches.remove_prefix(kTouchBytes)) {
    const Touch touch{SessionId{static_cast<int64_t>(load_be64(touches.data()))},
                      static_cast<int32_t>(load_be32(touches.data() + 8))};
    out.effects().from_learners.push_back({link.conn, {}, touch});
  }
}

void Leader::on_request(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  // Apache's learners may send requests as soon as they are told that they are up to date.
  if (link.stage != LinkStage::kSynced || !serving()) return drop(link, out);
  // Everything in the packet is borrowed and has to live until the pipeline has taken it.
  size_t bytes = packet.data.bytes.size();
  for (const wire::IdView& id : packet.authinfo)
    bytes += id.scheme.bytes.size() + id.id.bytes.size();
  SharedBytes kept = SharedBytes::uninitialised(bytes);
  char* to = kept.fill();
  const auto keep = [&to](Bytes from) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
    return Bytes(std::exchange(to, to + from.size()), from.size());
  };
  wire::Reader reader(keep(packet.data.bytes));
  ForwardedRequest request;
  request.session = SessionId{reader.read_long()};
  request.cxid = reader.read_int();
  request.type = reader.read_int();
  request.body = reader.rest();
  if (!reader.ok()) return drop(link, out);
  for (const wire::IdView& id : packet.authinfo) {
    const Bytes scheme = keep(id.scheme.bytes);
    request.ids.emplace_back(scheme, keep(id.id.bytes));
  }
  out.effects().from_learners.push_back({link.conn, std::move(kept), std::move(request)});
}

void Leader::on_revalidate(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  wire::Reader reader(packet.data.bytes);
  RevalidateAsk ask;
  ask.session = SessionId{reader.read_long()};
  ask.timeout_ms = reader.read_int();
  if (!reader.ok() || link.stage != LinkStage::kSynced || !serving()) return drop(link, out);
  out.effects().from_learners.push_back({link.conn, {}, ask});
}

void Leader::on_revalidate_answer(const RevalidateAnswer& answer, Outlet& out) {
  const auto found = links_.find(answer.learner);
  if (found == links_.end()) return;
  char data[9];
  store_be64(data, static_cast<uint64_t>(answer.session.value));
  data[8] = answer.valid ? '\1' : '\0';
  send(found->second, quorum_packet(PacketType::kRevalidate, Zxid{-1}, {Bytes(data, sizeof data)}),
       out);
  sweep();
}

// ---- broadcast

void Leader::on_propose(const LogRecord& record, Outlet& out) {
  ZOOKERNEL_ASSERT(serving());
  ZOOKERNEL_ASSERT(record.zxid == last_proposed_.next());
  if (record.zxid.counter() == local_.counter_end) return fail("the epoch has no zxids left");
  last_proposed_ = record.zxid;
  if (is_reconfig(record.body.view())) note_proposed_ensemble(record, out);
  broadcast_.propose(record.zxid);
  local_.history.append(record);
  const int64_t until = out.now_ms() + local_.ticks_ms(local_.ensemble.sync_limit_ticks);
  for (auto& [conn, link] : links_) {
    if (!link.forwarding || link.observer) continue;
    send(link, quorum_packet(PacketType::kProposal, record.zxid, {record.body.view()}), out);
    link.watch(record.zxid, until);
  }
  own_writes_.emplace_back(out.append(record), record.zxid);
  sweep();
}

void Leader::on_durable(uint64_t ticket, Outlet& out) {
  if (!accepted_durable_ && ticket >= accepted_ticket_) {
    accepted_durable_ = true;
    for (auto& [conn, link] : links_) {
      if (link.stage == LinkStage::kInformed) send_leaderinfo(link, out);
    }
    epoch_acks_.add(self_);
    count_epoch_acks(out);
  }
  if (!current_durable_ && ticket >= current_ticket_) {
    current_durable_ = true;
    count_newleader_acks(out);
  }
  while (!own_writes_.empty() && own_writes_.front().first <= ticket) {
    broadcast_.acknowledge(self_, own_writes_.front().second);
    own_writes_.pop_front();
  }
  commit_what_can_be(out);
  sweep();
}

void Leader::commit_what_can_be(Outlet& out) {
  Broadcast::Committed committed;
  while (failed_ == nullptr && broadcast_.next_committed(committed)) {
    std::vector<LogRecord>& commit = out.effects().commit;
    local_.history.commit_to(committed.zxid, commit);
    ZOOKERNEL_ASSERT(commit.back().zxid == committed.zxid);
    if (local_.next && local_.next->version == committed.zxid.value) {
      const LogRecord record = commit.back();
      commit_and_activate(committed, record, out);
      for (const SyncWaiter waiter : committed.syncs) answer_sync(waiter, out);
      continue;
    }
    for (auto& [conn, link] : links_) {
      if (!link.forwarding) continue;
      send(link,
           link.observer
               ? quorum_packet(PacketType::kInform, committed.zxid, {commit.back().body.view()})
               : quorum_packet(PacketType::kCommit, committed.zxid),
           out);
    }
    for (const SyncWaiter waiter : committed.syncs) answer_sync(waiter, out);
  }
}

void Leader::on_sync(const Sync& sync, Outlet& out) {
  const SyncWaiter waiter{sync.learner};
  if (!broadcast_.wait_for_sync(waiter)) answer_sync(waiter, out);
}

void Leader::answer_sync(SyncWaiter waiter, Outlet& out) {
  if (waiter.learner.value == 0) {
    ++out.effects().synced;
    return;
  }
  const auto found = links_.find(waiter.learner);
  if (found != links_.end()) send(found->second, quorum_packet(PacketType::kSync, Zxid{0}), out);
}

// ---- time

void Leader::on_tick(Outlet& out) {
  const int64_t now = out.now_ms();
  if (!serving() && deadline_ms_ <= now) return fail("no quorum within initLimit");
  for (auto& [conn, link] : links_) {
    const bool streaming = link.blocked == Link::Blocked::kBySnapshot;
    if (link.deadline_ms <= now && !streaming) drop(link, out);
  }
  sweep();
  if (next_ping_ms_ > now) return;
  ping_all(out);
  // A pause of the process must not be made up for.
  next_ping_ms_ = std::max(next_ping_ms_ + local_.ensemble.tick_ms / 2, now + 1);
  half_tick_ = !half_tick_;
  if (serving() && !half_tick_) check_quorum();
}

void Leader::ping_all(Outlet& out) {
  for (auto& [conn, link] : links_) {
    if (!link.forwarding) continue;
    if (link.stage == LinkStage::kSynced && link.oldest && link.oldest->until_ms <= out.now_ms()) {
      drop(link, out);
      continue;
    }
    send(link, quorum_packet(PacketType::kPing, last_proposed_), out);
  }
  sweep();
}

ServerSet Leader::present_learners() const {
  ServerSet present;
  present.add(self_);
  for (const auto& [conn, link] : links_) {
    if (link.stage == LinkStage::kSynced && !link.observer) present.add(link.id);
  }
  return present;
}

void Leader::check_quorum() {
  if (!local_.quorum.is_quorum(present_learners())) fail("the learners are no quorum any more");
}

int64_t Leader::wake_at_ms() const {
  int64_t wake = serving() ? next_ping_ms_ : std::min(next_ping_ms_, deadline_ms_);
  for (const auto& [conn, link] : links_) {
    if (link.blocked != Link::Blocked::kBySnapshot) wake = std::min(wake, link.deadline_ms);
  }
  return wake;
}

ConsensusStatus Leader::status() const {
  ConsensusStatus status;
  for (const auto& [conn, link] : links_) {
    if (link.stage == LinkStage::kConnected) continue;
    ++status.learners;
    if (link.stage != LinkStage::kSynced) continue;
    ++(link.observer ? status.synced_observers : status.synced_followers);
  }
  status.pending_syncs = broadcast_.pending_syncs();
  return status;
}

// ---- connections

void Leader::send(Link& link, Buffer packet, Outlet& out) {
  if (!link.send(std::move(packet), out)) drop(link, out);
}

// Only noted: callers walk over the links.
void Leader::drop(Link& link, Outlet& out) {
  if (std::find(dropped_.begin(), dropped_.end(), link.conn) != dropped_.end()) return;
  dropped_.push_back(link.conn);
  out.close(link.conn);
}

void Leader::sweep() {
  for (const ConnId conn : dropped_) links_.erase(conn);
  dropped_.clear();
}

void Leader::end(Outlet& out) {
  for (const auto& [conn, link] : links_) out.close(conn);
  links_.clear();
  dropped_.clear();
}

}  // namespace zookernel::zab
