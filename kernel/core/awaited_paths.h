// Paths that are watched while no znode is there, under small numbers. Who counts on one holds it;
// a path that nobody holds is forgotten and its number used again. [core]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/core/node_index.h"
#include "zookernel/bytes.h"

namespace zookernel::core {

using PathId = uint32_t;
inline constexpr PathId kNoPath = 0;

class AwaitedPaths {
 public:
  // `hash_seed` makes collisions hard to provoke; no order depends on it.
  explicit AwaitedPaths(uint64_t hash_seed) : seed_(hash_seed), all_(1) {}

  [[nodiscard]] PathId find(Bytes path) const;
  // Its number; a new one, which is to be held at once, if it has none.
  PathId number(Bytes path);
  void hold(PathId id) { ++all_[id].held; }
  void release(PathId id);

  // Borrowed until the path is forgotten or another one is numbered.
  [[nodiscard]] Bytes path(PathId id) const { return all_[id].path; }
  [[nodiscard]] size_t size() const { return all_.size() - 1 - free_.size(); }
  [[nodiscard]] size_t memory_bytes() const;

 private:
  struct Entry {
    std::string path;
    uint32_t hash = 0;
    uint32_t held = 0;
  };

  [[nodiscard]] uint32_t hash_of(Bytes path) const;

  uint64_t seed_;
  std::vector<Entry> all_;  // by id
  std::vector<PathId> free_;
  NodeIndex index_;
};

}  // namespace zookernel::core
