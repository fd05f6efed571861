#include "kernel/core/container_sweep.h"

#include <algorithm>

#include "zookernel/wire/records/persist.h"

namespace zookernel::core {
namespace {

constexpr int64_t kMinuteMs = 60000;

// The last of `list` before `left`, which is moved down. `left` may be beyond the end by now.
NodeId take_last(std::span<const NodeId> list, size_t& left) {
  left = std::min(left, list.size());
  return left == 0 ? kNoNode : list[--left];
}

}  // namespace

void ContainerSweep::start(int64_t mono_ms) {
  looking_ = false;
  next_look_ms_ = mono_ms + options_.container_check_interval_ms;
  next_ms_ = next_look_ms_;
}

int64_t ContainerSweep::spacing_ms() const {
  return kMinuteMs / std::max(options_.containers_per_minute_max, 1);
}

std::optional<std::string> ContainerSweep::next(const Tick& now) {
  if (now.mono_ms < next_ms_) return std::nullopt;
  if (!looking_) {
    looking_ = true;
    containers_left_ = tree_.containers().size();
    ttl_nodes_left_ = tree_.ttl_nodes().size();
    // At a fixed rate; looks that were missed are not made up for.
    next_look_ms_ = std::max(next_look_ms_ + options_.container_check_interval_ms, now.mono_ms + 1);
  }
  size_t budget = kNodesPerLook;
  const NodeId id = look(now.wall_ms, budget);
  if (id != kNoNode) {
    next_ms_ = now.mono_ms + spacing_ms();
    return tree_.nodes().path_of(id);
  }
  looking_ = budget == 0;
  // The next piece comes after a moment for the others.
  next_ms_ = looking_ ? now.mono_ms + 1 : next_look_ms_;
  return std::nullopt;
}

NodeId ContainerSweep::look(int64_t wall_ms, size_t& budget) {
  for (; budget > 0; --budget) {
    NodeId id = take_last(tree_.containers(), containers_left_);
    if (id == kNoNode) id = take_last(tree_.ttl_nodes(), ttl_nodes_left_);
    if (id == kNoNode || is_due(id, wall_ms)) return id;
  }
  return kNoNode;
}

bool ContainerSweep::is_due(NodeId id, int64_t wall_ms) const {
  const Node& node = tree_.nodes().node(id);
  if (node.child_count != 0) return false;
  const int64_t age_ms = wall_ms - node.mtime;
  switch (tree_.owner_kind_of(node.owner)) {
    case wire::OwnerKind::kContainer:
      if (node.cversion > 0) return true;
      return options_.container_unused_max_ms > 0 && age_ms > options_.container_unused_max_ms;
    case wire::OwnerKind::kTtl: {
      const int64_t ttl_ms = wire::owner_ttl(node.owner);
      return ttl_ms != 0 && age_ms > ttl_ms;
    }
    default:
      return false;
  }
}

}  // namespace zookernel::core
