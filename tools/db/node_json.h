// Znodes with all that is stored of them.
#pragma once

#include "kernel/core/data_tree.h"
#include "tools/db/json_text.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::db_tool {

// path, data, acl, and the stat as it is stored: cversion counts created children, and the owner of
// containers and TTL znodes is there as well as told apart.
[[nodiscard]] Json describe_node(Bytes path, const wire::OptBytes& data, Json acl,
                                 const wire::StatPersisted& stat);
[[nodiscard]] Json describe_node(const core::DataTree& tree, core::NodeId id);

}  // namespace zookernel::db_tool
