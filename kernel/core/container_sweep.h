// When containers and TTL znodes go: looks through them every now and then, and names those whose
// time has come, one at a time. Source: ContainerManager.
//
// A container goes when it has had children and has none; one that never had any goes only with a
// limit for that. A TTL znode goes when it has no children and its data are older than its TTL.
// Ages are of the wall clock, as mtime is; the schedule is of the monotonic one.
//
// The lists are looked through from their ends: what is removed meanwhile is replaced by what was
// looked at already, and what is added is for the next time. A piece of a list at a time, so that
// nobody waits for a million containers. [core]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kernel/core/data_tree.h"
#include "kernel/core/options.h"
#include "zookernel/consensus.h"

namespace zookernel::core {

class ContainerSweep {
 public:
  // Znodes that one call of next() looks at; the rest waits for another.
  static constexpr size_t kNodesPerLook = 10000;

  // Borrows both.
  ContainerSweep(const Options& options, const DataTree& tree) : options_(options), tree_(tree) {}

  // Serving begins: the first look is one interval away.
  void start(int64_t mono_ms);
  void stop() { next_look_ms_ = next_ms_ = INT64_MAX; }

  // A znode that may go now: its path. Nothing: not before next_ms(). Ask again and again.
  std::optional<std::string> next(const Tick& now);
  // INT64_MAX while stopped.
  [[nodiscard]] int64_t next_ms() const { return next_ms_; }

  // Is it due, as the tree is now?
  [[nodiscard]] bool is_due(NodeId id, int64_t wall_ms) const;

 private:
  [[nodiscard]] int64_t spacing_ms() const;
  // The next due znode of the running look; kNoNode at its end, or when enough was looked at.
  NodeId look(int64_t wall_ms, size_t& budget);

  const Options& options_;
  const DataTree& tree_;
  int64_t next_look_ms_ = INT64_MAX;
  int64_t next_ms_ = INT64_MAX;
  bool looking_ = false;
  size_t containers_left_ = 0, ttl_nodes_left_ = 0;  // of the running look, from the front
};

}  // namespace zookernel::core
