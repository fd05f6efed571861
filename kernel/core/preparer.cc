#include "kernel/core/preparer.h"

#include <algorithm>
#include <cstring>

#include "kernel/core/digest.h"
#include "kernel/core/path.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::core {

using wire::Opcode;

Preparer::Preparer(const Options& options, DataTree& tree, SessionTable& sessions,
                   const AuthSchemes& schemes)
    : options_(options), tree_(tree), sessions_(sessions), schemes_(schemes) {}

void Preparer::reset(Zxid last) {
  overlay_.clear();
  last_ = last;
  applied_ = last;
  digest_ = tree_.digest();
}

void Preparer::applied(Zxid zxid) {
  applied_ = zxid;
  overlay_.applied(zxid);
}

std::optional<LogRecord> Preparer::prepare(const Requester& who, Opcode opcode, Bytes body) {
  zxid_ = last_.next();
  body_.clear();
  if (opcode == Opcode::kMulti) {
    switch (multi(who, body, body_)) {
      case Multi::kDone:
        return seal(who, Opcode::kMulti, body_.view(), true);
      case Multi::kBad:
        return error_record(who, Error::kMarshallingError);
      case Multi::kBadWithoutZxid:
        return std::nullopt;
    }
  }
  Error error = Error::kOk;
  Opcode type = opcode;
  if (!single(who, opcode, body, error, type, body_)) return std::nullopt;
  if (error != Error::kOk) return error_record(who, error);
  return seal(who, type, body_.view(), true);
}

// A path that is null is an error that takes a zxid (where Java checks the form of paths first,
// another one than where it trips over the null); a body that ends too early takes none.
bool Preparer::single(const Requester& who, Opcode opcode, Bytes body, Error& error, Opcode& type,
                      Buffer& txn) {
  wire::Reader reader(body, options_.max_field_bytes);
  error = Error::kMarshallingError;
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer: {
      if (!wire::read(reader, create_view_)) return false;
      error = create(who,
                     {opcode, create_view_.path, create_view_.data.bytes, create_view_.data.null,
                      &create_view_.acl, create_view_.flags, -1},
                     type, txn);
      return true;
    }
    case Opcode::kCreateTtl: {
      if (!wire::read(reader, create_ttl_view_)) return false;
      error = create(
          who,
          {opcode, create_ttl_view_.path, create_ttl_view_.data.bytes, create_ttl_view_.data.null,
           &create_ttl_view_.acl, create_ttl_view_.flags, create_ttl_view_.ttl},
          type, txn);
      return true;
    }
    case Opcode::kDelete: {
      wire::DeleteRequestView request;
      if (!wire::read(reader, request)) return false;
      if (!request.path.null) error = remove(who, request, txn);
      return true;
    }
    case Opcode::kSetData: {
      wire::SetDataRequestView request;
      if (!wire::read(reader, request)) return false;
      error = request.path.null ? Error::kBadArguments : set_data(who, request, txn);
      return true;
    }
    case Opcode::kSetAcl: {
      if (!wire::read(reader, set_acl_view_)) return false;
      error = set_acl_view_.path.null ? Error::kBadArguments : set_acl(who, set_acl_view_, txn);
      return true;
    }
    default: {
      ZOOKERNEL_ASSERT(opcode == Opcode::kReconfig);
      wire::ReconfigRequestView request;
      if (!wire::read(reader, request)) return false;
      error = reconfig(who, request, txn);
      return true;
    }
  }
}

Preparer::Error Preparer::check_session(const Requester& who) const {
  Session* session = sessions_.find(who.session);
  if (session == nullptr || session->closing) return Error::kSessionExpired;
  if (session->owner == kNoOwner) session->owner = who.through;
  return session->owner == who.through ? Error::kOk : Error::kSessionMoved;
}

LogRecord Preparer::refuse(const Requester& who, Error error) {
  zxid_ = last_.next();
  return error_record(who, error);
}

LogRecord Preparer::create_session(SessionId session, int32_t timeout_ms, int64_t wall_ms,
                                   int32_t cxid) {
  zxid_ = last_.next();
  body_.clear();
  wire::Writer(body_).write_int(timeout_ms);
  return seal({session, cxid, {}, wall_ms}, Opcode::kCreateSession, body_.view(), true);
}

// Every ephemeral of the session goes: those in the tree and those whose creation is outstanding,
// but for those whose deletion is.
LogRecord Preparer::close_session(const Requester& who) {
  zxid_ = last_.next();
  std::vector<std::string> paths;
  for (const NodeId id : tree_.ephemerals(who.session)) {
    std::string path = tree_.nodes().path_of(id);
    const ChangeRecord* outstanding = overlay_.find(path);
    if (outstanding == nullptr || (outstanding->exists && outstanding->owner == who.session.value))
      paths.push_back(std::move(path));
  }
  overlay_.for_each([&](Bytes path, const ChangeRecord& record) {
    if (!record.exists || record.owner != who.session.value) return;
    if (tree_.nodes().find(path) == kNoNode ||
        tree_.nodes().node(tree_.nodes().find(path)).owner != who.session.value) {
      paths.emplace_back(path);
    }
  });

  body_.clear();
  wire::Writer writer(body_);
  writer.write_count(paths.size());
  for (const std::string& path : paths) {
    writer.write_string(path);
    const Bytes parent_path = parent_of(path);
    ChangeRecord node, parent;
    const bool there = look_up(path, node) && look_up(parent_path, parent);
    ZOOKERNEL_ASSERT(there);
    change_to_removed(path, node, parent_path, parent);
  }
  return seal(who, Opcode::kCloseSession, body_.view(), true);
}

