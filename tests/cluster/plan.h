// What one run is: an ensemble (tests/ensemble) of servers with clients (tests/simulation), all of
// it drawn from the seed.
#pragma once

#include "tests/ensemble/plan.h"
#include "tests/simulation/plan.h"

namespace zookernel::cluster {

using sim::Random;

struct Plan {
  uint64_t seed = 0;
  ensemble::Plan servers;
  sim::Plan clients;  // and their options, and the storage's
};

[[nodiscard]] Plan draw_plan(uint64_t seed);

}  // namespace zookernel::cluster
