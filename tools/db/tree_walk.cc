#include "tools/db/tree_walk.h"

#include <algorithm>

namespace zookernel::db_tool {

std::vector<core::NodeId> sorted_children(const core::DataTree& tree, core::NodeId id) {
  const core::NodeTable& nodes = tree.nodes();
  std::vector<core::NodeId> children;
  children.reserve(nodes.node(id).child_count);
  for (core::NodeId child = nodes.node(id).first_child; child != core::kNoNode;
       child = nodes.node(child).next) {
    children.push_back(child);
  }
  std::sort(children.begin(), children.end(),
            [&nodes](core::NodeId a, core::NodeId b) { return nodes.name(a) < nodes.name(b); });
  return children;
}

void walk_sorted(const core::DataTree& tree, core::NodeId top, const NodeVisit& enter,
                 const NodeVisit& leave) {
  // Paths may be deeper than a stack of calls allows.
  struct Level {
    core::NodeId id;
    std::vector<core::NodeId> children;
    size_t next = 0;
  };
  std::vector<Level> levels;
  enter(top);
  levels.push_back({top, sorted_children(tree, top)});
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.children.size()) {
      if (leave) leave(level.id);
      levels.pop_back();
      continue;
    }
    const core::NodeId child = level.children[level.next++];
    enter(child);
    levels.push_back({child, sorted_children(tree, child)});
  }
}

}  // namespace zookernel::db_tool
