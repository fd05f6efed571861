// From 32 bits of hash to candidates: an extendible hash table. Segments of 512 slots stand under a
// directory; a full segment splits alone, so that no insert ever pays for rehashing the whole. Who
// owns the znodes verifies the candidates. [core]
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace zookernel::core {

using NodeId = uint32_t;
inline constexpr NodeId kNoNode = 0;

class NodeIndex {
 public:
  NodeIndex();

  // `id` is not kNoNode and not in the index.
  void insert(uint32_t hash, NodeId id);
  // Both are as they were inserted.
  void erase(uint32_t hash, NodeId id);
  // The first id under `hash` for which is_it(id) is true; kNoNode if none is.
  template <typename IsIt>
  [[nodiscard]] NodeId find(uint32_t hash, const IsIt& is_it) const;
  // Asks for the memory that the other calls will want.
  void prefetch(uint32_t hash) const { __builtin_prefetch(&segment(hash).slots[hash % kSlots], 1); }
  void clear();
  [[nodiscard]] size_t memory_bytes() const;

 private:
  static constexpr uint32_t kSlots = 512;
  static constexpr uint32_t kFull = 448;  // above this fill probing gets long
  struct Slot {
    uint32_t hash = 0;
    NodeId id = kNoNode;
  };
  struct Segment {
    std::array<Slot, kSlots> slots;
    uint32_t depth = 0;  // leading bits of hash that all its slots share
    uint32_t count = 0;
    bool spilled = false;  // some of its slots are in spill_
  };

  [[nodiscard]] Segment& segment(uint32_t hash) const {
    return *directory_[static_cast<size_t>(uint64_t{hash} >> (32 - depth_))];
  }
  static void place(Segment& to, Slot slot);
  // False if the directory would become too large for what it holds: many equal hashes.
  bool split(uint32_t hash);

  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<Segment*> directory_;  // by the leading depth_ bits of a hash
  uint32_t depth_ = 0;
  size_t size_ = 0;
  std::vector<Slot> spill_;  // what no split could make room for; searched from end to end
};

template <typename IsIt>
NodeId NodeIndex::find(uint32_t hash, const IsIt& is_it) const {
  const Segment& in = segment(hash);
  for (uint32_t at = hash % kSlots; in.slots[at].id != kNoNode; at = (at + 1) % kSlots) {
    if (in.slots[at].hash == hash && is_it(in.slots[at].id)) return in.slots[at].id;
  }
  if (in.spilled) [[unlikely]] {
    for (const Slot& slot : spill_) {
      if (slot.hash == hash && is_it(slot.id)) return slot.id;
    }
  }
  return kNoNode;
}

}  // namespace zookernel::core
