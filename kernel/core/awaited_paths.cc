#include "kernel/core/awaited_paths.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "zookernel/assert.h"

namespace zookernel::core {

uint32_t AwaitedPaths::hash_of(Bytes path) const {
  return static_cast<uint32_t>(XXH3_64bits_withSeed(path.data(), path.size(), seed_));
}

PathId AwaitedPaths::find(Bytes path) const {
  if (size() == 0) return kNoPath;
  return index_.find(hash_of(path), [&](PathId id) { return all_[id].path == path; });
}

PathId AwaitedPaths::number(Bytes path) {
  const PathId known = find(path);
  if (known != kNoPath) return known;
  PathId id;
  if (free_.empty()) {
    ZOOKERNEL_ASSERT(all_.size() < UINT32_MAX);
    id = static_cast<PathId>(all_.size());
    all_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  Entry& made = all_[id];
  made.path = std::string(path);
  made.hash = hash_of(path);
  index_.insert(made.hash, id);
  return id;
}

void AwaitedPaths::release(PathId id) {
  Entry& released = all_[id];
  ZOOKERNEL_ASSERT(released.held > 0);
  if (--released.held > 0) return;
  index_.erase(released.hash, id);
  released = {};
  free_.push_back(id);
}

size_t AwaitedPaths::memory_bytes() const {
  size_t bytes =
      all_.capacity() * sizeof(Entry) + free_.capacity() * sizeof(PathId) + index_.memory_bytes();
  for (const Entry& entry : all_) {
    constexpr size_t kInline = 15;  // what a string holds without a block of its own
    if (entry.path.capacity() > kInline) bytes += entry.path.capacity() + 1 + 8;
  }
  return bytes;
}

}  // namespace zookernel::core
