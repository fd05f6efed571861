// How DataTree keeps the usage of quotas: each server for itself, without transactions, in znodes
// that count for no digest and whose stat does not change. Source: DataTree.updateQuotaStat,
// updateQuotaForPath, setupQuota.
#include "kernel/core/data_tree.h"
#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

// Usage texts come from clients, so the numbers in them may be anything.
int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// The path of a quota's znode, given the znode's parent: see quota_target.
struct QuotaNode {
  Bytes target;
  Bytes name;
};
QuotaNode quota_node(Bytes path) {
  const size_t slash = path.rfind('/');
  return {quota_target(path.substr(0, slash)), path.substr(slash + 1)};
}

QuotaNumbers usage_of(Bytes text, bool null) {
  std::optional<QuotaNumbers> usage = null ? std::nullopt : QuotaNumbers::parse(text);
  // Apache dies of a text that it cannot read.
  if (!usage) usage = QuotaNumbers{0, 0, {}};
  return *std::move(usage);
}

}  // namespace

void DataTree::quota_node_created(Bytes path) {
  const auto [target, name] = quota_node(path);
  if (target.empty()) return;
  if (name == kQuotaLimits) quotas_.add(target);
  if (name == kQuotaUsage) recount(target);
}

void DataTree::quota_node_deleted(Bytes path) {
  const auto [target, name] = quota_node(path);
  if (!target.empty() && name == kQuotaLimits) quotas_.remove(target);
}

NodeId DataTree::usage_node(Bytes path) const {
  std::string usage(kQuotaRoot);
  usage += path;
  usage += '/';
  usage += kQuotaUsage;
  return nodes_.find(usage);
}

void DataTree::write_usage(NodeId id, const QuotaNumbers& usage) {
  ZOOKERNEL_ASSERT(nodes_.node(id).outside_digest != 0);
  const std::string text = usage.text();
  change_data(id, {text, false});
}

void DataTree::add_usage(Bytes path, int64_t bytes, int64_t count) {
  const Bytes target = quotas_.deepest(path);
  if (target.empty()) return;
  const NodeId id = usage_node(target);
  if (id == kNoNode) return;
  QuotaNumbers usage = usage_of(nodes_.data(id), nodes_.data_is_null(id));
  usage.count = wrapping_add(usage.count, count);
  usage.bytes = wrapping_add(usage.bytes, bytes);
  write_usage(id, usage);
}

void DataTree::recount(Bytes path) {
  const NodeId id = usage_node(path);
  if (id == kNoNode) return;
  QuotaNumbers usage{0, 0, {}};
  const NodeId top = nodes_.find(path);
  for (NodeId at = top; at != kNoNode; at = nodes_.next_in_preorder(at, top)) {
    ++usage.count;
    usage.bytes += nodes_.node(at).data_size;
  }
  write_usage(id, usage);
}

void DataTree::load_quotas() {
  const NodeId top = nodes_.find(kQuotaRoot);
  ZOOKERNEL_ASSERT(top != kNoNode);
  for (NodeId at = nodes_.next_in_preorder(top, top); at != kNoNode;
       at = nodes_.next_in_preorder(at, top)) {
    if (nodes_.node(at).first_child != kNoNode || nodes_.name(at) != kQuotaLimits) continue;
    const std::string parent = nodes_.path_of(nodes_.node(at).parent);
    const Bytes target = quota_target(parent);
    if (target.empty()) continue;
    recount(target);
    quotas_.add(target);
  }
}

std::optional<QuotaState> DataTree::quota_of(Bytes path) const {
  const Bytes target = quotas_.deepest(path);
  if (target.empty()) return std::nullopt;
  QuotaState state;
  state.path = target;
  const NodeId limits =
      nodes_.find(std::string(kQuotaRoot) + state.path + "/" + std::string(kQuotaLimits));
  if (limits != kNoNode && !nodes_.data_is_null(limits))
    state.limits = QuotaNumbers::parse(nodes_.data(limits));
  const NodeId usage = usage_node(target);
  if (usage == kNoNode) {
    state.usage = {0, 0, {}};
  } else {
    state.counted = true;
    state.usage = usage_of(nodes_.data(usage), nodes_.data_is_null(usage));
  }
  return state;
}

std::vector<QuotaState> DataTree::quotas() const {
  std::vector<QuotaState> states;
  for (const std::string& path : quotas_.all()) {
    std::optional<QuotaState> state = quota_of(path);
    if (state) states.push_back(*std::move(state));
  }
  return states;
}

}  // namespace zookernel::core
