// Who votes, and which sets of voters decide. Source: QuorumMaj, QuorumHierarchical.
//
//   majority      more than half of the voters
//   hierarchical  more than half of the groups that weigh anything, in each of which the members of
//                 the set weigh more than half (rounded down, as Apache does)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "zookernel/consensus.h"

namespace zookernel::zab {

// A few server ids, ascending.
class ServerSet {
 public:
  // False if it was there.
  bool add(ServerId id);
  void remove(ServerId id);
  [[nodiscard]] bool contains(ServerId id) const;
  [[nodiscard]] size_t size() const { return ids_.size(); }
  [[nodiscard]] auto begin() const { return ids_.begin(); }
  [[nodiscard]] auto end() const { return ids_.end(); }
  void clear() { ids_.clear(); }

 private:
  std::vector<ServerId> ids_;
};

// The rule of one configuration.
class QuorumRule {
 public:
  // Fails when the groups are not a partition of the voters.
  static Result<QuorumRule> of(const Ensemble& ensemble);

  [[nodiscard]] bool is_voter(ServerId id) const { return voters_.contains(id); }
  [[nodiscard]] const ServerSet& voters() const { return voters_; }
  // 0 for those that are no voters and those that may never lead.
  [[nodiscard]] int64_t weight(ServerId id) const;
  // Members of `set` that are no voters do not count.
  [[nodiscard]] bool is_quorum(const ServerSet& set) const;

 private:
  QuorumRule() = default;

  ServerSet voters_;
  bool hierarchical_ = false;
  std::map<ServerId, int64_t> weight_of_;  // where it is not 1
  std::map<ServerId, int64_t> group_of_;
  std::map<int64_t, int64_t> group_weights_;  // of groups that weigh anything
};

// The rule in force and, while a change of the ensemble is on its way, the one that may follow:
// what decides then is a quorum of each.
class QuorumVerifier {
 public:
  static Result<QuorumVerifier> of(const Ensemble& ensemble);
  explicit QuorumVerifier(QuorumRule rule)
      : current_(std::move(rule)), voters_(current_.voters()) {}

  void propose(QuorumRule next);
  void withdraw();
  // The one that may follow is in force. There must be one.
  void activate();

  // In one of them.
  [[nodiscard]] bool is_voter(ServerId id) const { return voters_.contains(id); }
  [[nodiscard]] const ServerSet& voters() const { return voters_; }
  [[nodiscard]] int64_t weight(ServerId id) const;
  [[nodiscard]] bool is_quorum(const ServerSet& set) const {
    return current_.is_quorum(set) && (!next_ || next_->is_quorum(set));
  }

 private:
  QuorumRule current_;
  std::optional<QuorumRule> next_;
  ServerSet voters_;
};

}  // namespace zookernel::zab
