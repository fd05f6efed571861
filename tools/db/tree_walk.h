// A tree in an order that does not depend on its history: depth first, siblings by the bytes of
// their names.
#pragma once

#include <functional>
#include <vector>

#include "kernel/core/data_tree.h"

namespace zookernel::db_tool {

[[nodiscard]] std::vector<core::NodeId> sorted_children(const core::DataTree& tree,
                                                        core::NodeId id);

// `enter` is called before the children of a znode, `leave` (may be empty) after them.
using NodeVisit = std::function<void(core::NodeId)>;
void walk_sorted(const core::DataTree& tree, core::NodeId top, const NodeVisit& enter,
                 const NodeVisit& leave = {});

}  // namespace zookernel::db_tool
