// Changes of the ensemble, on the side of the leader: a quorum of the old and of the new one
// commits them, and somebody leads the new one. Source: Leader.getDesignatedLeader,
// Leader.tryToCommit.
#include <utility>

#include "plugins/consensus/zab/machine/leader.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::zab {

using wire::PacketType;
using LinkStage = LearnerLink::Stage;

bool Leader::has_synced_quorum_of(const Ensemble& next) const {
  if (!serving()) return false;
  const Result<QuorumRule> rule = QuorumRule::of(next);
  return rule.ok() && rule->is_quorum(present_learners());
}

void Leader::note_proposed_ensemble(const LogRecord& record, Outlet& out) {
  if (!local_.ensemble.reconfig_enabled) return;
  std::optional<Ensemble> next = ensemble_of(record.body.view(), local_.ensemble);
  // The pipeline of this server made it.
  ZOOKERNEL_ASSERT(next && next->version == record.zxid.value);
  ZOOKERNEL_ASSERT(local_.propose(std::move(*next), out));
}

// An ensemble that is established for the first time gets a version, so that it is worth more than
// what the file of a newcomer says.
void Leader::take_first_version(Outlet& out) {
  if (!local_.ensemble.reconfig_enabled || local_.ensemble.version != 0 || local_.next) return;
  Ensemble first = local_.ensemble;
  first.version = epoch_zxid().value;
  static_cast<void>(local_.propose(std::move(first), out));
}

// Before we serve, what may be in force; later only what is: what is proposed comes as a proposal.
const std::string& Leader::newleader_config() {
  if (serving() || !local_.next) return local_.config;
  if (newleader_config_.empty()) newleader_config_ = wire::ensemble_text(*local_.next);
  return newleader_config_;
}

ServerId Leader::designated_leader(const Broadcast::Committed& committed) const {
  const Member* before = member_of(local_.ensemble, self_);
  const Member* after = member_of(*local_.next, self_);
  if (before != nullptr && after != nullptr && !after->observer && before->quorum == after->quorum)
    return self_;
  ServerSet candidates;
  for (const Member& member : local_.next->members) {
    if (!member.observer && member.id != self_ && committed.acks.contains(member.id))
      candidates.add(member.id);
  }
  // A quorum of the new ensemble has it on disk, and that is not this server alone unless this one
  // is its only voter.
  return candidates.size() == 0 ? self_ : broadcast_.most_acknowledged(std::move(candidates));
}

void Leader::commit_and_activate(const Broadcast::Committed& committed, const LogRecord& record,
                                 Outlet& out) {
  const ServerId designated = designated_leader(committed);
  Buffer commit, inform;
  wire::Writer(commit).write_long(designated.value);
  wire::Writer(inform).write_long(designated.value);
  wire::Writer(inform).write_raw(record.body.view());
  for (auto& [conn, link] : links_) {
    if (!link.forwarding) continue;
    send(link,
         link.observer
             ? quorum_packet(PacketType::kInformAndActivate, record.zxid, {inform.view()})
             : quorum_packet(PacketType::kCommitAndActivate, record.zxid, {commit.view()}),
         out);
  }
  static_cast<void>(local_.activate(out));
  if (designated == self_) return;
  successor_ = designated;
  fail("the ensemble was changed, and another server leads it");
}

}  // namespace zookernel::zab
