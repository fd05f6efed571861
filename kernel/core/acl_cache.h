// Each list of ACL entries that some znode has is kept once and known by a small number: millions
// of znodes share a handful of lists.
//
// References are counted by hand: intern() and add_ref() add one, release() takes one away; the
// list of a number without references is forgotten and the number used again for another list, but
// not while a snapshot runs (see HoldIds), because the snapshot names lists by these numbers.
// [core]
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "zookernel/bytes.h"

namespace zookernel::core {

struct AclEntry {
  int32_t permissions = 0;
  std::string scheme;
  std::string id;

  bool operator==(const AclEntry&) const = default;
};

using AclId = uint32_t;

// world:anyone with all permissions. Not counted: add_ref and release do nothing. A null list and a
// user's list equal to it get this number too. In snapshots it is the reference -1.
inline constexpr AclId kOpenAcl = 0;
// Stands for a list that a snapshot names but does not hold: world:anyone without any permission,
// so that only a superuser gets through. Normally replay replaces it.
inline constexpr AclId kMissingAcl = 1;

class AclCache {
 public:
  AclCache();
  AclCache(const AclCache&) = delete;
  AclCache& operator=(const AclCache&) = delete;

  // The number of this list, with one reference more for the caller.
  [[nodiscard]] AclId intern(std::span<const AclEntry> list);
  // The same for a vector<ACL> in its encoding, count included, which must be well-formed;
  // allocates nothing for a known list.
  [[nodiscard]] AclId intern_raw(Bytes raw);
  void add_ref(AclId id);
  void release(AclId id);

  // Both live until the number's last reference is released. `id` has references, or is one of the
  // two constants.
  [[nodiscard]] const std::vector<AclEntry>& list(AclId id) const;
  [[nodiscard]] Bytes raw(AclId id) const;  // as it goes into replies and snapshots: vector<ACL>

  // How many lists have references, and all of them, in order of their numbers; kOpenAcl is not
  // among them.
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] std::vector<AclId> ids() const;

  // Forgets everything; for loading a snapshot. No HoldIds may exist.
  void clear();
  // No HoldIds may exist in either.
  void swap(AclCache& other);

  // While one of these exists no number gets a new meaning.
  class HoldIds {
   public:
    explicit HoldIds(AclCache& cache) : cache_(cache) { ++cache_.holds_; }
    HoldIds(const HoldIds&) = delete;
    HoldIds& operator=(const HoldIds&) = delete;
    ~HoldIds() { cache_.end_hold(); }

   private:
    AclCache& cache_;  // outlives this
  };

 private:
  struct Entry {
    std::string raw;
    std::vector<AclEntry> list;
    uint32_t refs = 0;
  };

  AclId insert(Bytes raw);
  void end_hold();

  std::vector<std::unique_ptr<Entry>> entries_;         // by number; empty where the number is free
  std::unordered_map<std::string_view, AclId> by_raw_;  // keys live in the entries
  std::vector<AclId> free_;                             // numbers that may be used again
  std::vector<AclId> held_;                             // freed while held
  AclId last_ = kOpenAcl;  // what intern_raw answered last, which is often the next answer
  size_t size_ = 0;
  uint32_t holds_ = 0;
};

}  // namespace zookernel::core
