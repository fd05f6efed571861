#include "kernel/core/snapshot_encoder.h"

#include <libdeflate.h>

#include "zookernel/assert.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::core {
namespace {

constexpr Bytes kEndOfNodes = "/";

}  // namespace

SnapshotEncoder::SnapshotEncoder(DataTree& tree,
                                 const std::vector<std::pair<int64_t, int32_t>>& sessions,
                                 Form form)
    : tree_(tree), name_(tree.last_zxid()), form_(form), hold_(tree.acls()), cursor_(tree.nodes()) {
  wire::Writer writer(head_);
  if (form_ == Form::kFile)
    write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, wire::kSnapshotDbId});
  writer.write_count(sessions.size());
  for (const auto& [id, timeout] : sessions) write(writer, wire::SessionEntry{id, timeout});
  const AclCache& acls = tree.acls();
  const std::vector<AclId> ids = acls.ids();
  writer.write_count(ids.size());
  for (const AclId id : ids) {
    writer.write_long(id);
    writer.write_raw(acls.raw(id));
  }
}

bool SnapshotEncoder::slice(size_t node_budget, Buffer& out) {
  ZOOKERNEL_ASSERT(!done_);
  summed_ = out.size();
  parent_ = kNoNode;  // the tree may have changed since the last slice
  if (!head_.empty()) {
    out.append(head_.view());
    head_ = {};
  }
  size_t written = 0;
  for (; cursor_.at() != kNoNode && (written < node_budget || written == 0); ++written) {
    write_node(cursor_.at(), out);
    cursor_.advance();
  }
  done_ = cursor_.at() == kNoNode;
  if (done_) write_end(out);
  if (form_ == Form::kFile) checksum(out);
  return !done_;
}

void SnapshotEncoder::write_node(NodeId id, Buffer& out) {
  const NodeTable& nodes = tree_.nodes();
  const Node& node = nodes.node(id);
  const Bytes name = nodes.name(id);
  const Bytes data = nodes.data(id);
  size_t path_size = 0;  // the root's path is empty here
  if (id != kRoot) {
    if (node.parent != parent_) {
      parent_ = node.parent;
      parent_path_.clear();
      if (parent_ != kRoot) nodes.append_path(parent_, parent_path_);
    }
    path_size = parent_path_.size() + 1 + name.size();
  }
  char* to = out.extend(4 + path_size + 4 + data.size() + 8);
  store_be32(to, static_cast<uint32_t>(path_size));
  to += 4;
  if (id != kRoot) {
    std::memcpy(to, parent_path_.data(), parent_path_.size());
    to += parent_path_.size();
    *to++ = '/';
    std::memcpy(to, name.data(), name.size());
    to += name.size();
  }
  store_be32(to, node.data_null != 0 ? UINT32_MAX : node.data_size);
  to += 4;
  if (!data.empty()) std::memcpy(to, data.data(), data.size());
  to += data.size();
  store_be64(to,
             static_cast<uint64_t>(node.acl == kOpenAcl ? wire::kOpenAclRef : int64_t{node.acl}));

  wire::Writer writer(out);
  write(writer, wire::StatPersisted{node.czxid, node.mzxid, node.ctime, node.mtime, node.version,
                                    node.cversion, node.aversion, node.owner, node.pzxid});
}

void SnapshotEncoder::write_end(Buffer& out) {
  wire::Writer writer(out);
  writer.write_string(kEndOfNodes);
  if (form_ == Form::kStream) return writer.write_string(wire::kSnapshotStreamEnd);
  write_seal(out);
  if (tree_.options().digest) {
    writer.write_long(tree_.last_zxid().value);
    writer.write_int(wire::kTxnDigestVersion);
    writer.write_long(static_cast<int64_t>(tree_.digest()));
    write_seal(out);
  }
  writer.write_long(tree_.last_zxid().value);
  write_seal(out);
}

void SnapshotEncoder::write_seal(Buffer& out) {
  checksum(out);
  wire::Writer writer(out);
  writer.write_long(adler_);
  writer.write_string(kEndOfNodes);
}

void SnapshotEncoder::checksum(const Buffer& out) {
  if (out.size() == summed_) return;
  adler_ = libdeflate_adler32(adler_, out.data() + summed_, out.size() - summed_);
  summed_ = out.size();
}

}  // namespace zookernel::core
