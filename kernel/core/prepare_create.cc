// create, create2, createContainer, createTTL.
#include <cinttypes>
#include <cstdio>

#include "kernel/core/digest.h"
#include "kernel/core/path.h"
#include "kernel/core/preparer.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::core {
namespace {

using wire::CreateMode;

bool is_ephemeral(int32_t flags) {
  return flags == static_cast<int32_t>(CreateMode::kEphemeral) ||
         flags == static_cast<int32_t>(CreateMode::kEphemeralSequential);
}
bool is_sequential(int32_t flags) {
  return flags == static_cast<int32_t>(CreateMode::kPersistentSequential) ||
         flags == static_cast<int32_t>(CreateMode::kEphemeralSequential) ||
         flags == static_cast<int32_t>(CreateMode::kPersistentSequentialTtl);
}
bool is_ttl(int32_t flags) {
  return flags == static_cast<int32_t>(CreateMode::kPersistentTtl) ||
         flags == static_cast<int32_t>(CreateMode::kPersistentSequentialTtl);
}

}  // namespace

// The order of the checks is what clients see: server-visible behaviour, kept as in Apache's
// pRequest2TxnCreate.
Preparer::Error Preparer::create(const Requester& who, const Create& request, wire::Opcode& type,
                                 Buffer& txn) {
  if (request.flags < 0 ||
      request.flags > static_cast<int32_t>(CreateMode::kPersistentSequentialTtl))
    return Error::kBadArguments;
  const bool ttl_node = is_ttl(request.flags);
  if (ttl_node && !options_.extended_types) return Error::kUnimplemented;
  // Opcodes without a ttl field count as -1. Apache lets createTTL with other flags through and
  // dies applying it; it is refused here.
  if (ttl_node ? (request.ttl < 1 || request.ttl > wire::kTtlMax) : request.ttl >= 0)
    return Error::kBadArguments;
  if (request.opcode == wire::Opcode::kCreateTtl && !ttl_node) return Error::kBadArguments;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  if (request.path.null) return Error::kMarshallingError;
  const Bytes given = request.path.bytes;
  const size_t slash = given.rfind('/');
  if (slash == Bytes::npos || has_nul(given)) return Error::kBadArguments;
  if (const Error error = schemes_.normalise(*request.acl, who.identities, acl_);
      error != Error::kOk)
    return error;

  const Bytes parent_path = parent_of(given);
  ChangeRecord parent;
  if (!look_up(parent_path, parent)) return Error::kNoNode;
  if (!allows(who, parent, wire::kPermCreate, parent_path)) return Error::kNoAuth;

  std::string sequential;
  Bytes path = given;
  if (is_sequential(request.flags)) {
    char suffix[16];
    const int size = std::snprintf(suffix, sizeof suffix, "%010" PRId32, parent.cversion);
    sequential.reserve(given.size() + static_cast<size_t>(size));
    sequential.append(given).append(suffix, static_cast<size_t>(size));
    path = sequential;
  }
  if (!is_valid_path(path)) return Error::kBadArguments;
  ChangeRecord existing;
  if (look_up(path, existing)) return Error::kNodeExists;
  if (tree_.owner_kind_of(parent.owner) == wire::OwnerKind::kSession)
    return Error::kNoChildrenForEphemerals;
  if (const Error error = check_quota(path, static_cast<int64_t>(request.data.size()), 1);
      error != Error::kOk)
    return error;

  ChangeRecord made;
  made.czxid = made.mzxid = made.pzxid = zxid_.value;
  made.ctime = made.mtime = who.wall_ms;
  if (request.opcode == wire::Opcode::kCreateContainer) {
    type = wire::Opcode::kCreateContainer;
    made.owner = wire::kContainerOwner;
  } else if (request.opcode == wire::Opcode::kCreateTtl) {
    type = wire::Opcode::kCreateTtl;
    made.owner = wire::ttl_owner(request.ttl);
  } else {
    type = request.opcode;
    made.owner = is_ephemeral(request.flags) ? who.session.value : 0;
  }
  made.data_size = static_cast<uint32_t>(request.data.size());
  made.crc_prefix = crc_prefix(path, request.data);

  ChangeRecord parent_after = parent;
  // A counter that is full stays where it is: the apply step only ever raises it.
  parent_after.cversion = parent.cversion == INT32_MAX ? INT32_MAX : parent.cversion + 1;
  if (parent_after.cversion > parent.cversion) parent_after.pzxid = zxid_.value;
  ++parent_after.child_count;

  wire::Writer writer(txn);
  writer.write_string(path);
  if (request.data_null) {
    writer.write_null();
  } else {
    writer.write_buffer(request.data);
  }
  write_acl(writer, acl_);
  if (type == wire::Opcode::kCreate || type == wire::Opcode::kCreate2)
    writer.write_bool(made.owner != 0);
  writer.write_int(parent_after.cversion);
  if (type == wire::Opcode::kCreateTtl) writer.write_long(request.ttl);

  change(parent_path, &parent, std::move(parent_after));
  made.acl = std::move(acl_);
  acl_ = {};
  change(path, nullptr, std::move(made));
  return Error::kOk;
}

}  // namespace zookernel::core
