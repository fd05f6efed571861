// delete, setData, setACL, check.
#include "kernel/core/digest.h"
#include "kernel/core/path.h"
#include "kernel/core/preparer.h"
#include "zookernel/wire/jute.h"

namespace zookernel::core {
namespace {

// -1 matches any version; other negative numbers match none.
bool matches_version(int32_t asked, int32_t present) {
  return asked == -1 || asked == present;
}

}  // namespace

Preparer::Error Preparer::remove(const Requester& who, const wire::DeleteRequestView& request,
                                 Buffer& txn) {
  const Bytes path = request.path.bytes;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  if (path.find('/') == Bytes::npos || has_nul(path) || is_protected(path))
    return Error::kBadArguments;
  const Bytes parent_path = parent_of(path);
  ChangeRecord parent;
  if (!look_up(parent_path, parent)) return Error::kNoNode;
  if (!allows(who, parent, wire::kPermDelete, parent_path)) return Error::kNoAuth;
  ChangeRecord node;
  if (!look_up(path, node)) return Error::kNoNode;
  if (!matches_version(request.version, node.version)) return Error::kBadVersion;
  if (node.child_count != 0) return Error::kNotEmpty;

  wire::Writer(txn).write_string(path);
  change_to_removed(path, node, parent_path, parent);
  return Error::kOk;
}

Preparer::Error Preparer::set_data(const Requester& who, const wire::SetDataRequestView& request,
                                   Buffer& txn) {
  const Bytes path = request.path.bytes;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  if (!is_valid_path(path)) return Error::kBadArguments;
  ChangeRecord node;
  if (!look_up(path, node)) return Error::kNoNode;
  if (!allows(who, node, wire::kPermWrite, path)) return Error::kNoAuth;
  const auto grown =
      static_cast<int64_t>(request.data.bytes.size()) - static_cast<int64_t>(node.data_size);
  if (const Error error = check_quota(path, grown, 0); error != Error::kOk) return error;
  if (!matches_version(request.version, node.version)) return Error::kBadVersion;

  ChangeRecord after = node;
  ++after.version;
  after.mzxid = zxid_.value;
  after.mtime = who.wall_ms;
  after.data_size = static_cast<uint32_t>(request.data.bytes.size());
  after.crc_prefix = crc_prefix(path == "/" ? Bytes() : path, request.data.bytes);

  wire::Writer writer(txn);
  writer.write_string(path);
  writer.write_opt(request.data);
  writer.write_int(after.version);
  change(path, &node, std::move(after));
  return Error::kOk;
}

Preparer::Error Preparer::set_acl(const Requester& who, const wire::SetAclRequestView& request,
                                  Buffer& txn) {
  const Bytes path = request.path.bytes;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  if (!is_valid_path(path)) return Error::kBadArguments;
  if (const Error error = schemes_.normalise(request.acl, who.identities, acl_);
      error != Error::kOk)
    return error;
  ChangeRecord node;
  if (!look_up(path, node)) return Error::kNoNode;
  if (!allows(who, node, wire::kPermAdmin, path)) return Error::kNoAuth;
  if (!matches_version(request.version, node.aversion)) return Error::kBadVersion;

  ChangeRecord after = node;
  ++after.aversion;
  wire::Writer writer(txn);
  writer.write_string(path);
  write_acl(writer, acl_);
  writer.write_int(after.aversion);
  after.acl = std::move(acl_);
  acl_ = {};
  change(path, &node, std::move(after));
  return Error::kOk;
}

Preparer::Error Preparer::check(const Requester& who, const wire::CheckVersionRequestView& request,
                                Buffer& txn) {
  const Bytes path = request.path.bytes;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  if (!is_valid_path(path)) return Error::kBadArguments;
  ChangeRecord node;
  if (!look_up(path, node)) return Error::kNoNode;
  if (!allows(who, node, wire::kPermRead, path)) return Error::kNoAuth;
  if (!matches_version(request.version, node.version)) return Error::kBadVersion;
  wire::Writer writer(txn);
  writer.write_string(path);
  writer.write_int((request.version == -1 ? node.version : request.version) +
                   1);  // as Apache writes it
  return Error::kOk;
}

}  // namespace zookernel::core
