// How a record of the log becomes a change of the tree. The rules for replay on a fuzzy snapshot,
// whose file may hold effects of transactions that are applied again:
//
//   create of what exists   its ACL becomes the transaction's (a snapshot's ACL table is older than
//                           its znodes, so the one it names may be missing), all else stays;
//                           the parent's cversion and pzxid are raised, never lowered. Apache
//                           raises them for type 1 only; for all is what serving did.
//   create under nothing    nothing: the parent's deletion comes later in the log
//   delete of what is gone  the parent's pzxid is raised all the same
//   delete of a parent      takes its children along: at that zxid it had none, so later
//                           transactions make them again
//   setData, setACL         are repeated; later ones follow
#include <algorithm>
#include <charconv>

#include "kernel/core/data_tree.h"
#include "kernel/core/digest.h"
#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

using wire::ErrorCode;
using wire::Opcode;

constexpr int64_t kDigestLogInterval = 128;
constexpr size_t kDigestLogMax = 1024;

bool is_create(Opcode type) {
  return type == Opcode::kCreate || type == Opcode::kCreate2 || type == Opcode::kCreateContainer ||
         type == Opcode::kCreateTtl;
}

bool goes_into_multi(Opcode type) {
  return is_create(type) || type == Opcode::kDelete || type == Opcode::kDeleteContainer ||
         type == Opcode::kSetData || type == Opcode::kSetAcl || type == Opcode::kCheck ||
         type == Opcode::kError;
}

// What must hold before a path may become a znode: everything else about it was the leader's to
// check.
bool check_new_path(const wire::OptBytes& path, wire::Reader& reader) {
  const size_t slash = path.bytes.rfind('/');
  if (path.null || !path.bytes.starts_with('/')) {
    reader.fail("the path does not begin with a slash");
  } else if (slash + 1 == path.bytes.size()) {
    reader.fail("the path ends with a slash");
  } else if (path.bytes.size() > NodeTable::kNameBytesMax) {
    reader.fail("the path is too long");
  }
  return reader.ok();
}

Error bad_record(const wire::TxnHeader& header, const wire::Reader& reader) {
  char zxid[16];
  char* const end =
      std::to_chars(zxid, zxid + sizeof zxid, static_cast<uint64_t>(header.zxid), 16).ptr;
  return {Errc::kCorrupt,
          "transaction 0x" + std::string(&zxid[0], end) + ", type " + std::to_string(header.type) +
              " (" + std::string(wire::opcode_name(static_cast<Opcode>(header.type))) + "): " +
              reader.error() + " at byte " + std::to_string(reader.position()) + " of its record"};
}

void set_path(OpResult& result, const wire::OptBytes& path) {
  result.path = path.bytes;
}

}  // namespace

Status DataTree::apply(Bytes record, TreeListener* listener, Applied& applied) {
  applied.ops.clear();
  applied.error = ErrorCode::kOk;
  applied.digest_present = false;
  applied.digest_expected = 0;
  applied.digest_mismatch = false;
  applied.session_created = false;
  applied.session_closed = false;
  applied.session_timeout_ms = 0;

  wire::Reader reader(record);
  const wire::TxnHeader& header = applied.header;
  if (!read(reader, applied.header)) {
    return Error{Errc::kTruncated, "a transaction record of " + std::to_string(record.size()) +
                                       " bytes is shorter than its header"};
  }
  const auto type = static_cast<Opcode>(header.type);
  // Everything is parsed before anything is changed, so that a record is applied whole or not at
  // all.
  const bool parsed = type == Opcode::kMulti ? parse_multi(reader) : parse(type, reader);
  if (!parsed) return bad_record(header, reader);
  if (reader.remaining() >= wire::kTxnDigestBytes) {
    wire::TxnDigest digest;
    const bool whole = read(reader, digest);
    ZOOKERNEL_ASSERT(whole);
    applied.digest_present = digest.version == wire::kTxnDigestVersion;
    applied.digest_expected = static_cast<uint64_t>(digest.tree_digest);
  }

  const Scope scope{header, listener};
  if (type == Opcode::kMulti) {
    perform_multi(scope, applied);
  } else {
    OpResult& result = applied.ops.emplace_back();
    perform(scope, type, result);
    applied.error = result.error;
  }
  if (type == Opcode::kCreateSession) {
    applied.session_created = true;
    applied.session_timeout_ms = bodies_.create_session.timeout;
  }
  applied.session_closed = type == Opcode::kCloseSession;
  last_zxid_ = std::max(last_zxid_, Zxid{header.zxid});
  note_digest(applied);
  return Unit{};
}

