#include "kernel/core/data_tree.h"

#include <algorithm>

#include "kernel/core/digest.h"
#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

constexpr int32_t kReadPermission = 1;

}  // namespace

DataTree::DataTree(TreeOptions options)
    : options_(options),
      nodes_(options.hash_seed),
      owners_(options.extended_types, options.emulate_353) {
  begin_load();
  load_node(kNoNode, {}, {}, {}, kOpenAcl, {});
  end_load(Zxid{0}, std::nullopt);
}

wire::Stat DataTree::client_stat(NodeId id) const {
  const Node& node = nodes_.node(id);
  wire::Stat stat;
  stat.czxid = node.czxid;
  stat.mzxid = node.mzxid;
  stat.ctime = node.ctime;
  stat.mtime = node.mtime;
  stat.version = node.version;
  // In unsigned numbers: a parent may have seen 2^31 creates.
  stat.cversion = static_cast<int32_t>(2 * static_cast<uint32_t>(node.cversion) - node.child_count);
  stat.aversion = node.aversion;
  const bool session = owner_kind_of(node.owner) == wire::OwnerKind::kSession;
  stat.ephemeral_owner = session ? node.owner : 0;
  stat.data_length = static_cast<int32_t>(node.data_size);
  stat.num_children = static_cast<int32_t>(node.child_count);
  stat.pzxid = node.pzxid;
  return stat;
}

void DataTree::swap(DataTree& other) {
  nodes_.swap(other.nodes_);
  acls_.swap(other.acls_);
  owners_.swap(other.owners_);
  std::swap(quotas_, other.quotas_);
  std::swap(last_zxid_, other.last_zxid_);
  std::swap(digest_, other.digest_);
  std::swap(data_size_, other.data_size_);
  digest_log_.swap(other.digest_log_);
  std::swap(fuzzy_end_, other.fuzzy_end_);
}

void DataTree::set_config(Bytes text, int64_t version, int64_t wall_ms) {
  const NodeId id = nodes_.find("/zookeeper/config");
  change_data(id, {text, false});
  Node& node = nodes_.node(id);
  node.version = -1;
  node.mzxid = version;
  node.mtime = wall_ms;
}

size_t DataTree::remove_orphan_ephemerals(const std::function<bool(SessionId)>& known) {
  size_t removed = 0;
  for (const SessionId session : owners_.sessions()) {
    if (known(session)) continue;
    std::vector<std::string> paths;
    for (const NodeId id : owners_.ephemerals(session)) paths.push_back(nodes_.path_of(id));
    for (const std::string& path : paths) {
      if (delete_node(path, last_zxid_.value, nullptr) == wire::ErrorCode::kOk) ++removed;
    }
  }
  return removed;
}

void DataTree::begin_load() {
  nodes_.clear();
  acls_.clear();
  owners_.clear();
  quotas_.clear();
  digest_log_.clear();
  fuzzy_end_.reset();
  digest_ = 0;
  data_size_ = 0;
}

NodeId DataTree::load_node(NodeId parent, Bytes path, Bytes name, const wire::OptBytes& data,
                           AclId acl, const wire::StatPersisted& stat) {
  NodeId id = kRoot;
  if (parent == kNoNode) {
    ZOOKERNEL_ASSERT(path.empty());
    ZOOKERNEL_ASSERT(nodes_.size() == 1);
    nodes_.set_data(id, data.bytes, data.null);
  } else {
    id = nodes_.create_unsettled(parent, name, data.bytes, data.null);
  }
  Node& node = nodes_.node(id);
  node.czxid = stat.czxid;
  node.mzxid = stat.mzxid;
  node.pzxid = stat.pzxid;
  node.ctime = stat.ctime;
  node.mtime = stat.mtime;
  node.version = stat.version;
  node.cversion = stat.cversion;
  node.aversion = stat.aversion;
  node.owner = stat.ephemeral_owner;
  node.acl = acl;
  node.outside_digest = !counts_for_digest(path);
  if (options_.digest) node.crc_prefix = crc_prefix(path, data.bytes);
  digest_ += digest_of(node);
  data_size_ += std::max<size_t>(path.size(), 1) + data.bytes.size();
  // The root is nobody's to take along, whatever a file says.
  if (id != kRoot) owners_.add(nodes_, id);
  return id;
}

void DataTree::end_load(Zxid name, std::optional<ZxidDigest> end) {
  // Releases before 3.5 have no /zookeeper/config; the other two are in every snapshot of Apache's.
  NodeId zookeeper = nodes_.find("/zookeeper");
  if (zookeeper == kNoNode) zookeeper = add_builtin(kRoot, "/zookeeper", "zookeeper");
  if (nodes_.find("/zookeeper/quota") == kNoNode)
    add_builtin(zookeeper, "/zookeeper/quota", "quota");
  if (nodes_.find("/zookeeper/config") == kNoNode) add_config(zookeeper);
  load_quotas();

  last_zxid_ = name;
  // A digest from before the snapshot began says nothing about it; zxid 0 means that the writer had
  // applied nothing.
  if (!options_.digest || !end || end->zxid.value == 0 || end->zxid < name) return;
  if (end->zxid == name) {
    if (end->digest != digest_) ++digest_mismatches_;
  } else {
    fuzzy_end_ = end;
  }
}

NodeId DataTree::add_builtin(NodeId parent, Bytes path, Bytes name) {
  const NodeId id = load_node(parent, path, name, {}, kOpenAcl, {});
  const NodeId twice = nodes_.settle();
  ZOOKERNEL_ASSERT(twice == kNoNode);
  return id;
}

void DataTree::add_config(NodeId parent) {
  const NodeId id = add_builtin(parent, "/zookeeper/config", "config");
  const AclEntry read_only{kReadPermission, "world", "anyone"};
  nodes_.node(id).acl = acls_.intern({&read_only, 1});
  nodes_.node(id).aversion = -1;  // outside the digest
}

}  // namespace zookernel::core