std::optional<LogRecord> Preparer::delete_container(Bytes path, int64_t wall_ms) {
  if (overlay_.find(path) != nullptr) return std::nullopt;
  const Bytes parent_path = parent_of(path);
  ChangeRecord node, parent;
  if (!look_up(path, node) || node.child_count != 0) return std::nullopt;
  const bool there = look_up(parent_path, parent);
  ZOOKERNEL_ASSERT(there);
  zxid_ = last_.next();
  body_.clear();
  wire::Writer(body_).write_string(path);
  change_to_removed(path, node, parent_path, parent);
  return seal({SessionId{}, 0, {}, wall_ms}, Opcode::kDeleteContainer, body_.view(), true);
}

bool Preparer::look_up(Bytes path, ChangeRecord& record) const {
  path = canonical(path);
  if (const ChangeRecord* outstanding = overlay_.find(path); outstanding != nullptr) {
    if (!outstanding->exists) return false;
    record = *outstanding;
    return true;
  }
  const NodeId id = tree_.nodes().find(path);
  if (id == kNoNode) return false;
  const Node& node = tree_.nodes().node(id);
  record = ChangeRecord{true,
                        node.czxid,
                        node.mzxid,
                        node.pzxid,
                        node.ctime,
                        node.mtime,
                        node.owner,
                        node.version,
                        node.cversion,
                        node.aversion,
                        node.child_count,
                        node.data_size,
                        node.crc_prefix,
                        std::nullopt,
                        node.acl};
  return true;
}

const std::vector<AclEntry>& Preparer::acl_of(const ChangeRecord& record) const {
  return record.acl ? *record.acl : tree_.acls().list(record.acl_id);
}

bool Preparer::allows(const Requester& who, const ChangeRecord& record, int32_t permissions,
                      Bytes path) const {
  return schemes_.allows(who.identities, acl_of(record), permissions, path);
}

void Preparer::change(Bytes path, const ChangeRecord* before, ChangeRecord after) {
  path = canonical(path);
  if (options_.digest && counts_for_digest(path)) {
    const auto digest_of = [](const ChangeRecord& r) {
      return node_digest(r.crc_prefix, r.czxid, r.mzxid, r.pzxid, r.ctime, r.mtime, r.version,
                         r.cversion, r.aversion, r.owner);
    };
    if (before != nullptr) digest_ -= digest_of(*before);
    if (after.exists) digest_ += digest_of(after);
  }
  overlay_.put(path, zxid_, std::move(after));
}

void Preparer::change_to_removed(Bytes path, const ChangeRecord& node, Bytes parent_path,
                                 const ChangeRecord& parent) {
  ChangeRecord parent_after = parent;
  parent_after.pzxid = zxid_.value;
  --parent_after.child_count;
  change(parent_path, &parent, std::move(parent_after));
  ChangeRecord gone = node;
  gone.exists = false;
  change(path, &node, std::move(gone));
}

void Preparer::write_acl(wire::Writer& writer, const std::vector<AclEntry>& acl) {
  writer.write_count(acl.size());
  for (const AclEntry& entry : acl) {
    writer.write_int(entry.permissions);
    writer.write_string(entry.scheme);
    writer.write_string(entry.id);
  }
}

LogRecord Preparer::seal(const Requester& who, Opcode type, Bytes body, bool with_digest) {
  const bool digest = with_digest && options_.digest;
  const size_t size = wire::kTxnHeaderBytes + body.size() + (digest ? wire::kTxnDigestBytes : 0);
  SharedBytes record = SharedBytes::uninitialised(size);
  char* to = record.fill();
  store_be64(to, static_cast<uint64_t>(who.session.value));
  store_be32(to + 8, static_cast<uint32_t>(who.cxid));
  store_be64(to + 12, static_cast<uint64_t>(zxid_.value));
  store_be64(to + 20, static_cast<uint64_t>(who.wall_ms));
  store_be32(to + 28, static_cast<uint32_t>(type));
  if (!body.empty()) std::memcpy(to + wire::kTxnHeaderBytes, body.data(), body.size());
  if (digest) {
    char* trailer = to + wire::kTxnHeaderBytes + body.size();
    store_be32(trailer, static_cast<uint32_t>(wire::kTxnDigestVersion));
    store_be64(trailer + 4, digest_);
  }
  last_ = zxid_;
  return {zxid_, std::move(record)};
}

LogRecord Preparer::error_record(const Requester& who, Error error) {
  body_.clear();
  wire::Writer(body_).write_int(static_cast<int32_t>(error));
  return seal(who, Opcode::kError, body_.view(), false);
}

}  // namespace zookernel::core