bool DataTree::parse(Opcode type, wire::Reader& reader) {
  switch (type) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      return read(reader, type, bodies_.create) && check_new_path(bodies_.create.path, reader);
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return read(reader, bodies_.remove);
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return read(reader, bodies_.set_data);
    case Opcode::kSetAcl:
      return read(reader, bodies_.set_acl);
    case Opcode::kCheck:
      return read(reader, bodies_.check);
    case Opcode::kCreateSession:
      return read(reader, bodies_.create_session);
    case Opcode::kCloseSession:
      return read(reader, bodies_.close_session);
    case Opcode::kError:
      return read(reader, bodies_.error);
    default:
      reader.fail("no transaction has this type");
      return false;
  }
}

bool DataTree::parse_multi(wire::Reader& reader) {
  if (!read(reader, bodies_.multi)) return false;
  for (const wire::MultiTxnPart& part : bodies_.multi.parts) {
    const auto type = static_cast<Opcode>(part.type);
    wire::Reader body(part.body.bytes);
    if (!goes_into_multi(type)) {
      reader.fail("a part of the multi is of a type that no multi has");
    } else if (!parse(type, body)) {
      reader.fail(body.error());
    }
    if (!reader.ok()) return false;
  }
  return true;
}

void DataTree::perform(const Scope& scope, Opcode type, OpResult& result) {
  result.type = type;
  switch (type) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      return perform_create(scope, type, result);
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      set_path(result, bodies_.remove.path);
      result.error = delete_node(result.path, scope.header.zxid, scope.listener);
      return;
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return perform_set_data(scope, result);
    case Opcode::kSetAcl:
      return perform_set_acl(result);
    case Opcode::kCheck:
      set_path(result, bodies_.check.path);
      return;
    case Opcode::kCloseSession:
      return close_session(scope);
    case Opcode::kError:
      result.error = static_cast<ErrorCode>(bodies_.error.err);
      return;
    default:
      return;  // createSession: nothing of it is in the tree
  }
}

void DataTree::perform_create(const Scope& scope, Opcode type, OpResult& result) {
  const wire::CreateTxnView& txn = bodies_.create;
  set_path(result, txn.path);
  int64_t owner = txn.ephemeral ? scope.header.client_id : 0;
  if (type == Opcode::kCreateContainer) owner = wire::kContainerOwner;
  if (type == Opcode::kCreateTtl) {
    // Apache writes such a record for some bad requests and dies of it.
    if (txn.ttl < 1 || txn.ttl > wire::kTtlMax) {
      result.error = ErrorCode::kBadArguments;
      return;
    }
    owner = wire::ttl_owner(txn.ttl);
  }
  const AclId acl = txn.acl.null ? kOpenAcl : acls_.intern_raw(txn.acl.raw);
  NodeId id = kNoNode;
  result.error = create_node(scope, {result.path, txn.data, acl, owner, txn.parent_cversion}, id);
  if (result.error != ErrorCode::kOk) return;
  result.stat = client_stat(id);
  result.has_stat = true;
  // Java answers with what the client sent, also where a stats node has got its text since.
  result.stat.data_length = static_cast<int32_t>(txn.data.bytes.size());
}

