#include "zookernel/wire/txn_order.h"

namespace zookernel::wire {
namespace {

// Java's switch `testingonly.initialZxid` begins an epoch shortly before its last counter, to test
// what happens at the end. Lost records cannot look like this: it would take four billion of them,
// all in one epoch.
constexpr uint32_t kTestStartCounter = 0xffff0000;

}  // namespace

Order order_of(Zxid last, Zxid zxid) {
  if (zxid == last.next()) return Order::kNext;
  if (zxid == last) return Order::kRepeat;
  if (zxid < last) return Order::kBack;
  // An epoch may have no transaction at all, but its first has the counter 1 (0 where an unparsable
  // request repeated the zxid of the epoch's beginning).
  if (zxid.epoch() > last.epoch()) return zxid.counter() <= 1 ? Order::kNext : Order::kGap;
  if (last.counter() == 0 && zxid.counter() >= kTestStartCounter) return Order::kNext;
  return Order::kGap;
}

}  // namespace zookernel::wire
