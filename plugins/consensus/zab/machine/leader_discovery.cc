// FOLLOWERINFO, LEADERINFO, ACKEPOCH: which epoch it is, and that ours is the newest history.
#include <algorithm>
#include <tuple>

#include "plugins/consensus/zab/machine/leader.h"

namespace zookernel::zab {
namespace {

using wire::PacketType;
using LinkStage = LearnerLink::Stage;

// An epoch is 32 bits of a zxid. One that came from a peer must leave room for later ones.
constexpr int64_t kEpochMax = 0x7ffffffe;

}  // namespace

void Leader::on_followerinfo(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  if (link.stage != LinkStage::kConnected) return drop(link, out);
  const wire::LearnerInfo info =
      wire::read_learner_info(packet.data.null ? Bytes{} : packet.data.bytes);
  const int64_t accepted = Zxid{packet.zxid}.epoch();
  // A learner that says nothing of itself predates every release that is supported.
  if (info.protocol_version.value_or(0) < wire::kLearnerProtocolVersion || accepted < 0 ||
      accepted >= kEpochMax)
    return drop(link, out);
  if (info.config_version.value_or(0) > local_.ensemble.version) return drop(link, out);
  link.id = ServerId{*info.server_id};
  if (link.id == self_) return drop(link, out);
  link.observer = packet.type == static_cast<int32_t>(PacketType::kObserverInfo);
  link.stage = LinkStage::kInformed;
  // It came back before its old connection was found dead.
  for (auto& [conn, other] : links_) {
    if (&other != &link && other.stage != LinkStage::kConnected && other.id == link.id)
      drop(other, out);
  }
  if (stage_ != Stage::kDiscovering) {
    // It may never follow us: it promised that to a leader who did not get a quorum. Apache's
    // leader goes on without it; ours begins a new epoch, which is later than what was promised.
    if (accepted > epoch_ && local_.quorum.is_voter(link.id)) {
      local_.epoch_elsewhere = accepted;
      return fail("a voter has accepted a later epoch");
    }
    if (accepted_durable_) send_leaderinfo(link, out);
    return;
  }
  epoch_ = std::max(epoch_, accepted + 1);
  if (!link.observer) reported_.add(link.id);
  fix_epoch(out);
}

void Leader::fix_epoch(Outlet& out) {
  if (!reported_.contains(self_) || !local_.quorum.is_quorum(reported_)) return;
  stage_ = Stage::kAcknowledging;
  deadline_ms_ = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  local_.accepted_epoch = epoch_;
  Persist save;
  save.epochs = local_.epochs();
  accepted_ticket_ = out.persist(std::move(save));
}

void Leader::send_leaderinfo(Link& link, Outlet& out) {
  char data[4];
  store_be32(data, static_cast<uint32_t>(wire::kLearnerProtocolVersion));
  send(link, quorum_packet(PacketType::kLeaderInfo, epoch_zxid(), {Bytes(data, sizeof data)}), out);
}

void Leader::on_ackepoch(Link& link, const wire::QuorumPacketView& packet, Outlet& out) {
  if (link.stage != LinkStage::kInformed || !accepted_durable_ || packet.data.bytes.size() < 4)
    return drop(link, out);
  const auto epoch = static_cast<int32_t>(load_be32(packet.data.bytes.data()));
  link.last = Zxid{packet.zxid};
  // One that knows more than we do must not help us to a quorum: what it has may be committed. Once
  // a quorum knew no more than we do, it is not, and may be cut off.
  if (stage_ == Stage::kAcknowledging && epoch != -1 &&
      std::tuple<int64_t, Zxid>(epoch, link.last) >
          std::tuple<int64_t, Zxid>(history_epoch_, history_last_))
    return drop(link, out);
  link.stage = LinkStage::kAcked;
  if (stage_ != Stage::kAcknowledging) return start_sync(link, out);
  if (epoch != -1 && link.last.value != -1 && !link.observer) epoch_acks_.add(link.id);
  count_epoch_acks(out);
}

void Leader::count_epoch_acks(Outlet& out) {
  if (stage_ != Stage::kAcknowledging || !epoch_acks_.contains(self_) ||
      !local_.quorum.is_quorum(epoch_acks_))
    return;
  stage_ = Stage::kSynchronising;
  deadline_ms_ = out.now_ms() + local_.ticks_ms(local_.ensemble.init_limit_ticks);
  // After everything that was logged before: an epoch without its history would make an old history
  // look new (ZOOKEEPER-4643).
  local_.current_epoch = epoch_;
  Persist save;
  save.epochs = local_.epochs();
  take_first_version(out);
  current_ticket_ = out.persist(std::move(save));
  last_proposed_ = epoch_zxid();
  for (auto& [conn, link] : links_) {
    if (link.stage == LinkStage::kAcked) start_sync(link, out);
  }
}

}  // namespace zookernel::zab
