// Changes that are proposed and not yet applied: what later requests must see of earlier ones.
// Source: PrepRequestProcessor's outstandingChanges.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/core/acl_cache.h"
#include "zookernel/bytes.h"
#include "zookernel/ids.h"

namespace zookernel::core {

// A znode as it will be when everything proposed so far is applied.
struct ChangeRecord {
  bool exists = true;
  int64_t czxid = 0, mzxid = 0, pzxid = 0, ctime = 0, mtime = 0, owner = 0;
  int32_t version = 0, cversion = 0 /* stored: child creates */, aversion = 0;
  uint32_t child_count = 0;
  uint32_t data_size = 0;
  uint32_t crc_prefix = 0;                   // of path and data, for the digest
  std::optional<std::vector<AclEntry>> acl;  // set when the ACL itself is not yet applied
  AclId acl_id = kOpenAcl;                   // else where it is
};

// Lets maps keyed by std::string be asked with borrowed bytes.
struct StringHash {
  using is_transparent = void;
  size_t operator()(Bytes bytes) const noexcept { return std::hash<Bytes>{}(bytes); }
};

class Overlay {
 public:
  // Null when nothing outstanding touches the path. Valid until the next put() or applied().
  [[nodiscard]] const ChangeRecord* find(Bytes path) const;
  // The path's state from the transaction `zxid` on.
  void put(Bytes path, Zxid zxid, ChangeRecord record);
  // Everything up to `zxid` is in the tree now.
  void applied(Zxid zxid);
  void clear();
  [[nodiscard]] bool empty() const { return outstanding_.empty(); }

  // A multi that fails takes back what it put since begin(). Not nested.
  void begin();
  void roll_back();
  void keep();

  // Calls visit(path, record) for each outstanding path once, in the order of the last change.
  template <typename Visitor>
  void for_each(Visitor visit) const {
    for (const Outstanding& change : outstanding_) {
      if (change.slot->second.last == change.number)
        visit(Bytes(change.slot->first), change.slot->second.record);
    }
  }

 private:
  struct Slot {
    Zxid zxid;          // of the last change
    uint64_t last = 0;  // number of the last change
    ChangeRecord record;
  };
  using Slots = std::unordered_map<std::string, Slot, StringHash, std::equal_to<>>;
  struct Outstanding {
    Zxid zxid;
    uint64_t number;
    Slots::value_type* slot;  // nodes of an unordered_map stay where they are
  };
  struct Undo {
    std::string path;
    std::optional<Slot> before;
  };

  Slots slots_;
  std::deque<Outstanding>
      outstanding_;  // ascending zxid; an entry whose slot has changed since is passed over
  uint64_t number_ = 0;
  bool recording_ = false;
  std::vector<Undo> undo_;
};

}  // namespace zookernel::core
