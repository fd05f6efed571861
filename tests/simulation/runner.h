// Runs of seeds: each twice, compared, reported, made smaller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/plan.h"
#include "tests/simulation/world.h"

namespace zookernel::sim {

struct Failure {
  std::string check;   // the broken promise, in a few words
  std::string detail;  // the whole sentence
};

struct RunResult {
  std::optional<Failure> failure;
  RunTotals totals;
};

// Once, printing the trace.
RunResult run_traced(const Plan& plan);

// Twice, the second time with other hash seeds and memory; a different trace is a failure.
RunResult run_twice(const Plan& plan);

// Leaves out faults and clients as long as the same check fails; says what it tries.
Plan shrink(Plan plan, const Failure& failure);

// The command line that runs this plan again.
[[nodiscard]] std::string replay_command(const Plan& plan);

}  // namespace zookernel::sim
