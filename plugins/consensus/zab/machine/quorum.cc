#include "plugins/consensus/zab/machine/quorum.h"

#include <algorithm>
#include <string>

#include "zookernel/assert.h"

namespace zookernel::zab {

bool ServerSet::add(ServerId id) {
  const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
  if (at != ids_.end() && *at == id) return false;
  ids_.insert(at, id);
  return true;
}

void ServerSet::remove(ServerId id) {
  std::erase(ids_, id);
}

bool ServerSet::contains(ServerId id) const {
  return std::binary_search(ids_.begin(), ids_.end(), id);
}

Result<QuorumRule> QuorumRule::of(const Ensemble& ensemble) {
  QuorumRule made;
  for (const Member& member : ensemble.members) {
    if (!member.observer) made.voters_.add(member.id);
  }
  made.hierarchical_ = !ensemble.groups.empty() || !ensemble.weights.empty();
  for (const auto& [id, weight] : ensemble.weights) {
    const std::string name = "weight." + std::to_string(id.value);
    if (!made.is_voter(id)) return Error{Errc::kInvalid, name + ": no voting server has this id"};
    if (weight < 0) return Error{Errc::kInvalid, name + ": a weight is 0 or more"};
    made.weight_of_[id] = weight;
  }
  for (const MemberGroup& group : ensemble.groups) {
    for (const ServerId id : group.members) {
      const std::string name = "server " + std::to_string(id.value);
      if (!made.group_of_.emplace(id, group.id).second)
        return Error{Errc::kInvalid, "group." + std::to_string(group.id) + ": " + name +
                                         " is in two groups (leave it in one)"};
      const int64_t weight = made.weight(id);
      if (weight != 0) made.group_weights_[group.id] += weight;
    }
  }
  if (made.hierarchical_) {
    for (const ServerId id : made.voters_) {
      if (!made.group_of_.contains(id))
        return Error{Errc::kInvalid, "server." + std::to_string(id.value) +
                                         ": it is in no group.N line (with groups or weights every "
                                         "voting server must be in one)"};
    }
  }
  return made;
}

int64_t QuorumRule::weight(ServerId id) const {
  if (!is_voter(id)) return 0;
  const auto found = weight_of_.find(id);
  return found == weight_of_.end() ? 1 : found->second;
}

bool QuorumRule::is_quorum(const ServerSet& set) const {
  if (!hierarchical_) {
    const auto count = static_cast<size_t>(
        std::count_if(set.begin(), set.end(), [this](ServerId id) { return is_voter(id); }));
    return count > voters_.size() / 2;
  }
  std::map<int64_t, int64_t> weights;
  for (const ServerId id : set) {
    const auto group = group_of_.find(id);
    if (group != group_of_.end()) weights[group->second] += weight(id);
  }
  size_t groups = 0;
  for (const auto& [group, total] : group_weights_) {
    const auto found = weights.find(group);
    if (found != weights.end() && found->second > total / 2) ++groups;
  }
  return groups > group_weights_.size() / 2;
}

// ---- of both

Result<QuorumVerifier> QuorumVerifier::of(const Ensemble& ensemble) {
  Result<QuorumRule> rule = QuorumRule::of(ensemble);
  if (!rule.ok()) return rule.error();
  return QuorumVerifier(std::move(rule.value()));
}

void QuorumVerifier::propose(QuorumRule next) {
  next_ = std::move(next);
  voters_ = current_.voters();
  for (const ServerId id : next_->voters()) voters_.add(id);
}

void QuorumVerifier::withdraw() {
  next_.reset();
  voters_ = current_.voters();
}

void QuorumVerifier::activate() {
  ZOOKERNEL_ASSERT(next_);
  current_ = std::move(*next_);
  withdraw();
}

int64_t QuorumVerifier::weight(ServerId id) const {
  return std::max(current_.weight(id), next_ ? next_->weight(id) : 0);
}

}  // namespace zookernel::zab
