// The disk of one simulated server: what is on it survives, what is on its way there may not. Steps
// of a round happen in the order of PersistRound; a crash leaves some first steps of it done.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/core/persist_queue.h"
#include "tests/ensemble/plan.h"
#include "zookernel/consensus.h"

namespace zookernel::ensemble {

// A tree is the list of all transactions that made it.
using Tree = std::vector<LogRecord>;

class Disk {
 public:
  struct Contents {
    Tree tree;  // the newest snapshot and what the log has after it
    Zxid last;  // -1: no snapshot, or a log that does not follow on: nothing to rely on
    Epochs epochs;
    std::string config, proposed;  // the configuration files; empty: as the server was set up
  };

  explicit Disk(Bug bug) : bug_(bug) {}

  // All of it; `installed` is the tree that a snapshot in the round is of.
  void carry_out(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid);
  // Only some first steps of it: the process ended meanwhile.
  void tear(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid,
            Random& random);
  // A snapshot of the tree of this server, beside its log; old logs may be purged.
  void save_snapshot(const Tree& tree, Zxid zxid, bool purge);

  void lose_everything();

  [[nodiscard]] Contents recover() const;
  [[nodiscard]] bool has(const LogRecord& record) const;
  // From the last one at or before `from`, up to `to`; nothing if that cannot be told.
  [[nodiscard]] std::optional<std::vector<LogRecord>> read_log(Zxid from, Zxid to) const;

 private:
  struct Snapshot {
    Zxid zxid;
    Tree tree;
  };

  void steps(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid,
             uint64_t count);

  const Bug bug_;
  std::vector<Snapshot> snapshots_ = {
      Snapshot{}};              // ascending; a new server has that of an empty tree
  std::vector<LogRecord> log_;  // ascending
  Epochs epochs_;
  std::string config_, proposed_;
};

[[nodiscard]] bool same(const LogRecord& a, const LogRecord& b);
[[nodiscard]] bool follows_on(Zxid before, Zxid zxid);

}  // namespace zookernel::ensemble
