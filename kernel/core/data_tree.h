// The tree of znodes as transactions make it: one record in, one change done. Serving and replay go
// through the same apply(), so that a server that recovers has what it had.
//
// Replay begins on a fuzzy snapshot, which may hold effects of transactions that are applied once
// more. The rules that make this come out right are facts of the format and stand in apply.cc.
// Source: org.apache.zookeeper.server.DataTree. [core]
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/core/acl_cache.h"
#include "kernel/core/node_table.h"
#include "kernel/core/owner_index.h"
#include "kernel/core/quota.h"
#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn_views.h"

namespace zookernel::core {

struct TreeOptions {
  bool extended_types = false;  // extendedTypesEnabled: owners ff... are TTLs, not sessions
  bool digest = true;           // digest.enabled; without it digest() is 0 and nothing is compared
  uint64_t hash_seed = 0;       // changes nothing that can be seen
  bool emulate_353 = false;     // emulate353TTLNodes: all owners with the top bit set are TTLs
};

// A znode that a TreeListener hears of.
struct ChangedNode {
  Bytes path;  // borrowed for the call
  NodeId id;
  NodeId parent;  // kNoNode for the root
  AclId acl;      // can be resolved during the call
};

// Hears of each change right after it is done, in the order in which Apache fires watches. Must not
// change the tree. The parent of a child of the root is "/". A deleted znode comes with the id and
// the ACL that it had; the next one that is created may get that id.
class TreeListener {
 public:
  virtual ~TreeListener() = default;
  virtual void on_created(const ChangedNode& node, const ChangedNode& parent) = 0;
  virtual void on_deleted(const ChangedNode& node, const ChangedNode& parent) = 0;
  virtual void on_data_changed(const ChangedNode& node) = 0;
};

struct OpResult {
  wire::Opcode type = wire::Opcode::kError;
  wire::ErrorCode error = wire::ErrorCode::kOk;
  Bytes path = {};  // borrowed from the record
  wire::Stat stat;  // as clients see it, right after this operation
  bool has_stat = false;
};

// What a transaction did. Keep one and use it again: it keeps its memory.
struct Applied {
  wire::TxnHeader header;
  std::vector<OpResult>
      ops;  // one; of a multi one for each part. In a multi that failed all are of type kError.
  wire::ErrorCode error = wire::ErrorCode::kOk;  // the first error among them
  bool digest_present = false;                   // the record says what the digest should be now
  uint64_t digest_expected = 0;
  bool digest_mismatch =
      false;  // it was compared, with the record's or the snapshot's, and differs
  bool session_created = false;  // header.client_id is the session
  bool session_closed = false;
  int32_t session_timeout_ms = 0;  // when created
};

struct ZxidDigest {
  Zxid zxid;
  uint64_t digest = 0;
};

// The quota that a path falls under, for enforcing it.
struct QuotaState {
  std::string path;                    // the znode that has the quota
  std::optional<QuotaNumbers> limits;  // empty: the text of the limits cannot be read
  QuotaNumbers usage;                  // 0 and 0 when its text cannot be read
  bool counted = false;                // there is a usage
};

class DataTree {
 public:
  // With the four znodes that exist without a transaction: /, /zookeeper, /zookeeper/quota,
  // /zookeeper/config.
  explicit DataTree(TreeOptions options);
  DataTree(const DataTree&) = delete;
  DataTree& operator=(const DataTree&) = delete;

  // Applies one transaction: TxnHeader, body, perhaps a digest. An Error is a record that cannot be
  // understood; then nothing was changed. What does not fit the tree (no such parent, exists
  // already) is no Error but an error code in `applied`. `listener` may be null.
  Status apply(Bytes record, TreeListener* listener, Applied& applied);

  [[nodiscard]] const NodeTable& nodes() const { return nodes_; }
  // For SnapshotEncoder's cursor. Change nothing through it: digest, owners and quotas would not
  // know.
  [[nodiscard]] NodeTable& nodes() { return nodes_; }
  [[nodiscard]] const AclCache& acls() const { return acls_; }
  [[nodiscard]] AclCache& acls() { return acls_; }

  [[nodiscard]] wire::OwnerKind owner_kind_of(int64_t owner) const {
    return wire::owner_kind(owner, options_.extended_types, options_.emulate_353);
  }
  // cversion is 2 * stored - children; the owner is 0 for containers and TTL znodes.
  [[nodiscard]] wire::Stat client_stat(NodeId id) const;

  // Valid until the next change.
  [[nodiscard]] std::span<const NodeId> ephemerals(SessionId session) const {
    return owners_.ephemerals(session);
  }
  [[nodiscard]] std::vector<SessionId> sessions_with_ephemerals() const {
    return owners_.sessions();
  }  // ascending
  [[nodiscard]] size_t ephemeral_count() const { return owners_.ephemeral_count(); }
  [[nodiscard]] std::span<const NodeId> containers() const { return owners_.containers(); }
  [[nodiscard]] std::span<const NodeId> ttl_nodes() const { return owners_.ttl_nodes(); }

