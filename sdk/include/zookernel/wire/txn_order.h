// Which transactions may follow one another in a log. [any]
#pragma once

#include "zookernel/ids.h"

namespace zookernel::wire {

// May a record of `zxid` stand behind one of `last`?
enum class Order {
  kNext,    // last + 1, or the first of a later epoch
  kRepeat,  // the same zxid: Java's leader logs a request that it cannot parse under the last one
            // again
  kGap,     // something is missing between them
  kBack,    // lower
};
[[nodiscard]] Order order_of(Zxid last, Zxid zxid);

}  // namespace zookernel::wire
