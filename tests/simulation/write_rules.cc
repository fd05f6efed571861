#include "tests/simulation/write_rules.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>
#include <variant>

#include "zookernel/assert.h"
#include "zookernel/wire/records/multi.h"

namespace zookernel::sim {
namespace {

using wire::CreateMode;
using wire::ErrorCode;
using wire::Opcode;

ExpectedTxn failure(ErrorCode error) {
  return {Opcode::kError, wire::encoded(wire::ErrorTxn{static_cast<int32_t>(error)})};
}

template <typename Record>
Record parsed(Bytes bytes) {
  Record record;
  wire::Reader reader(bytes);
  const bool whole = wire::decode(reader, record);
  ZOOKERNEL_ASSERT(whole);  // our own clients made it
  return record;
}

bool is_valid_path(const std::string& path) {
  if (!path.starts_with('/')) return false;
  if (path == "/") return true;
  std::string name;
  for (const char c : path.substr(1) + "/") {
    if (c != '/') {
      if (static_cast<unsigned char>(c) < 0x20) return false;
      name += c;
      continue;
    }
    if (name.empty() || name == "." || name == "..") return false;
    name.clear();
  }
  return true;
}

// Empty: the list is refused.
std::vector<wire::Acl> normalised(const std::vector<wire::Acl>& given,
                                  const std::vector<wire::Id>& ids) {
  std::vector<wire::Acl> stored;
  const auto put = [&stored](const wire::Acl& entry) {
    if (std::find(stored.begin(), stored.end(), entry) == stored.end()) stored.push_back(entry);
  };
  for (const wire::Acl& entry : given) {
    const std::string& scheme = entry.id.scheme;
    if (scheme == "auth") {
      bool any = false;
      for (const wire::Id& id : ids) {
        if (id.scheme != "digest") continue;  // addresses name nobody
        put({entry.perms, id});
        any = true;
      }
      if (!any) return {};
    } else if (scheme == "world") {
      if (entry.id.id != "anyone") return {};
      put(entry);
    } else if (scheme == "digest") {
      if (std::count(entry.id.id.begin(), entry.id.id.end(), ':') != 1) return {};
      put(entry);
    } else {
      return {};
    }
  }
  return stored;
}

struct CreateSpec {
  Opcode opcode;
  std::string path;
  std::optional<std::string> data;
  std::vector<wire::Acl> acl;
  int32_t flags = 0;
  int64_t ttl = -1;
};

class Rules {
 public:
  Rules(const ModelTree& tree, bool extended_types, const Writer& writer)
      : tree_(tree), extended_types_(extended_types), writer_(writer) {}

  ExpectedTxn create(const CreateSpec& spec) const {
    const auto flags = static_cast<CreateMode>(spec.flags);
    const bool ttl =
        flags == CreateMode::kPersistentTtl || flags == CreateMode::kPersistentSequentialTtl;
    const bool ephemeral =
        flags == CreateMode::kEphemeral || flags == CreateMode::kEphemeralSequential;
    const bool sequential = flags == CreateMode::kPersistentSequential ||
                            flags == CreateMode::kEphemeralSequential ||
                            flags == CreateMode::kPersistentSequentialTtl;
    if (spec.flags < 0 || spec.flags > 6) return failure(ErrorCode::kBadArguments);
    if (ttl && !extended_types_) return failure(ErrorCode::kUnimplemented);
    if (ttl ? spec.ttl <= 0 : spec.ttl >= 0) return failure(ErrorCode::kBadArguments);
    if (spec.opcode == Opcode::kCreateTtl && !ttl) return failure(ErrorCode::kBadArguments);
    if (spec.path.find('/') == std::string::npos) return failure(ErrorCode::kBadArguments);
    const std::vector<wire::Acl> acl = normalised(spec.acl, writer_.ids);
    if (acl.empty()) return failure(ErrorCode::kInvalidAcl);
    const ModelNode* parent = tree_.find(parent_of(spec.path));
    if (parent == nullptr) return failure(ErrorCode::kNoNode);
    if (!allowed(writer_.ids, parent->acl, wire::kPermCreate)) return failure(ErrorCode::kNoAuth);
    std::string path = spec.path;
    if (sequential) {
      char suffix[16];
      std::snprintf(suffix, sizeof suffix, "%010d", parent->creates);
      path += suffix;
    }
    if (!is_valid_path(path)) return failure(ErrorCode::kBadArguments);
    if (tree_.find(path) != nullptr) return failure(ErrorCode::kNodeExists);
    if (tree_.is_session(parent->owner)) return failure(ErrorCode::kNoChildrenForEphemerals);
    if (exceeds_quota(path, static_cast<int64_t>(spec.data.value_or("").size()), 1))
      return failure(ErrorCode::kQuotaExceeded);
    const int32_t creates = parent->creates + 1;
    switch (spec.opcode) {
      case Opcode::kCreateContainer:
        return {spec.opcode,
                wire::encoded(wire::CreateContainerTxn{path, spec.data, acl, creates})};
      case Opcode::kCreateTtl:
        return {spec.opcode,
                wire::encoded(wire::CreateTtlTxn{path, spec.data, acl, creates, spec.ttl})};
      default:
        return {spec.opcode,
                wire::encoded(wire::CreateTxn{path, spec.data, acl, ephemeral, creates})};
    }
  }

