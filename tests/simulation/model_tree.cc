#include "tests/simulation/model_tree.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

#include "tests/simulation/violation.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::sim {
namespace {

using wire::Opcode;

std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    table[i] = crc;
  }
  return table;
}

uint32_t crc32(Bytes bytes) {
  static const std::array<uint32_t, 256> table = make_crc_table();
  uint32_t crc = 0xFFFFFFFFu;
  for (const char byte : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<uint8_t>(byte)) & 0xFF];
  return ~crc;
}

template <typename Record>
Record decoded(Bytes body) {
  Record record;
  wire::Reader reader(body);
  if (!wire::decode(reader, record))
    throw Violation("transactions are well formed", "a body cannot be decoded");
  return record;
}

constexpr const char* kQuotas = "/zookeeper/quota";

// "/a" for "/a/b" and "/a".
std::string first_of(const std::string& path) {
  return path.substr(0, path.find('/', 1));
}

std::string usage_text(int64_t count, int64_t bytes) {
  return "count=" + std::to_string(count) + ",bytes=" + std::to_string(bytes);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

ModelTree::ModelTree(bool extended_types) : extended_types_(extended_types) {
  const std::vector<wire::Acl> open = {{wire::kPermAll, {"world", "anyone"}}};
  for (const char* path : {"/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"}) {
    ModelNode node;
    node.data = "";
    node.acl = open;
    nodes_[path] = node;
  }
  nodes_["/"].children = {"zookeeper"};
  nodes_["/zookeeper"].children = {"quota", "config"};
  nodes_["/zookeeper/config"].acl = {{wire::kPermRead, {"world", "anyone"}}};
  nodes_["/zookeeper/config"].aversion = -1;
  for (const auto& [path, node] : nodes_) digest_ += digest_of(path, node);
}

const ModelNode* ModelTree::find(const std::string& path) const {
  const auto at = nodes_.find(path);
  return at == nodes_.end() ? nullptr : &at->second;
}

bool ModelTree::is_session(int64_t owner) const {
  if (owner == 0 || owner == INT64_MIN) return false;
  return !extended_types_ || (static_cast<uint64_t>(owner) >> 56) != 0xFF;
}

wire::Stat ModelTree::stat(const std::string& path) const {
  const ModelNode& node = nodes_.at(path);
  wire::Stat stat;
  stat.czxid = node.czxid;
  stat.mzxid = node.mzxid;
  stat.ctime = node.ctime;
  stat.mtime = node.mtime;
  stat.version = node.version;
  stat.cversion = 2 * node.creates - static_cast<int32_t>(node.children.size());
  stat.aversion = node.aversion;
  stat.ephemeral_owner = is_session(node.owner) ? node.owner : 0;
  stat.data_length = node.data ? static_cast<int32_t>(node.data->size()) : 0;
  stat.num_children = static_cast<int32_t>(node.children.size());
  stat.pzxid = node.pzxid;
  return stat;
}

std::vector<std::string> ModelTree::ephemerals(int64_t session) const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : nodes_) {
    if (node.owner == session && is_session(node.owner)) paths.push_back(path);
  }
  return paths;
}

size_t ModelTree::descendants(const std::string& path) const {
  const std::string prefix = path == "/" ? path : path + "/";
  size_t count = 0;
  for (auto at = nodes_.lower_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);
       ++at)
    count += at->first == path ? 0 : 1;
  return count;
}

bool ModelTree::is_due(const std::string& path, int64_t wall_ms, int64_t unused_max_ms) const {
  const ModelNode* node = find(path);
  if (node == nullptr || !node->children.empty()) return false;
  const int64_t age_ms = wall_ms - node->mtime;
  if (node->owner == INT64_MIN)
    return node->creates > 0 || (unused_max_ms > 0 && age_ms > unused_max_ms);
  const bool ttl = node->owner < 0 && !is_session(node->owner);
  return ttl && age_ms > (node->owner & 0xFFFFFFFFFFll);
}

