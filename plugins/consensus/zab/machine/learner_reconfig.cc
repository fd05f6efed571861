// Changes of the ensemble, on the side of a learner: what is proposed is remembered before it is
// acknowledged, and in force when the leader says so. Source: Follower.processPacket,
// QuorumPeer.processReconfig.
#include <utility>

#include "plugins/consensus/zab/machine/learner.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::zab {

// False: the term is over.
bool Learner::note_proposed_ensemble(const LogRecord& record, Outlet& out) {
  if (!local_.ensemble.reconfig_enabled) return true;
  std::optional<Ensemble> next = ensemble_of(record.body.view(), local_.ensemble);
  // It may have been heard of in an election before its transaction came.
  if (next && next->version <= local_.ensemble.version) return true;
  if (next && next->version == record.zxid.value && local_.propose(std::move(*next), out))
    return true;
  fail("a proposal changes the ensemble to what cannot be understood");
  return false;
}

// The leader knows better than what we heard in earlier terms; but what it proposed since is not in
// this text.
void Learner::take_newleader_config(Bytes text, Outlet& out) {
  if (!local_.ensemble.reconfig_enabled) return;
  local_.withdraw(out);
  if (text.size() > 1) {
    Result<Ensemble> told = wire::parse_ensemble_text(text, local_.ensemble);
    if (!told.ok()) return fail("NEWLEADER tells an ensemble that cannot be understood");
    if (told->version > local_.ensemble.version) in_force_ = std::move(*told);
  }
  std::optional<Ensemble> next = in_force_;
  for (const LogRecord& record : held_) {
    if (!is_reconfig(record.body.view())) continue;
    std::optional<Ensemble> proposed = ensemble_of(record.body.view(), local_.ensemble);
    if (!proposed || proposed->version != record.zxid.value)
      return fail("a proposal changes the ensemble to what cannot be understood");
    if (record.zxid <= to_commit_ || proposed->version <= local_.ensemble.version) continue;
    // Apache's leader tells what is not committed yet, too.
    if (in_force_ && in_force_->version == proposed->version) in_force_.reset();
    next = std::move(proposed);
  }
  if (next && !local_.propose(std::move(*next), out))
    fail("the leader tells an ensemble that makes no sense");
}

void Learner::activate_at_uptodate(Outlet& out) {
  if (in_force_) {
    std::optional<Ensemble> later;
    if (local_.next && local_.next->version > in_force_->version) {
      later = std::move(local_.next);
      local_.withdraw(out);
    }
    if (!local_.next && !local_.propose(std::move(*in_force_), out)) return;
    in_force_.reset();
    activate(std::nullopt, out);
    if (later && !local_.propose(std::move(*later), out))
      return fail("a proposal changes the ensemble to what makes no sense");
  }
  if (designated_ && local_.next && local_.next->version <= to_commit_.value)
    activate(designated_, out);
}

void Learner::on_commit_and_activate(const wire::QuorumPacketView& packet, Outlet& out) {
  wire::Reader reader(packet.data.bytes);
  const ServerId designated{reader.read_long()};
  if (!reader.ok()) return fail("COMMITANDACTIVATE is too short");
  on_commit(Zxid{packet.zxid}, out);
  if (failed_ != nullptr) return;
  if (stage_ != Stage::kServing) {
    designated_ = designated;
  } else if (local_.next && local_.next->version == packet.zxid) {
    activate(designated, out);
  }
}

void Learner::on_inform_and_activate(const wire::QuorumPacketView& packet, Outlet& out) {
  constexpr size_t kDesignated = 8;
  if (packet.data.bytes.size() < kDesignated) return fail("INFORMANDACTIVATE is too short");
  wire::QuorumPacketView proposal = packet;
  proposal.data.bytes.remove_prefix(kDesignated);
  on_proposal(proposal, out);
  if (failed_ == nullptr) on_commit_and_activate(packet, out);
}

// In another role, or under another leader, a new term begins: at once where it was said who leads.
void Learner::activate(std::optional<ServerId> designated, Outlet& out) {
  const auto address = [this] {
    const Member* leader = member_of(local_.ensemble, leader_);
    return leader == nullptr || leader->observer ? std::vector<Endpoint>{} : leader->quorum;
  };
  const std::vector<Endpoint> before = address();
  const bool was_observer = local_.observer;
  if (!local_.activate(out)) return;
  const bool other_leader =
      designated ? *designated != leader_ : before.empty() || before != address();
  if (was_observer == local_.observer && !other_leader) return;
  if (designated || !other_leader) successor_ = designated.value_or(leader_);
  fail("the ensemble was changed");
}

}  // namespace zookernel::zab
