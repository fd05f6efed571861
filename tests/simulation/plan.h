// What one run of the simulation is: everything that its seed decides before it begins. A run draws
// which faults it has at all (the swarm), so that each fault is sometimes alone and sometimes in
// any company.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/core/options.h"

namespace zookernel::sim {

enum class Fault {
  kPowerFailure,  // the machine stops between two events; unsynced writes are lost or torn
  kKill,          // the process stops between two events
  kMidCall,       // either, in the middle of a call of the storage
  kCleanStop,     // a stop that closes the files
  kWriteError,    // a write fails once
  kSyncError,     // a sync fails once
  kNameError,  // making, renaming, removing or resizing a file, or syncing a directory, fails once
  kReadError,  // a read fails once
  kDiskFull,   // for a while
  kBitRot,     // one bit of a file that nobody writes any more turns while the server is down
  kSlowSync,   // syncs take seconds for a while
  kWallJump,   // the wall clock is set, forward or back
  kPause,      // the whole process stands still for a while
  kResets,     // connections break and lose what was under way
  kSilence,    // clients say nothing, or go away, longer than their session lives
};
inline constexpr Fault kFirstFault = Fault::kPowerFailure;
inline constexpr Fault kLastFault = Fault::kSilence;

[[nodiscard]] std::string_view fault_name(Fault fault);
[[nodiscard]] std::optional<Fault> fault_named(std::string_view name);

// Bugs that are put in on purpose, in the glue around the server: each must be found.
enum class PlantedBug {
  kNone,
  kAckBeforeSync,            // Durable is told when the records are written
  kForgetDirectorySync,      // directories are never synced
  kReplyOutOfOrder,          // two replies of a connection change places
  kLostEphemeralOnRecovery,  // replay leaves out the creation of an ephemeral
  kEventAfterReply,          // a watch event leaves behind the reply that follows it
};
[[nodiscard]] std::string_view bug_name(PlantedBug bug);
[[nodiscard]] std::optional<PlantedBug> bug_named(std::string_view name);

struct Plan {
  uint64_t seed = 0;
  std::set<Fault> faults;
  int clients = 0;
  int64_t duration_ms = 0;     // of the part with faults
  int64_t fault_every_ms = 0;  // on average
  core::Options options;
  std::map<std::string, std::string> storage;  // settings of the storage plugin
  std::string storage_plugin = "file";         // not drawn: what is asked for
  int64_t network_us = 0, write_us = 0, sync_us = 0, core_us = 0, think_us = 0;  // on average
  int64_t snapshot_after_records = 0;
  size_t round_records_max = 0;
  size_t batch_inputs_max = 0;
  size_t slice_nodes_max = 0;
  int depth_max = 0;  // requests of a client under way
  int names = 0;      // of znodes in one directory that clients use
  PlantedBug bug = PlantedBug::kNone;

  [[nodiscard]] bool has(Fault fault) const { return faults.contains(fault); }
};

[[nodiscard]] Plan draw_plan(uint64_t seed);

}  // namespace zookernel::sim
