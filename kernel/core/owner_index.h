// Which znodes are ephemeral, and whose; which are containers; which have a TTL. Lists of ids, so
// that closing a session or looking for what has expired does not search the tree. Order is that of
// creation until something is removed: the last takes its place. [core]
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernel/core/node_table.h"
#include "zookernel/ids.h"

namespace zookernel::core {

class OwnerIndex {
 public:
  // See wire::owner_kind().
  OwnerIndex(bool extended_types, bool emulate_353)
      : extended_types_(extended_types), emulate_353_(emulate_353) {}

  // `id` has its owner set; one without an owner is ignored. Uses Node::owner_index.
  void add(NodeTable& nodes, NodeId id);
  // Before `id` is erased.
  void remove(NodeTable& nodes, NodeId id);

  // Valid until the next add or remove.
  [[nodiscard]] std::span<const NodeId> ephemerals(SessionId session) const;
  [[nodiscard]] std::vector<SessionId> sessions() const;  // with ephemerals, ascending
  [[nodiscard]] size_t ephemeral_count() const { return ephemeral_count_; }
  [[nodiscard]] std::span<const NodeId> containers() const { return containers_; }
  [[nodiscard]] std::span<const NodeId> ttl_nodes() const { return ttl_nodes_; }

  void clear();
  // Both are made with the same options.
  void swap(OwnerIndex& other);

 private:
  [[nodiscard]] std::vector<NodeId>* list_of(int64_t owner);

  const bool extended_types_, emulate_353_;
  std::unordered_map<int64_t, std::vector<NodeId>>
      by_session_;  // no empty lists; never iterated into an effect unsorted
  std::vector<NodeId> containers_;
  std::vector<NodeId> ttl_nodes_;
  std::vector<NodeId> other_;  // extended owners of a kind that no release has
  size_t ephemeral_count_ = 0;
};

}  // namespace zookernel::core
