// Groups Persists into rounds of the log: what is appended together, synced once, and released by
// that sync. Pure; the log thread and the simulation run the same order.
//
// One round, in this order: write configuration files, truncate, write the snapshot, append, sync,
// save the epochs, then release `then` and the ticket.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "zookernel/consensus.h"

namespace zookernel::core {

struct PersistRound {
  std::vector<ConfigFile> config;
  std::optional<Zxid> truncate_after;
  bool snapshot = false;  // of the tree that was installed last; durable before what follows
  std::vector<LogRecord> append;
  std::optional<Epochs> epochs;
  std::vector<Send> then;  // may leave when all of the above is durable
  uint64_t ticket = 0;     // the last one of the round

  [[nodiscard]] bool needs_sync() const { return !append.empty(); }
};

class PersistQueue {
 public:
  // Tickets must grow.
  void push(Persist persist);

  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  // Bytes of records that wait.
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] size_t records() const { return records_; }

  // The next round: as many Persists as fit into `records_max` records, at least one. A truncation
  // and a snapshot begin a round; epochs and a snapshot end one, so that nothing is saved before
  // what it builds on is durable. The queue must not be empty.
  PersistRound take(size_t records_max);

 private:
  std::deque<Persist> waiting_;
  size_t bytes_ = 0, records_ = 0;
  uint64_t last_ticket_ = 0;
};

}  // namespace zookernel::core
