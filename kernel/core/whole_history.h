// Are logs without a snapshot the whole history of a database?
//
// Leaders of 3.4 could leave such directories, and 3.5 and later refuse them, as the logs might as
// well begin in the middle. They do not where the first transaction is the first that a server can
// have written (0x1 of a standalone one, 0x100000001 of an ensemble's first epoch) and none is
// missing after it. The reader of the log sees holes within an epoch. Between epochs nothing tells
// whether one is missing, so that only each next one counts as proved.
#pragma once

#include "zookernel/ids.h"
#include "zookernel/result.h"

namespace zookernel::core {

class WholeHistory {
 public:
  // Takes the transactions in the order of the log. An error says what is not proved.
  Status add(Zxid zxid);
  // Logs without any transaction prove nothing.
  [[nodiscard]] Status end() const;

 private:
  Zxid last_;
};

}  // namespace zookernel::core