  ExpectedTxn remove(const wire::DeleteRequest& request) const {
    const std::string& path = request.path;
    if (path == "/" || path == "/zookeeper" || path == "/zookeeper/quota" ||
        path == "/zookeeper/config" || path.find('/') == std::string::npos)
      return failure(ErrorCode::kBadArguments);
    const ModelNode* parent = tree_.find(parent_of(path));
    if (parent == nullptr) return failure(ErrorCode::kNoNode);
    if (!allowed(writer_.ids, parent->acl, wire::kPermDelete)) return failure(ErrorCode::kNoAuth);
    const ModelNode* node = tree_.find(path);
    if (node == nullptr) return failure(ErrorCode::kNoNode);
    if (request.version != -1 && request.version != node->version)
      return failure(ErrorCode::kBadVersion);
    if (!node->children.empty()) return failure(ErrorCode::kNotEmpty);
    return {Opcode::kDelete, wire::encoded(wire::DeleteTxn{path})};
  }

  ExpectedTxn set_data(const wire::SetDataRequest& request) const {
    const ModelNode* node = nullptr;
    if (const ErrorCode error = reach(request.path, wire::kPermWrite, node);
        error != ErrorCode::kOk)
      return failure(error);
    const auto grown = static_cast<int64_t>(request.data.value_or("").size()) -
                       static_cast<int64_t>(node->data.value_or("").size());
    if (exceeds_quota(request.path, grown, 0)) return failure(ErrorCode::kQuotaExceeded);
    if (request.version != -1 && request.version != node->version)
      return failure(ErrorCode::kBadVersion);
    return {Opcode::kSetData,
            wire::encoded(wire::SetDataTxn{request.path, request.data, node->version + 1})};
  }

  ExpectedTxn set_acl(const wire::SetAclRequest& request) const {
    if (!is_valid_path(request.path)) return failure(ErrorCode::kBadArguments);
    const std::vector<wire::Acl> acl = normalised(request.acl, writer_.ids);
    if (acl.empty()) return failure(ErrorCode::kInvalidAcl);
    const ModelNode* node = nullptr;
    if (const ErrorCode error = reach(request.path, wire::kPermAdmin, node);
        error != ErrorCode::kOk)
      return failure(error);
    if (request.version != -1 && request.version != node->aversion)
      return failure(ErrorCode::kBadVersion);
    return {Opcode::kSetAcl, wire::encoded(wire::SetAclTxn{request.path, acl, node->aversion + 1})};
  }

  ExpectedTxn check(const wire::CheckVersionRequest& request) const {
    const ModelNode* node = nullptr;
    if (const ErrorCode error = reach(request.path, wire::kPermRead, node); error != ErrorCode::kOk)
      return failure(error);
    if (request.version != -1 && request.version != node->version)
      return failure(ErrorCode::kBadVersion);
    const int32_t version = request.version == -1 ? node->version : request.version;
    return {Opcode::kCheck, wire::encoded(wire::CheckVersionTxn{request.path, version + 1})};
  }

