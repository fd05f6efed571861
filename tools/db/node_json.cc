#include "tools/db/node_json.h"

#include "tools/db/txn_json.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {

Json describe_node(Bytes path, const wire::OptBytes& data, Json acl,
                   const wire::StatPersisted& stat) {
  Json to;
  put(to, "path", path.empty() ? Bytes("/") : path);
  put(to, "data", data);
  to["acl"] = std::move(acl);
  to["czxid"] = hex(stat.czxid);
  to["mzxid"] = hex(stat.mzxid);
  to["pzxid"] = hex(stat.pzxid);
  to["ctime"] = iso_time(stat.ctime);
  to["mtime"] = iso_time(stat.mtime);
  to["version"] = stat.version;
  to["cversion"] = stat.cversion;
  to["aversion"] = stat.aversion;
  switch (wire::owner_kind(stat.ephemeral_owner, true)) {
    case wire::OwnerKind::kNone:
      break;
    case wire::OwnerKind::kContainer:
      to["container"] = true;
      break;
    case wire::OwnerKind::kTtl:
      to["ttl"] = wire::owner_ttl(stat.ephemeral_owner);
      break;
    case wire::OwnerKind::kSession:
    case wire::OwnerKind::kUnknownExtended:
      to["ephemeralOwner"] = hex(stat.ephemeral_owner);
      break;
  }
  return to;
}

Json describe_node(const core::DataTree& tree, core::NodeId id) {
  const core::NodeTable& nodes = tree.nodes();
  const core::Node& node = nodes.node(id);
  Json acl = Json::array();
  for (const core::AclEntry& entry : tree.acls().list(node.acl)) {
    Json one;
    one["perms"] = permission_letters(entry.permissions);
    put(one, "scheme", Bytes(entry.scheme));
    put(one, "id", Bytes(entry.id));
    acl.push_back(std::move(one));
  }
  wire::StatPersisted stat;
  stat.czxid = node.czxid;
  stat.mzxid = node.mzxid;
  stat.pzxid = node.pzxid;
  stat.ctime = node.ctime;
  stat.mtime = node.mtime;
  stat.version = node.version;
  stat.cversion = node.cversion;
  stat.aversion = node.aversion;
  stat.ephemeral_owner = node.owner;
  return describe_node(nodes.path_of(id), {nodes.data(id), nodes.data_is_null(id)}, std::move(acl),
                       stat);
}

}  // namespace zookernel::db_tool
