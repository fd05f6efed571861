#include "tests/simulation/plan.h"

#include <array>
#include <utility>

#include "tests/simulation/random.h"

namespace zookernel::sim {
namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 15> kFaultNames = {{
    {Fault::kPowerFailure, "power-failure"},
    {Fault::kKill, "kill"},
    {Fault::kMidCall, "mid-call"},
    {Fault::kCleanStop, "clean-stop"},
    {Fault::kWriteError, "write-error"},
    {Fault::kSyncError, "sync-error"},
    {Fault::kNameError, "name-error"},
    {Fault::kReadError, "read-error"},
    {Fault::kDiskFull, "disk-full"},
    {Fault::kBitRot, "bit-rot"},
    {Fault::kSlowSync, "slow-sync"},
    {Fault::kWallJump, "wall-jump"},
    {Fault::kPause, "pause"},
    {Fault::kResets, "resets"},
    {Fault::kSilence, "silence"},
}};
static_assert(kFaultNames.size() == static_cast<size_t>(kLastFault) + 1);

constexpr std::array<std::pair<PlantedBug, std::string_view>, 6> kBugNames = {{
    {PlantedBug::kNone, "none"},
    {PlantedBug::kAckBeforeSync, "ack-before-sync"},
    {PlantedBug::kForgetDirectorySync, "forget-directory-sync"},
    {PlantedBug::kReplyOutOfOrder, "reply-out-of-order"},
    {PlantedBug::kLostEphemeralOnRecovery, "lost-ephemeral-on-recovery"},
    {PlantedBug::kEventAfterReply, "event-after-reply"},
}};

template <typename Table, typename Key>
std::string_view name_in(const Table& table, Key key) {
  for (const auto& [each, name] : table) {
    if (each == key) return name;
  }
  return "?";
}

template <typename Key, typename Table>
std::optional<Key> key_in(const Table& table, std::string_view name) {
  for (const auto& [key, each] : table) {
    if (each == name) return key;
  }
  return std::nullopt;
}

// One of the values, each as likely.
template <typename T, size_t N>
T one_of(Random& random, const std::array<T, N>& values) {
  return values[random.below(N)];
}

}  // namespace

std::string_view fault_name(Fault fault) {
  return name_in(kFaultNames, fault);
}
std::optional<Fault> fault_named(std::string_view name) {
  return key_in<Fault>(kFaultNames, name);
}
std::string_view bug_name(PlantedBug bug) {
  return name_in(kBugNames, bug);
}
std::optional<PlantedBug> bug_named(std::string_view name) {
  return key_in<PlantedBug>(kBugNames, name);
}

Plan draw_plan(uint64_t seed) {
  Random random(seed ^ 0x706c616eull);
  Plan plan;
  plan.seed = seed;
  for (const auto& [fault, name] : kFaultNames) {
    if (random.chance(2, 5)) plan.faults.insert(fault);
  }
  plan.clients = 1 + static_cast<int>(random.below(8));
  plan.duration_ms = 1000 * static_cast<int64_t>(20 + random.below(100));
  plan.fault_every_ms = one_of<int64_t>(random, std::array<int64_t, 4>{300, 1500, 5000, 15000});

  plan.options.version = "simulated";
  plan.options.tick_ms = one_of<int32_t>(random, std::array<int32_t, 4>{100, 500, 2000, 3000});
  plan.options.min_session_timeout_ms = 2 * plan.options.tick_ms;
  plan.options.max_session_timeout_ms = 20 * plan.options.tick_ms;
  plan.options.outstanding_max = one_of<int32_t>(random, std::array<int32_t, 4>{1, 5, 30, 1000});
  plan.options.extended_types = random.chance(1, 2);
  plan.options.enforce_quota = random.chance(1, 2);
  plan.options.container_check_interval_ms =
      one_of<int64_t>(random, std::array<int64_t, 4>{100, 1000, 5000, 60000});
  plan.options.containers_per_minute_max =
      one_of<int32_t>(random, std::array<int32_t, 3>{60, 10000, 100000});
  plan.options.container_unused_max_ms =
      one_of<int64_t>(random, std::array<int64_t, 3>{0, 0, 3000});

  plan.storage = {
      {"dataDir", "/data"},
      {"dataLogDir", random.chance(1, 3) ? "/log" : ""},
      {"preAllocSize",
       one_of<std::string_view>(random, std::array<std::string_view, 4>{"0", "4", "64", "1024"})
           .data()},
      {"txnLogSizeLimitInKb",
       one_of<std::string_view>(random, std::array<std::string_view, 3>{"-1", "4", "32"}).data()},
      {"snapshot.compression.method",
       one_of<std::string_view>(random, std::array<std::string_view, 4>{"", "", "gz", "snappy"})
           .data()},
  };

  plan.network_us = one_of<int64_t>(random, std::array<int64_t, 3>{50, 500, 20000});
  plan.write_us = one_of<int64_t>(random, std::array<int64_t, 3>{10, 100, 2000});
  plan.sync_us = one_of<int64_t>(random, std::array<int64_t, 4>{100, 2000, 10000, 50000});
  plan.core_us = one_of<int64_t>(random, std::array<int64_t, 3>{5, 50, 1000});
  plan.snapshot_after_records =
      one_of<int64_t>(random, std::array<int64_t, 4>{20, 100, 400, 100000});
  plan.round_records_max = one_of<size_t>(random, std::array<size_t, 3>{1, 10, 1000});
  plan.batch_inputs_max = one_of<size_t>(random, std::array<size_t, 3>{1, 8, 1024});
  plan.slice_nodes_max = one_of<size_t>(random, std::array<size_t, 4>{1, 5, 50, 5000});
  plan.depth_max = one_of<int>(random, std::array<int, 4>{1, 4, 16, 64});
  // Runs have about as many requests, whatever else they draw.
  const int64_t bursts =
      (500 + static_cast<int64_t>(random.below(2500))) / (1 + plan.depth_max / 4);
  plan.think_us = 1000 * plan.duration_ms * plan.clients / bursts;
  plan.names = one_of<int>(random, std::array<int, 3>{2, 5, 20});
  return plan;
}

}  // namespace zookernel::sim
