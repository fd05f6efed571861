// Changes of one znode, with everything that hangs on it: digest, sizes, owners, quotas, ACL
// references, the listener.
#include <algorithm>

#include "kernel/core/data_tree.h"
#include "kernel/core/digest.h"
#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

using wire::ErrorCode;

struct SplitPath {
  Bytes parent;  // "" for the root
  Bytes name;

  [[nodiscard]] Bytes shown_parent() const { return parent.empty() ? Bytes("/") : parent; }
};

// `path` has a slash.
SplitPath split(Bytes path) {
  const size_t slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

// Only there can a znode be part of a quota.
bool is_below_quota_root(Bytes path) {
  return path.starts_with(kQuotaRoot) && path.size() > kQuotaRoot.size() &&
         path[kQuotaRoot.size()] == '/';
}

}  // namespace

uint64_t DataTree::digest_of(const Node& node) const {
  return options_.digest && node.outside_digest == 0 ? node_digest(node) : 0;
}

ChangedNode DataTree::changed_node(Bytes path, NodeId id) const {
  const Node& node = nodes_.node(id);
  return {path, id, node.parent, node.acl};
}

ErrorCode DataTree::create_node(const Scope& scope, const NewNode& made, NodeId& id) {
  const SplitPath path = split(made.path);
  const int64_t zxid = scope.header.zxid;
  const NodeId parent = nodes_.find(path.parent);
  if (parent == kNoNode) {
    acls_.release(made.acl);
    return ErrorCode::kNoNode;
  }
  raise_cversion(parent, made.parent_cversion, zxid);
  id = nodes_.find_child(parent, path.name);
  if (id != kNoNode) {
    acls_.release(nodes_.node(id).acl);
    nodes_.node(id).acl = made.acl;
    return ErrorCode::kNodeExists;
  }

  id = nodes_.create(parent, path.name, made.data.bytes, made.data.null);
  Node& node = nodes_.node(id);
  node.czxid = node.mzxid = node.pzxid = zxid;
  node.ctime = node.mtime = scope.header.time;
  node.owner = made.owner;
  node.acl = made.acl;
  node.outside_digest = !counts_for_digest(made.path);
  if (options_.digest) node.crc_prefix = crc_prefix(made.path, made.data.bytes);
  digest_ += digest_of(node);
  data_size_ += made.path.size() + made.data.bytes.size();
  owners_.add(nodes_, id);

  if (is_below_quota_root(made.path)) quota_node_created(made.path);
  if (!quotas_.empty()) add_usage(made.path, static_cast<int64_t>(made.data.bytes.size()), 1);
  if (scope.listener != nullptr)
    scope.listener->on_created({made.path, id, parent, node.acl},
                               changed_node(path.shown_parent(), parent));
  return ErrorCode::kOk;
}

void DataTree::raise_cversion(NodeId parent, int32_t cversion, int64_t zxid) {
  Node& node = nodes_.node(parent);
  // After 2^31 creates this does not go on.
  if (cversion == -1) cversion = node.cversion == INT32_MAX ? INT32_MAX : node.cversion + 1;
  if (cversion <= node.cversion) return;
  digest_ -= digest_of(node);
  node.cversion = cversion;
  node.pzxid = zxid;
  digest_ += digest_of(node);
}

void DataTree::raise_pzxid(NodeId parent, int64_t zxid) {
  Node& node = nodes_.node(parent);
  if (zxid <= node.pzxid) return;
  digest_ -= digest_of(node);
  node.pzxid = zxid;
  digest_ += digest_of(node);
}

ErrorCode DataTree::delete_node(Bytes path, int64_t zxid, TreeListener* listener) {
  if (!path.starts_with('/') || path == "/") return ErrorCode::kBadArguments;
  const NodeId id = nodes_.find(path);
  const NodeId parent = id != kNoNode ? nodes_.node(id).parent : nodes_.find(split(path).parent);
  if (parent == kNoNode) return ErrorCode::kNoNode;
  raise_pzxid(parent, zxid);
  if (id == kNoNode) return ErrorCode::kNoNode;

  if (nodes_.node(id).child_count != 0) erase_below(id);
  const AclId acl = nodes_.node(id).acl;
  forget(id, path);
  if (listener != nullptr)
    listener->on_deleted({path, id, parent, acl}, changed_node(split(path).shown_parent(), parent));
  acls_.release(acl);
  return ErrorCode::kOk;
}

// Children first. Happens only in replay on a fuzzy snapshot; nobody listens then.
void DataTree::erase_below(NodeId top) {
  while (nodes_.node(top).first_child != kNoNode) {
    NodeId at = nodes_.node(top).first_child;
    while (nodes_.node(at).first_child != kNoNode) at = nodes_.node(at).first_child;
    const AclId acl = nodes_.node(at).acl;
    forget(at, nodes_.path_of(at));
    acls_.release(acl);
  }
}

// Takes a znode without children out of everything but the ACL cache.
void DataTree::forget(NodeId id, Bytes path) {
  const Node& node = nodes_.node(id);
  const size_t bytes = node.data_size;
  digest_ -= digest_of(node);
  ZOOKERNEL_ASSERT(data_size_ >= path.size() + bytes);
  data_size_ -= path.size() + bytes;
  owners_.remove(nodes_, id);
  nodes_.erase(id);
  if (is_below_quota_root(path)) quota_node_deleted(path);
  if (!quotas_.empty()) add_usage(path, -static_cast<int64_t>(bytes), -1);
}

void DataTree::change_data(NodeId id, const wire::OptBytes& data) {
  data_size_ += data.bytes.size();
  data_size_ -= nodes_.node(id).data_size;
  nodes_.set_data(id, data.bytes, data.null);
}

}  // namespace zookernel::core