void DataTree::perform_set_data(const Scope& scope, OpResult& result) {
  const wire::SetDataTxnView& txn = bodies_.set_data;
  set_path(result, txn.path);
  const NodeId id = nodes_.find(result.path);
  if (id == kNoNode) {
    result.error = ErrorCode::kNoNode;
    return;
  }
  Node& node = nodes_.node(id);
  const int64_t grown =
      static_cast<int64_t>(txn.data.bytes.size()) - static_cast<int64_t>(node.data_size);
  digest_ -= digest_of(node);
  change_data(id, txn.data);
  if (options_.digest) node.crc_prefix = crc_prefix(result.path, txn.data.bytes);
  node.version = txn.version;
  node.mzxid = scope.header.zxid;
  node.mtime = scope.header.time;
  digest_ += digest_of(node);
  if (!quotas_.empty()) add_usage(result.path, grown, 0);
  result.stat = client_stat(id);
  result.has_stat = true;
  if (scope.listener != nullptr)
    scope.listener->on_data_changed({result.path, id, node.parent, node.acl});
}

void DataTree::perform_set_acl(OpResult& result) {
  const wire::SetAclTxnView& txn = bodies_.set_acl;
  set_path(result, txn.path);
  const NodeId id = nodes_.find(result.path);
  if (id == kNoNode) {
    result.error = ErrorCode::kNoNode;
    return;
  }
  Node& node = nodes_.node(id);
  const AclId acl = txn.acl.null ? kOpenAcl : acls_.intern_raw(txn.acl.raw);
  acls_.release(node.acl);
  digest_ -= digest_of(node);
  node.acl = acl;
  node.aversion = txn.version;
  digest_ += digest_of(node);
  result.stat = client_stat(id);
  result.has_stat = true;
}

void DataTree::perform_multi(const Scope& scope, Applied& applied) {
  bool failed = false;
  for (const wire::MultiTxnPart& part : bodies_.multi.parts)
    failed = failed || static_cast<Opcode>(part.type) == Opcode::kError;
  bool after_failure = false;
  for (const wire::MultiTxnPart& part : bodies_.multi.parts) {
    const auto type = static_cast<Opcode>(part.type);
    OpResult& result = applied.ops.emplace_back();
    if (failed && type != Opcode::kError) {
      result.error = after_failure ? ErrorCode::kRuntimeInconsistency : ErrorCode::kOk;
    } else {
      wire::Reader body(part.body.bytes);
      const bool parsed = parse(type, body);
      ZOOKERNEL_ASSERT(parsed);
      perform(scope, type, result);
      after_failure = failed;
    }
    if (applied.error == ErrorCode::kOk) applied.error = result.error;
  }
}

void DataTree::close_session(const Scope& scope) {
  for (const wire::OptBytes& path : bodies_.close_session.paths) {
    const ErrorCode ignored = delete_node(path.bytes, scope.header.zxid, scope.listener);
    (void)ignored;  // NONODE on top of a fuzzy snapshot
  }
  // Records before 3.6 have no list; later lists are complete unless a fuzzy snapshot brought more.
  const SessionId session{scope.header.client_id};
  for (std::span<const NodeId> left = owners_.ephemerals(session); !left.empty();
       left = owners_.ephemerals(session)) {
    path_.clear();
    nodes_.append_path(left.back(), path_);
    const ErrorCode gone = delete_node(path_, scope.header.zxid, scope.listener);
    ZOOKERNEL_ASSERT(gone == ErrorCode::kOk);
  }
}

void DataTree::note_digest(Applied& applied) {
  if (!options_.digest) return;
  const Zxid zxid{applied.header.zxid};
  if (fuzzy_end_ && zxid >= fuzzy_end_->zxid) {
    // If the log skips the zxid at which the snapshot was finished, there is nothing to compare its
    // digest with.
    if (zxid == fuzzy_end_->zxid && fuzzy_end_->digest != digest_) applied.digest_mismatch = true;
    fuzzy_end_.reset();
  }
  if (fuzzy_end_) return;
  if (applied.digest_present && applied.digest_expected != digest_) applied.digest_mismatch = true;
  if (applied.digest_mismatch) ++digest_mismatches_;
  if (zxid.value % kDigestLogInterval != 0) return;
  if (digest_log_.size() == kDigestLogMax) digest_log_.erase(digest_log_.begin());
  digest_log_.push_back({zxid, digest_});
}

}  // namespace zookernel::core
