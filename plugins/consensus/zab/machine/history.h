// What this server's log ends with: the last committed transactions, for learners that are a little
// behind, and those that are logged but not known to be committed. Nothing has to be remembered
// elsewhere across elections: the tree holds what is committed, this holds the rest, and what a
// server says about its history is the end of this. (ZOOKEEPER-2845 was a tree and a log that
// disagreed.) [core]
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "zookernel/consensus.h"

namespace zookernel::zab {

class History {
 public:
  // Of a server whose log ends with `last`; all of it is in the tree.
  History(Zxid last, size_t committed_max)
      : committed_max_(committed_max), start_(last), committed_(last) {}

  // The last transaction that was logged (perhaps not durable yet), committed or not.
  [[nodiscard]] Zxid last() const { return records_.empty() ? start_ : records_.back().zxid; }
  // The last one that was given out to be applied to the tree.
  [[nodiscard]] Zxid committed() const { return committed_; }

  // Does `zxid` follow on from the last one? The next of its epoch, or the first of a later one.
  [[nodiscard]] bool follows(Zxid zxid) const;
  // It must follow.
  void append(LogRecord record);
  // Everything up to `zxid` that is logged and not in the tree yet goes to `commit`, in order.
  void commit_to(Zxid zxid, std::vector<LogRecord>& commit);
  // Forgets what is after `zxid`. True if the tree has some of that and must be rebuilt.
  [[nodiscard]] bool truncate_after(Zxid zxid);
  // A snapshot replaced everything.
  void restart(Zxid zxid);

  // ---- what is kept in memory, ascending

  // Records that are not older than this are all here: one before the first record.
  [[nodiscard]] Zxid floor() const { return start_; }
  [[nodiscard]] const std::deque<LogRecord>& records() const { return records_; }
  // The first kept record after `zxid`.
  [[nodiscard]] size_t index_after(Zxid zxid) const;
  [[nodiscard]] bool has(Zxid zxid) const;

 private:
  void forget_old();

  const size_t committed_max_;
  Zxid start_;      // the last one before records_
  Zxid committed_;  // at least start_
  std::deque<LogRecord> records_;
  size_t applied_ = 0;  // so many of records_ are committed
};

}  // namespace zookernel::zab
