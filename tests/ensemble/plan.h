// What one run is: everything that its seed decides before it begins. A run draws which faults it
// has at all, so that each is sometimes alone and sometimes in any company.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "tests/simulation/random.h"

namespace zookernel::ensemble {

using sim::Random;

enum class Fault {
  kCrash,         // a process stops between two events; unsynced writes are lost, in part
  kPause,         // a process stands still for a while, as a stopped virtual machine
  kReset,         // a connection breaks and loses a suffix of what was under way
  kPartition,     // nothing passes between two groups of servers
  kOneWay,        // nothing passes from one server to another
  kSlowDisk,      // syncs take seconds for a while
  kCrashAll,      // every process stops at once
  kCrashAtEpoch,  // a process stops while it saves an epoch, and perhaps another one after it
  kLoseDisk,      // one server comes back with nothing, once in a run
};
inline constexpr Fault kFirstFault = Fault::kCrash;
inline constexpr Fault kLastFault = Fault::kLoseDisk;
[[nodiscard]] std::string_view fault_name(Fault fault);

// Bugs that are put in on purpose, around the machine: each must be found.
enum class Bug {
  kNone,
  kEarlyAck,          // what waits for a write leaves before it
  kEpochBeforeLog,    // epochs are saved before the records of the same Persist
  kForgottenTrunc,    // the disk keeps what should be cut off
  kCommitOutOfOrder,  // two transactions change places when they are applied
  kLostTouch,         // a learner does not pass on that a session lives
};
inline constexpr Bug kFirstBug = Bug::kEarlyAck;
inline constexpr Bug kLastBug = Bug::kLostTouch;
[[nodiscard]] std::string_view bug_name(Bug bug);
[[nodiscard]] std::optional<Bug> bug_named(std::string_view name);

struct Plan {
  uint64_t seed = 0;
  std::set<Fault> faults;
  int voters = 3;
  int observers = 0;
  bool weighted = false;       // groups and weights instead of a majority
  int64_t duration_ms = 0;     // of the part with faults
  int64_t fault_every_ms = 0;  // on average
  int64_t write_every_ms = 0;  // on average
  int32_t tick_ms = 2000;
  int32_t init_limit = 5, sync_limit = 3;
  int32_t notification_max_ms = 60000;
  int32_t committed_log_max = 500;
  bool log_sync = true;
  int64_t network_us = 0, sync_us = 0;  // on average
  int64_t snapshot_every_ms = 0;        // on average, each server
  uint32_t counter_end = 0xffffffff;    // where an epoch has no zxids left
  int rounds_max = 1000;                // records in one round of the log
  int64_t reconfig_every_ms = 0;        // the members change, on average; 0: never
  Bug bug = Bug::kNone;

  [[nodiscard]] bool has(Fault fault) const { return faults.contains(fault); }
};

[[nodiscard]] Plan draw_plan(uint64_t seed);

}  // namespace zookernel::ensemble
