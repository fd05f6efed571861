#include "kernel/core/node_index.h"

#include "zookernel/assert.h"

namespace zookernel::core {

NodeIndex::NodeIndex() {
  clear();
}

void NodeIndex::clear() {
  segments_.clear();
  segments_.push_back(std::make_unique<Segment>());
  directory_.assign(1, segments_.back().get());
  depth_ = 0;
  size_ = 0;
  spill_.clear();
}

void NodeIndex::place(Segment& to, Slot slot) {
  uint32_t at = slot.hash % kSlots;
  while (to.slots[at].id != kNoNode) at = (at + 1) % kSlots;
  to.slots[at] = slot;
  ++to.count;
}

void NodeIndex::insert(uint32_t hash, NodeId id) {
  ZOOKERNEL_ASSERT(id != kNoNode);
  ++size_;
  while (segment(hash).count >= kFull) {
    if (!split(hash)) {
      segment(hash).spilled = true;
      spill_.push_back({hash, id});
      return;
    }
  }
  place(segment(hash), {hash, id});
}

bool NodeIndex::split(uint32_t hash) {
  Segment& old = segment(hash);
  if (old.depth == depth_) {
    // A well spread hash needs about one directory entry for 200 znodes. One that collides could
    // double the directory without end.
    constexpr size_t kEntriesMin = 64;
    constexpr size_t kNodesPerEntryMin = 8;
    const size_t entries = directory_.size() * 2;
    if (depth_ == 32 || (entries > kEntriesMin && entries > size_ / kNodesPerEntryMin))
      return false;
    std::vector<Segment*> doubled(entries);
    for (size_t i = 0; i < entries; ++i) doubled[i] = directory_[i / 2];
    directory_ = std::move(doubled);
    ++depth_;
  }

  segments_.push_back(std::make_unique<Segment>());
  Segment& made = *segments_.back();
  const std::array<Slot, kSlots> slots = old.slots;
  old.slots = {};
  old.count = 0;
  made.spilled = old.spilled;
  made.depth = ++old.depth;
  const uint32_t upper = uint32_t{1} << (32 - made.depth);  // the first bit in which the two differ
  for (const Slot& slot : slots) {
    if (slot.id != kNoNode) place((slot.hash & upper) != 0 ? made : old, slot);
  }

  // Directory entries of the old segment are neighbours; the upper half of them becomes the new
  // one's.
  const size_t span = size_t{1} << (depth_ - made.depth);
  const size_t index = static_cast<size_t>(uint64_t{hash | upper} >> (32 - depth_)) / span * span;
  for (size_t i = 0; i < span; ++i) directory_[index + i] = &made;
  return true;
}

void NodeIndex::erase(uint32_t hash, NodeId id) {
  Segment& in = segment(hash);
  uint32_t at = hash % kSlots;
  while (in.slots[at].id != kNoNode && in.slots[at].id != id) at = (at + 1) % kSlots;
  --size_;
  if (in.slots[at].id == kNoNode) {
    ZOOKERNEL_ASSERT(in.spilled);
    for (Slot& slot : spill_) {
      if (slot.id != id) continue;
      slot = spill_.back();
      spill_.pop_back();
      return;
    }
    ZOOKERNEL_ASSERT(false);
  }
  --in.count;
  // Close the gap: what comes behind it moves up, unless it already stands between its own place
  // and the gap.
  uint32_t gap = at;
  for (uint32_t next = (gap + 1) % kSlots; in.slots[next].id != kNoNode;
       next = (next + 1) % kSlots) {
    const uint32_t home = in.slots[next].hash % kSlots;
    const uint32_t from_home = (next - home) % kSlots;
    const uint32_t from_gap = (next - gap) % kSlots;
    if (from_home < from_gap) continue;
    in.slots[gap] = in.slots[next];
    gap = next;
  }
  in.slots[gap] = {};
}

size_t NodeIndex::memory_bytes() const {
  return segments_.size() * (sizeof(Segment) + sizeof(segments_[0]) + 16) +
         directory_.capacity() * sizeof(directory_[0]) + spill_.capacity() * sizeof(Slot);
}

}  // namespace zookernel::core
