#include "tests/ensemble/plan.h"

namespace zookernel::ensemble {

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::kCrash:
      return "crash";
    case Fault::kPause:
      return "pause";
    case Fault::kReset:
      return "reset";
    case Fault::kPartition:
      return "partition";
    case Fault::kOneWay:
      return "one-way";
    case Fault::kSlowDisk:
      return "slow-disk";
    case Fault::kCrashAll:
      return "crash-all";
    case Fault::kCrashAtEpoch:
      return "crash-at-epoch";
    case Fault::kLoseDisk:
      return "lose-disk";
  }
  return "unknown";
}

std::string_view bug_name(Bug bug) {
  switch (bug) {
    case Bug::kNone:
      return "none";
    case Bug::kEarlyAck:
      return "early-ack";
    case Bug::kEpochBeforeLog:
      return "epoch-before-log";
    case Bug::kForgottenTrunc:
      return "forgotten-truncation";
    case Bug::kCommitOutOfOrder:
      return "commit-out-of-order";
    case Bug::kLostTouch:
      return "lost-session-touch";
  }
  return "unknown";
}

std::optional<Bug> bug_named(std::string_view name) {
  for (int i = static_cast<int>(kFirstBug); i <= static_cast<int>(kLastBug); ++i) {
    const Bug bug = static_cast<Bug>(i);
    if (bug_name(bug) == name) return bug;
  }
  return std::nullopt;
}

Plan draw_plan(uint64_t seed) {
  Random random(seed * 0x2545F4914F6CDD1Dull + 0x656e73656d626c65ull);
  const auto between = [&random](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random.below(static_cast<uint64_t>(high - low + 1)));
  };
  Plan plan;
  plan.seed = seed;
  for (int i = static_cast<int>(kFirstFault); i <= static_cast<int>(kLastFault); ++i) {
    if (random.chance(1, 2)) plan.faults.insert(static_cast<Fault>(i));
  }
  plan.voters = random.chance(1, 2) ? 5 : 3;
  plan.observers = static_cast<int>(random.below(3));
  plan.weighted = random.chance(1, 8);
  // With these weights two servers decide, and neither may lose everything.
  if (plan.weighted) plan.faults.erase(Fault::kLoseDisk);
  plan.duration_ms = between(60, 1200) * 1000;
  plan.fault_every_ms = between(2, 60) * 1000;
  plan.write_every_ms = random.chance(1, 3) ? between(5, 50) : between(100, 3000);
  // Many writes show as much in less time.
  if (plan.write_every_ms <= 50) plan.duration_ms = 20000 + plan.duration_ms / 10;
  plan.tick_ms = random.chance(1, 4) ? 500 : 2000;
  plan.init_limit = static_cast<int32_t>(between(3, 10));
  plan.sync_limit = static_cast<int32_t>(between(2, 5));
  plan.notification_max_ms = random.chance(1, 2) ? 60000 : 2000;
  plan.committed_log_max = random.chance(1, 2) ? static_cast<int32_t>(between(0, 20)) : 500;
  plan.log_sync = random.chance(2, 3);
  plan.network_us = random.chance(1, 4) ? between(5000, 100000) : between(100, 2000);
  plan.sync_us = random.chance(1, 4) ? between(10000, 100000) : between(500, 5000);
  plan.snapshot_every_ms = random.chance(1, 2) ? between(5, 60) * 1000 : 3600000;
  if (random.chance(1, 6)) plan.counter_end = static_cast<uint32_t>(between(20, 500));
  plan.rounds_max = random.chance(1, 2) ? 1000 : static_cast<int>(between(1, 10));
  // Of two voters, neither may lose everything.
  if (!plan.weighted && !plan.has(Fault::kLoseDisk) && random.chance(1, 2))
    plan.reconfig_every_ms = between(2, 60) * 1000;
  return plan;
}

}  // namespace zookernel::ensemble
