#include "plugins/consensus/zab/machine/history.h"

#include <algorithm>

#include "zookernel/assert.h"

namespace zookernel::zab {

bool History::follows(Zxid zxid) const {
  if (zxid.epoch() == last().epoch()) return zxid == last().next();
  return zxid.epoch() > last().epoch() && zxid.counter() == 1;
}

void History::append(LogRecord record) {
  ZOOKERNEL_ASSERT(follows(record.zxid));
  records_.push_back(std::move(record));
}

void History::commit_to(Zxid zxid, std::vector<LogRecord>& commit) {
  while (applied_ < records_.size() && records_[applied_].zxid <= zxid) {
    ZOOKERNEL_ASSERT(records_[applied_].zxid > committed_);
    commit.push_back(records_[applied_]);
    committed_ = records_[applied_].zxid;
    ++applied_;
  }
  forget_old();
}

void History::forget_old() {
  while (applied_ > committed_max_) {
    start_ = records_.front().zxid;
    records_.pop_front();
    --applied_;
  }
}

bool History::truncate_after(Zxid zxid) {
  while (!records_.empty() && records_.back().zxid > zxid) records_.pop_back();
  applied_ = std::min(applied_, records_.size());
  if (records_.empty() && zxid < start_) start_ = zxid;
  if (committed_ <= zxid) return false;
  // What the tree is rebuilt from storage to.
  committed_ = last();
  applied_ = records_.size();
  forget_old();
  return true;
}

void History::restart(Zxid zxid) {
  records_.clear();
  applied_ = 0;
  start_ = committed_ = zxid;
}

size_t History::index_after(Zxid zxid) const {
  const auto at =
      std::upper_bound(records_.begin(), records_.end(), zxid,
                       [](Zxid value, const LogRecord& record) { return value < record.zxid; });
  return static_cast<size_t>(at - records_.begin());
}

bool History::has(Zxid zxid) const {
  const size_t index = index_after(zxid);
  return index != 0 && records_[index - 1].zxid == zxid;
}

}  // namespace zookernel::zab
