// The tree of znodes as a reader of the documentation would write it: a map of paths, and no
// thought of speed. Independent of the server's tree, which is compared with it after every
// transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::sim {

struct ModelNode {
  std::optional<std::string> data;
  std::vector<wire::Acl> acl;
  int64_t czxid = 0, mzxid = 0, pzxid = 0, ctime = 0, mtime = 0;
  int64_t owner = 0;  // as stored: a session, or what marks containers and TTLs
  int32_t version = 0, creates = 0, aversion = 0;  // creates: of children, ever
  std::set<std::string> children;                  // names
};

// Texts as znodes have them.
struct ModelQuota {
  std::string limits, usage;
};

// What watches can see of a change.
struct ModelChange {
  wire::EventType type;  // kNodeCreated, kNodeDeleted, kNodeDataChanged
  std::string path;
  std::vector<wire::Acl> acl, parent_acl;
};

class ModelTree {
 public:
  explicit ModelTree(bool extended_types);

  [[nodiscard]] const ModelNode* find(const std::string& path) const;
  [[nodiscard]] size_t size() const { return nodes_.size(); }
  // As clients see it. The path must exist.
  [[nodiscard]] wire::Stat stat(const std::string& path) const;
  // Is the owner a session?
  [[nodiscard]] bool is_session(int64_t owner) const;
  // Of a session, sorted.
  [[nodiscard]] std::vector<std::string> ephemerals(int64_t session) const;
  [[nodiscard]] size_t descendants(const std::string& path) const;
  // May the server delete it of its own accord at this time? The rules for containers and TTLs.
  [[nodiscard]] bool is_due(const std::string& path, int64_t wall_ms, int64_t unused_max_ms) const;
  // The quota that a path falls under, if it has limits and a usage. Clients make quotas of
  // children of the root only, and limits and usage in one transaction.
  [[nodiscard]] std::optional<ModelQuota> quota_of(const std::string& path) const;
  // Apache's digest of the tree, version 2.
  [[nodiscard]] uint64_t digest() const { return digest_; }

  // Carries out one transaction that is no multi, or a part of one. It must fit.
  void apply(const wire::TxnHeader& header, wire::Opcode type, Bytes body,
             std::vector<ModelChange>& changes);

  // What is done between the two is as if it had not been. Not nested.
  void begin();
  void roll_back();

 private:
  void create(const std::string& path, ModelNode node, int32_t parent_creates,
              std::vector<ModelChange>& changes);
  void erase(const std::string& path, int64_t zxid, std::vector<ModelChange>& changes);
  void count_anew(const std::string& target);
  void use(const std::string& path, int64_t bytes, int64_t count);  // by the quota of the path
  // The znode, to be changed: its digest is taken out until changed() puts the new one in.
  ModelNode& change(const std::string& path);
  void changed(const std::string& path);
  [[nodiscard]] uint64_t digest_of(const std::string& path, const ModelNode& node) const;

  const bool extended_types_;
  std::map<std::string, ModelNode> nodes_;
  uint64_t digest_ = 0;
  bool recording_ = false;
  uint64_t digest_before_ = 0;
  std::map<std::string, std::optional<ModelNode>> before_;  // of what changed since begin()
};

// "/" for a child of the root. The path has a slash.
[[nodiscard]] std::string parent_of(const std::string& path);

}  // namespace zookernel::sim