std::optional<ModelQuota> ModelTree::quota_of(const std::string& path) const {
  if (path.starts_with(std::string(kQuotas) + "/") || path == kQuotas || path == "/") return {};
  const std::string of = kQuotas + first_of(path);
  const ModelNode* limits = find(of + "/zookeeper_limits");
  const ModelNode* usage = find(of + "/zookeeper_stats");
  if (limits == nullptr || usage == nullptr) return {};
  return ModelQuota{limits->data.value_or(""), usage->data.value_or("")};
}

void ModelTree::use(const std::string& path, int64_t bytes, int64_t count) {
  const std::optional<ModelQuota> quota = quota_of(path);
  if (!quota) return;
  int64_t count_before = 0, bytes_before = 0;
  std::sscanf(quota->usage.c_str(), "count=%" SCNd64 ",bytes=%" SCNd64, &count_before,
              &bytes_before);
  const std::string usage = kQuotas + first_of(path) + "/zookeeper_stats";
  change(usage).data = usage_text(count_before + count, bytes_before + bytes);
  changed(usage);
}

void ModelTree::begin() {
  recording_ = true;
  digest_before_ = digest_;
  before_.clear();
}

void ModelTree::roll_back() {
  recording_ = false;
  digest_ = digest_before_;
  for (auto& [path, node] : before_) {
    if (node) {
      nodes_[path] = std::move(*node);
    } else {
      nodes_.erase(path);
    }
  }
  before_.clear();
}

ModelNode& ModelTree::change(const std::string& path) {
  const auto at = nodes_.find(path);
  if (at == nodes_.end()) throw Violation("transactions fit the tree", path + " does not exist");
  if (recording_) before_.emplace(path, at->second);
  digest_ -= digest_of(path, at->second);
  return at->second;
}

void ModelTree::changed(const std::string& path) {
  digest_ += digest_of(path, nodes_.at(path));
}

uint64_t ModelTree::digest_of(const std::string& path, const ModelNode& node) const {
  if (path.starts_with("/zookeeper/")) return 0;
  Buffer bytes;
  if (path != "/") bytes.append(path);
  if (node.data) bytes.append(*node.data);
  wire::Writer writer(bytes);
  for (const int64_t number : {node.czxid, node.mzxid, node.pzxid, node.ctime, node.mtime})
    writer.write_long(number);
  for (const int32_t number : {node.version, node.creates, node.aversion}) writer.write_int(number);
  writer.write_long(node.owner);
  return crc32(bytes.view());
}

void ModelTree::create(const std::string& path, ModelNode node, int32_t parent_creates,
                       std::vector<ModelChange>& changes) {
  const std::string parent_path = parent_of(path);
  ModelNode& parent = change(parent_path);
  if (!parent.children.insert(name_of(path)).second)
    throw Violation("transactions fit the tree", path + " exists already");
  if (parent_creates > parent.creates) {
    parent.creates = parent_creates;
    parent.pzxid = node.czxid;
  }
  const std::vector<wire::Acl> parent_acl = parent.acl;
  changed(parent_path);
  changes.push_back({wire::EventType::kNodeCreated, path, node.acl, parent_acl});
  if (recording_) before_.emplace(path, std::nullopt);
  const auto bytes = static_cast<int64_t>(node.data.value_or("").size());
  nodes_[path] = std::move(node);
  changed(path);
  if (parent_path.starts_with(std::string(kQuotas) + "/") && name_of(path) == "zookeeper_stats")
    return count_anew(parent_path.substr(std::string(kQuotas).size()));
  use(path, bytes, 1);
}

// What a client writes into a usage that it makes is replaced by the truth.
void ModelTree::count_anew(const std::string& target) {
  int64_t count = 0, bytes = 0;
  for (const auto& [path, node] : nodes_) {
    if (path != target && !path.starts_with(target + "/")) continue;
    ++count;
    bytes += static_cast<int64_t>(node.data.value_or("").size());
  }
  change(kQuotas + target + "/zookeeper_stats").data = usage_text(count, bytes);
  changed(kQuotas + target + "/zookeeper_stats");
}

