#include "tests/ensemble/disk.h"

#include <algorithm>

namespace zookernel::ensemble {

bool same(const LogRecord& a, const LogRecord& b) {
  return a.zxid == b.zxid && a.body.view() == b.body.view();
}

bool follows_on(Zxid before, Zxid zxid) {
  return zxid == before.next() || (zxid.epoch() > before.epoch() && zxid.counter() == 1);
}

// Configuration files first. Step 0 truncates, 1 writes the snapshot, then one for each record, the
// last saves the epochs.
void Disk::steps(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid,
                 uint64_t count) {
  uint64_t step = 0;
  const auto next = [&step, count] { return step++ < count; };
  if (bug_ == Bug::kEpochBeforeLog && round.epochs && next()) epochs_ = *round.epochs;
  for (const ConfigFile& file : round.config) {
    if (!next()) return;
    (file.in_force ? config_ : proposed_) = file.text;
    if (file.in_force) proposed_.clear();
  }
  if (next() && round.truncate_after && bug_ != Bug::kForgottenTrunc) {
    const Zxid after = *round.truncate_after;
    std::erase_if(log_, [after](const LogRecord& record) { return record.zxid > after; });
    std::erase_if(snapshots_, [after](const Snapshot& made) { return made.zxid > after; });
  }
  if (next() && round.snapshot) {
    snapshots_ = {{installed_zxid, installed}};
    log_.clear();
  }
  for (const LogRecord& record : round.append) {
    if (!next()) return;
    log_.push_back(record);
  }
  if (next() && round.epochs) epochs_ = *round.epochs;
}

void Disk::carry_out(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid) {
  steps(round, installed, installed_zxid, UINT64_MAX);
}

void Disk::tear(const core::PersistRound& round, const Tree& installed, Zxid installed_zxid,
                Random& random) {
  steps(round, installed, installed_zxid,
        random.below(round.config.size() + round.append.size() + 4));
}

void Disk::save_snapshot(const Tree& tree, Zxid zxid, bool purge) {
  if (!snapshots_.empty() && snapshots_.back().zxid >= zxid) return;
  snapshots_.push_back({zxid, tree});
  if (!purge) return;
  snapshots_.erase(snapshots_.begin(), snapshots_.end() - 1);
  std::erase_if(log_, [zxid](const LogRecord& record) { return record.zxid <= zxid; });
}

void Disk::lose_everything() {
  snapshots_.clear();
  log_.clear();
  epochs_ = {};
}

Disk::Contents Disk::recover() const {
  Contents found;
  found.epochs = epochs_;
  found.config = config_;
  found.proposed = proposed_;
  if (snapshots_.empty()) {
    found.last = Zxid{-1};
    return found;
  }
  found.tree = snapshots_.back().tree;
  found.last = snapshots_.back().zxid;
  for (const LogRecord& record : log_) {
    if (record.zxid <= found.last) continue;
    if (!follows_on(found.last, record.zxid)) return {{}, Zxid{-1}, epochs_, config_, proposed_};
    found.tree.push_back(record);
    found.last = record.zxid;
  }
  return found;
}

bool Disk::has(const LogRecord& record) const {
  const auto contains = [&record](const std::vector<LogRecord>& in) {
    const auto at = std::lower_bound(in.begin(), in.end(), record.zxid,
                                     [](const LogRecord& a, Zxid b) { return a.zxid < b; });
    return at != in.end() && same(*at, record);
  };
  return contains(log_) || (!snapshots_.empty() && contains(snapshots_.back().tree));
}

std::optional<std::vector<LogRecord>> Disk::read_log(Zxid from, Zxid to) const {
  const auto after = std::upper_bound(log_.begin(), log_.end(), from,
                                      [](Zxid a, const LogRecord& b) { return a < b.zxid; });
  if (after == log_.begin()) return std::nullopt;
  std::vector<LogRecord> found;
  for (auto at = after - 1; at != log_.end() && at->zxid <= to; ++at) found.push_back(*at);
  return found;
}

}  // namespace zookernel::ensemble
