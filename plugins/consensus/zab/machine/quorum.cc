#include "plugins/consensus/zab/machine/quorum.h"

#include <algorithm>
#include <string>

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

Result<QuorumVerifier> QuorumVerifier::of(const Ensemble& ensemble) {
  QuorumVerifier made;
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

int64_t QuorumVerifier::weight(ServerId id) const {
  if (!is_voter(id)) return 0;
  const auto found = weight_of_.find(id);
  return found == weight_of_.end() ? 1 : found->second;
}

bool QuorumVerifier::is_quorum(const ServerSet& set) const {
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

}  // namespace zookernel::zab
