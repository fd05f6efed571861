#include "plugins/consensus/zab/machine/sync_plan.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace zookernel::zab {
namespace {

using Kind = SyncPlan::Kind;

constexpr Zxid z(int64_t epoch, int64_t counter) {
  return Zxid{(epoch << 32) | counter};
}

// A leader with 1:3 1:4 1:5 2:1 2:2 in memory.
const std::vector<Zxid> kLog = {z(1, 3), z(1, 4), z(1, 5), z(2, 1), z(2, 2)};

SyncInputs inputs(Zxid learner) {
  SyncInputs in;
  in.learner = learner;
  in.last = z(2, 2);
  in.log_floor = z(1, 2);
  in.log = kLog;
  in.disk = true;
  return in;
}

}  // namespace

TEST_CASE("sync_plan: a learner that stands where we stand gets an empty DIFF",
          "[zab][sync_plan]") {
  const SyncPlan plan = sync_plan(inputs(z(2, 2)));
  CHECK(plan.kind == Kind::kDiff);
  CHECK(plan.op == z(2, 2));
  CHECK(plan.send_after == z(2, 2));
}

TEST_CASE("sync_plan: one that is inside our log gets what follows", "[zab][sync_plan]") {
  for (const Zxid at : {z(1, 2), z(1, 3), z(1, 5), z(2, 1)}) {
    const SyncPlan plan = sync_plan(inputs(at));
    CHECK(plan.kind == Kind::kDiff);
    CHECK(plan.op == z(2, 2));
    CHECK(plan.send_after == at);
  }
}

TEST_CASE("sync_plan: one that is ahead is cut off, unless it only began an epoch",
          "[zab][sync_plan]") {
  const SyncPlan ahead = sync_plan(inputs(z(2, 5)));
  CHECK(ahead.kind == Kind::kTrunc);
  CHECK(ahead.op == z(2, 2));

  const SyncPlan began = sync_plan(inputs(z(3, 0)));
  CHECK(began.kind == Kind::kDiff);
  CHECK(began.send_after == z(2, 2));
}

TEST_CASE("sync_plan: one at the beginning of an epoch inside our log gets what follows",
          "[zab][sync_plan]") {
  const SyncPlan plan = sync_plan(inputs(z(2, 0)));
  CHECK(plan.kind == Kind::kDiff);
  CHECK(plan.send_after == z(2, 0));
}

TEST_CASE("sync_plan: a tail of an epoch that went on otherwise is cut off only where that is sure",
          "[zab][sync_plan]") {
  // 1:7 was never ours, and epoch 1 ended at 1:5: that is only to be seen from epoch 2's beginning.
  CHECK(sync_plan(inputs(z(1, 7))).kind == Kind::kSnap);

  SyncInputs gap = inputs(z(2, 2));
  const std::vector<Zxid> log = {z(1, 5), z(2, 1), z(2, 3)};
  gap.log = log;
  gap.log_floor = z(1, 4);
  gap.last = z(2, 3);
  const SyncPlan plan = sync_plan(gap);
  CHECK(plan.kind == Kind::kTrunc);
  CHECK(plan.op == z(2, 1));
  CHECK(plan.send_after == z(2, 1));
}

TEST_CASE("sync_plan: one that is before our memory is looked for on disk, or gets a snapshot",
          "[zab][sync_plan]") {
  CHECK(sync_plan(inputs(z(1, 1))).kind == Kind::kAskDisk);

  SyncInputs no_disk = inputs(z(1, 1));
  no_disk.disk = false;
  CHECK(sync_plan(no_disk).kind == Kind::kSnap);

  SyncInputs forced = inputs(z(2, 2));
  forced.force_snapshot = true;
  CHECK(sync_plan(forced).kind == Kind::kSnap);
}

TEST_CASE("sync_plan_from_disk: the log must begin at or before the learner", "[zab][sync_plan]") {
  const std::vector<Zxid> reaches = {z(1, 1), z(1, 2)};
  const SyncPlan plan = sync_plan_from_disk(inputs(z(1, 1)), reaches);
  CHECK(plan.kind == Kind::kDiff);
  CHECK(plan.send_after == z(1, 1));

  const std::vector<Zxid> too_late = {z(1, 2)};
  CHECK(sync_plan_from_disk(inputs(z(1, 1)), too_late).kind == Kind::kSnap);
  CHECK(sync_plan_from_disk(inputs(z(1, 1)), {}).kind == Kind::kSnap);
}

TEST_CASE("sync_plan_from_disk: a diverged tail is cut off inside its epoch, else a snapshot comes",
          "[zab][sync_plan]") {
  SyncInputs in = inputs(z(1, 2));
  const std::vector<Zxid> within = {z(1, 1), z(1, 3)};
  const SyncPlan plan = sync_plan_from_disk(in, within);
  CHECK(plan.kind == Kind::kTrunc);
  CHECK(plan.op == z(1, 1));

  const std::vector<Zxid> across = {z(1, 1), z(2, 1)};
  CHECK(sync_plan_from_disk(in, across).kind == Kind::kSnap);
}

}  // namespace zookernel::zab