 private:
  // Limits are written by our own clients: "count=C,bytes=B=;byteHardLimit=X;countHardLimit=Y".
  [[nodiscard]] bool exceeds_quota(const std::string& path, int64_t bytes, int64_t count) const {
    const auto quota = writer_.quotas.find(path.substr(0, path.find('/', 1)));
    if (quota == writer_.quotas.end()) return false;
    int64_t soft_count = 0, soft_bytes = 0, hard_bytes = 0, hard_count = 0;
    const int limits = std::sscanf(quota->second.limits.c_str(),
                                   "count=%" SCNd64 ",bytes=%" SCNd64 "=;byteHardLimit=%" SCNd64
                                   ";countHardLimit=%" SCNd64,
                                   &soft_count, &soft_bytes, &hard_bytes, &hard_count);
    int64_t used_count = 0, used_bytes = 0;
    const int usage = std::sscanf(quota->second.usage.c_str(), "count=%" SCNd64 ",bytes=%" SCNd64,
                                  &used_count, &used_bytes);
    ZOOKERNEL_ASSERT(limits == 4);
    ZOOKERNEL_ASSERT(usage == 2);
    if (count != 0 && hard_count > -1 && used_count + count > hard_count) return true;
    return bytes != 0 && hard_bytes > -1 && used_bytes + bytes > hard_bytes;
  }

  ErrorCode reach(const std::string& path, int32_t permission, const ModelNode*& node) const {
    if (!is_valid_path(path)) return ErrorCode::kBadArguments;
    node = tree_.find(path);
    if (node == nullptr) return ErrorCode::kNoNode;
    return allowed(writer_.ids, node->acl, permission) ? ErrorCode::kOk : ErrorCode::kNoAuth;
  }

  const ModelTree& tree_;
  const bool extended_types_;
  const Writer& writer_;
};

CreateSpec spec_of(Opcode opcode, const wire::CreateRequest& request) {
  return {opcode, request.path, request.data, request.acl, request.flags, -1};
}

// In a multi the flag that means "container" decides, whatever the operation says.
CreateSpec multi_spec_of(Opcode opcode, const wire::CreateRequest& request) {
  const bool container = request.flags == static_cast<int32_t>(CreateMode::kContainer);
  return spec_of(container ? Opcode::kCreateContainer : opcode, request);
}

ExpectedTxn single(const Rules& rules, Opcode opcode, Bytes request) {
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
      return rules.create(spec_of(opcode, parsed<wire::CreateRequest>(request)));
    case Opcode::kCreateTtl: {
      const auto create = parsed<wire::CreateTtlRequest>(request);
      return rules.create({opcode, create.path, create.data, create.acl, create.flags, create.ttl});
    }
    case Opcode::kDelete:
      return rules.remove(parsed<wire::DeleteRequest>(request));
    case Opcode::kSetData:
      return rules.set_data(parsed<wire::SetDataRequest>(request));
    default:
      ZOOKERNEL_ASSERT(opcode == Opcode::kSetAcl);
      return rules.set_acl(parsed<wire::SetAclRequest>(request));
  }
}

ExpectedTxn part(const Rules& rules, const wire::MultiOperation& operation) {
  switch (operation.type) {
    case Opcode::kDelete:
      return rules.remove(std::get<wire::DeleteRequest>(operation.request));
    case Opcode::kSetData:
      return rules.set_data(std::get<wire::SetDataRequest>(operation.request));
    case Opcode::kCheck:
      return rules.check(std::get<wire::CheckVersionRequest>(operation.request));
    default:
      return rules.create(
          multi_spec_of(operation.type, std::get<wire::CreateRequest>(operation.request)));
  }
}

}  // namespace

bool allowed(const std::vector<wire::Id>& ids, const std::vector<wire::Acl>& acl,
             int32_t permissions) {
  if (acl.empty()) return true;
  return std::any_of(acl.begin(), acl.end(), [&](const wire::Acl& entry) {
    if ((entry.perms & permissions) == 0) return false;
    return entry.id.scheme == "world" || std::find(ids.begin(), ids.end(), entry.id) != ids.end();
  });
}

ExpectedTxn expected_txn(ModelTree& tree, bool extended_types, const Writer& writer, Opcode opcode,
                         Bytes request, const wire::TxnHeader& header) {
  const Rules rules(tree, extended_types, writer);
  if (opcode != Opcode::kMulti) return single(rules, opcode, request);
  const auto multi = parsed<wire::MultiRequest>(request);
  wire::MultiTxn txn;
  bool failed = false;
  tree.begin();
  for (const wire::MultiOperation& operation : multi.operations) {
    ExpectedTxn each = failed ? failure(ErrorCode::kRuntimeInconsistency) : part(rules, operation);
    failed = failed || each.type == Opcode::kError;
    std::vector<ModelChange> ignored;
    if (!failed) tree.apply(header, each.type, each.body, ignored);
    txn.txns.push_back({static_cast<int32_t>(each.type), std::move(each.body)});
  }
  tree.roll_back();
  return {Opcode::kMulti, wire::encoded(txn)};
}

}  // namespace zookernel::sim