  [[nodiscard]] const TreeOptions& options() const { return options_; }
  [[nodiscard]] Zxid last_zxid() const { return last_zxid_; }
  [[nodiscard]] uint64_t digest() const { return digest_; }
  // One for each zxid that 128 divides, the last 1,024 of them, ascending.
  [[nodiscard]] const std::vector<ZxidDigest>& digest_log() const { return digest_log_; }
  [[nodiscard]] uint64_t digest_mismatches() const { return digest_mismatches_; }
  // True while replay has not yet reached the end of a fuzzy snapshot: digests are not compared.
  [[nodiscard]] bool in_fuzzy_range() const { return fuzzy_end_.has_value(); }
  // Bytes of all paths and data.
  [[nodiscard]] uint64_t approximate_data_size() const { return data_size_; }
  // Znodes below this one.
  [[nodiscard]] size_t descendants(NodeId id) const { return nodes_.descendants(id); }
  [[nodiscard]] std::optional<QuotaState> quota_of(Bytes path) const;
  // Of every path that has one, ascending.
  [[nodiscard]] std::vector<QuotaState> quotas() const;

  // Takes over all that `other` holds, and leaves it what was here: both are made with the same
  // options, and no snapshot of either is under way.
  void swap(DataTree& other);
  // The tree of a leader, which may hold effects of transactions that are still to come, has got
  // them all: from now on digests are compared.
  void settle_stream() {
    if (fuzzy_end_ && fuzzy_end_->zxid == kStreamEnd) fuzzy_end_.reset();
  }
  // The data of /zookeeper/config, which each server of an ensemble keeps for itself.
  void set_config(Bytes text, int64_t version, int64_t wall_ms);

  // Deletes the ephemerals of sessions that nobody knows, as a server does when it begins to serve:
  // locally, without a transaction. Returns how many.
  size_t remove_orphan_ephemerals(const std::function<bool(SessionId)>& known);

  // ---- for SnapshotDecoder, in this order; nothing else may happen in between

  void begin_load();  // leaves a root without anything
  // kNoNode: there is such a znode already. `name` is the end of `path`. Takes over one reference
  // of the ACL. The root is set by passing kNoNode as parent, with an empty path.
  NodeId load_node(NodeId parent, Bytes path, Bytes name, const wire::OptBytes& data, AclId acl,
                   const wire::StatPersisted& stat);
  // What was loaded can be found. kNoNode; or a znode that was loaded twice: then the load has
  // failed.
  [[nodiscard]] NodeId settle_load() { return nodes_.settle(); }
  // The `end` of a tree that was streamed: somewhere after its name.
  static constexpr Zxid kStreamEnd{INT64_MAX};
  // After settle_load(). Adds the builtin znodes that are missing, counts quotas. `end` is the
  // digest that the snapshot says the tree has at its end.
  void end_load(Zxid name, std::optional<ZxidDigest> end);

 private:
  // What all operations of one transaction share.
  struct Scope {
    const wire::TxnHeader& header;
    TreeListener* listener;
  };
  struct NewNode {
    Bytes path;
    const wire::OptBytes& data;
    AclId acl;  // with a reference, which is handed over
    int64_t owner;
    int32_t parent_cversion;
  };
  // Bodies as they were parsed last: parse() fills the one for its type, perform() uses it. Kept
  // for their memory.
  struct Bodies {
    wire::CreateTxnView create;
    wire::DeleteTxnView remove;
    wire::SetDataTxnView set_data;
    wire::SetAclTxnView set_acl;
    wire::CheckVersionTxnView check;
    wire::CreateSessionTxn create_session;
    wire::CloseSessionTxnView close_session;
    wire::MultiTxnView multi;
    wire::ErrorTxn error;
  };

  // apply.cc
  bool parse(wire::Opcode type, wire::Reader& reader);  // false: the reader has failed
  bool parse_multi(wire::Reader& reader);
  void perform(const Scope& scope, wire::Opcode type, OpResult& result);
  void perform_create(const Scope& scope, wire::Opcode type, OpResult& result);
  void perform_set_data(const Scope& scope, OpResult& result);
  void perform_set_acl(OpResult& result);
  void perform_multi(const Scope& scope, Applied& applied);
  void close_session(const Scope& scope);
  void note_digest(Applied& applied);

  // change.cc: one znode, with everything that hangs on it
  wire::ErrorCode create_node(const Scope& scope, const NewNode& made, NodeId& id);
  wire::ErrorCode delete_node(Bytes path, int64_t zxid, TreeListener* listener);
  void raise_cversion(NodeId parent, int32_t cversion, int64_t zxid);
  void raise_pzxid(NodeId parent, int64_t zxid);
  void erase_below(NodeId top);
  void forget(NodeId id, Bytes path);
  void change_data(NodeId id, const wire::OptBytes& data);
  [[nodiscard]] uint64_t digest_of(const Node& node) const;
  [[nodiscard]] ChangedNode changed_node(Bytes path, NodeId id) const;

  // data_tree.cc
  NodeId add_builtin(NodeId parent, Bytes path, Bytes name);
  void add_config(NodeId parent);

  // quota_usage.cc
  void quota_node_created(Bytes path);
  void quota_node_deleted(Bytes path);
  void add_usage(Bytes path, int64_t bytes, int64_t count);
  void recount(Bytes path);
  void load_quotas();
  [[nodiscard]] NodeId usage_node(Bytes path) const;
  void write_usage(NodeId id, const QuotaNumbers& usage);

  const TreeOptions options_;
  NodeTable nodes_;
  AclCache acls_;
  OwnerIndex owners_;
  QuotaPaths quotas_;
  Zxid last_zxid_;
  uint64_t digest_ = 0;
  uint64_t data_size_ = 0;
  std::vector<ZxidDigest> digest_log_;
  std::optional<ZxidDigest> fuzzy_end_;  // a snapshot's digest that replay has not reached
  uint64_t digest_mismatches_ = 0;

  Bodies bodies_;     // scratch of apply()
  std::string path_;  // scratch of close_session()
};

}  // namespace zookernel::core