void ModelTree::erase(const std::string& path, int64_t zxid, std::vector<ModelChange>& changes) {
  const ModelNode& node = change(path);
  if (!node.children.empty())
    throw Violation("transactions fit the tree", path + " has children and is deleted");
  const std::vector<wire::Acl> acl = node.acl;
  const auto bytes = static_cast<int64_t>(node.data.value_or("").size());
  nodes_.erase(path);
  const std::string parent_path = parent_of(path);
  ModelNode& parent = change(parent_path);
  parent.children.erase(name_of(path));
  parent.pzxid = zxid;
  const std::vector<wire::Acl> parent_acl = parent.acl;
  changed(parent_path);
  changes.push_back({wire::EventType::kNodeDeleted, path, acl, parent_acl});
  use(path, -bytes, -1);
}

void ModelTree::apply(const wire::TxnHeader& header, Opcode type, Bytes body,
                      std::vector<ModelChange>& changes) {
  ModelNode made;
  made.czxid = made.mzxid = made.pzxid = header.zxid;
  made.ctime = made.mtime = header.time;
  switch (type) {
    case Opcode::kCreate:
    case Opcode::kCreate2: {
      auto txn = decoded<wire::CreateTxn>(body);
      made.data = std::move(txn.data);
      made.acl = std::move(txn.acl);
      made.owner = txn.ephemeral ? header.client_id : 0;
      return create(txn.path, std::move(made), txn.parent_cversion, changes);
    }
    case Opcode::kCreateContainer: {
      auto txn = decoded<wire::CreateContainerTxn>(body);
      made.data = std::move(txn.data);
      made.acl = std::move(txn.acl);
      made.owner = INT64_MIN;
      return create(txn.path, std::move(made), txn.parent_cversion, changes);
    }
    case Opcode::kCreateTtl: {
      auto txn = decoded<wire::CreateTtlTxn>(body);
      made.data = std::move(txn.data);
      made.acl = std::move(txn.acl);
      made.owner = static_cast<int64_t>(0xFF00000000000000ull | static_cast<uint64_t>(txn.ttl));
      return create(txn.path, std::move(made), txn.parent_cversion, changes);
    }
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return erase(decoded<wire::DeleteTxn>(body).path, header.zxid, changes);
    case Opcode::kSetData: {
      auto txn = decoded<wire::SetDataTxn>(body);
      ModelNode& node = change(txn.path);
      const auto grown = static_cast<int64_t>(txn.data.value_or("").size()) -
                         static_cast<int64_t>(node.data.value_or("").size());
      node.data = std::move(txn.data);
      node.version = txn.version;
      node.mzxid = header.zxid;
      node.mtime = header.time;
      changed(txn.path);
      use(txn.path, grown, 0);
      changes.push_back({wire::EventType::kNodeDataChanged, txn.path, node.acl, {}});
      return;
    }
    case Opcode::kSetAcl: {
      auto txn = decoded<wire::SetAclTxn>(body);
      ModelNode& node = change(txn.path);
      node.acl = std::move(txn.acl);
      node.aversion = txn.version;
      return changed(txn.path);
    }
    case Opcode::kCloseSession: {
      const auto txn = decoded<wire::CloseSessionTxn>(body);
      const std::vector<std::string> listed =
          txn.paths_to_delete.value_or(std::vector<std::string>{});
      std::vector<std::string> sorted = listed;
      std::sort(sorted.begin(), sorted.end());
      if (sorted != ephemerals(header.client_id))
        throw Violation("a session's end takes its ephemerals and nothing else",
                        "the transaction lists " + std::to_string(listed.size()) + " of " +
                            std::to_string(ephemerals(header.client_id).size()));
      for (const std::string& path : listed) erase(path, header.zxid, changes);
      return;
    }
    default:
      return;  // check, createSession, error: nothing of it is in the tree
  }
}

}  // namespace zookernel::sim
