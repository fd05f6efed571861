#include "kernel/core/owner_index.h"

#include <algorithm>

#include "zookernel/assert.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::core {

std::vector<NodeId>* OwnerIndex::list_of(int64_t owner) {
  switch (wire::owner_kind(owner, extended_types_, emulate_353_)) {
    case wire::OwnerKind::kNone:
      return nullptr;
    case wire::OwnerKind::kSession:
      return &by_session_[owner];
    case wire::OwnerKind::kContainer:
      return &containers_;
    case wire::OwnerKind::kTtl:
      return &ttl_nodes_;
    case wire::OwnerKind::kUnknownExtended:
      return &other_;
  }
  return nullptr;
}

void OwnerIndex::add(NodeTable& nodes, NodeId id) {
  Node& node = nodes.node(id);
  std::vector<NodeId>* list = list_of(node.owner);
  if (list == nullptr) return;
  node.owner_index = static_cast<uint32_t>(list->size());
  list->push_back(id);
  if (wire::owner_kind(node.owner, extended_types_, emulate_353_) == wire::OwnerKind::kSession)
    ++ephemeral_count_;
}

void OwnerIndex::remove(NodeTable& nodes, NodeId id) {
  const Node& node = nodes.node(id);
  std::vector<NodeId>* list = list_of(node.owner);
  if (list == nullptr) return;
  ZOOKERNEL_ASSERT(node.owner_index < list->size());
  ZOOKERNEL_ASSERT((*list)[node.owner_index] == id);
  const NodeId last = list->back();
  (*list)[node.owner_index] = last;
  nodes.node(last).owner_index = node.owner_index;
  list->pop_back();
  if (wire::owner_kind(node.owner, extended_types_, emulate_353_) != wire::OwnerKind::kSession)
    return;
  --ephemeral_count_;
  if (list->empty()) by_session_.erase(node.owner);
}

std::span<const NodeId> OwnerIndex::ephemerals(SessionId session) const {
  const auto found = by_session_.find(session.value);
  if (found == by_session_.end()) return {};
  return found->second;
}

std::vector<SessionId> OwnerIndex::sessions() const {
  std::vector<SessionId> sessions;
  sessions.reserve(by_session_.size());
  for (const auto& [owner, list] : by_session_) sessions.push_back(SessionId{owner});
  std::sort(sessions.begin(), sessions.end());
  return sessions;
}

void OwnerIndex::clear() {
  by_session_.clear();
  containers_.clear();
  ttl_nodes_.clear();
  other_.clear();
  ephemeral_count_ = 0;
}

void OwnerIndex::swap(OwnerIndex& other) {
  by_session_.swap(other.by_session_);
  containers_.swap(other.containers_);
  ttl_nodes_.swap(other.ttl_nodes_);
  other_.swap(other.other_);
  std::swap(ephemeral_count_, other.ephemeral_count_);
}

}  // namespace zookernel::core
