#include "plugins/consensus/zab/machine/sync_plan.h"

#include <algorithm>

namespace zookernel::zab {
namespace {

using Kind = SyncPlan::Kind;

bool is_epoch_begin(Zxid zxid) {
  return zxid.counter() == 0;
}

// `before`: the one just before the first of `log`.
SyncPlan walk(const SyncInputs& in, Zxid before, std::span<const Zxid> log) {
  const auto at = std::lower_bound(log.begin(), log.end(), in.learner);
  const Zxid previous = at == log.begin() ? before : *(at - 1);
  if (previous == in.learner) return {Kind::kDiff, in.last, in.learner};
  if (at == log.end()) {
    if (is_epoch_begin(in.learner)) return {Kind::kDiff, in.last, in.learner};
    return {Kind::kSnap, {}, {}};
  }
  if (*at == in.learner || is_epoch_begin(in.learner)) return {Kind::kDiff, in.last, in.learner};
  // Both have this epoch, and the learner has something in it that we have not: but only if we know
  // what comes before can we say where to cut.
  if (at->epoch() == in.learner.epoch() && previous.value != 0 && at != log.begin())
    return {Kind::kTrunc, previous, previous};
  return {Kind::kSnap, {}, {}};
}

}  // namespace

SyncPlan sync_plan(const SyncInputs& in) {
  if (in.force_snapshot) return {Kind::kSnap, {}, {}};
  if (in.learner == in.last) return {Kind::kDiff, in.last, in.last};
  if (in.learner > in.last) {
    if (is_epoch_begin(in.learner)) return {Kind::kDiff, in.last, in.last};
    return {Kind::kTrunc, in.last, in.last};
  }
  if (in.learner >= in.log_floor) return walk(in, in.log_floor, in.log);
  if (in.disk) return {Kind::kAskDisk, {}, {}};
  return {Kind::kSnap, {}, {}};
}

SyncPlan sync_plan_from_disk(const SyncInputs& in, std::span<const Zxid> disk) {
  if (disk.empty() || disk.front() > in.learner) return {Kind::kSnap, {}, {}};
  return walk(in, Zxid{0}, disk);
}

}  // namespace zookernel::zab
