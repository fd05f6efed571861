#include "tests/simulation/runner.h"

#include <algorithm>
#include <cstdio>

#include "tests/simulation/violation.h"

namespace zookernel::sim {
namespace {

constexpr const char* kSameTrace = "equal inputs give equal effects";

RunResult run_once(const Plan& plan, uint64_t layout_seed, Trace& trace) {
  RunResult result;
  World world(plan, layout_seed, trace);
  try {
    world.run();
  } catch (const Violation& violation) {
    result.failure = Failure{violation.check, violation.what()};
  }
  result.totals = world.totals();
  return result;
}

std::string line_of(const Plan& plan, uint64_t layout_seed, size_t number) {
  Trace trace(nullptr, number);
  (void)run_once(plan, layout_seed, trace);
  return number < trace.hashes().size() ? trace.wanted_line() : "(nothing)";
}

}  // namespace

RunResult run_traced(const Plan& plan) {
  Trace trace(stdout);
  return run_once(plan, 0, trace);
}

RunResult run_twice(const Plan& plan) {
  Trace first, second;
  RunResult result = run_once(plan, 0, first);
  if (result.failure) return result;
  const uint64_t layout_seed = (plan.seed * 0x9E3779B97F4A7C15ull) | 1;
  const RunResult again = run_once(plan, layout_seed, second);
  if (first.hashes() == second.hashes()) return result;
  const auto [one, other] = std::mismatch(first.hashes().begin(), first.hashes().end(),
                                          second.hashes().begin(), second.hashes().end());
  const auto number = static_cast<size_t>(one - first.hashes().begin());
  result.failure = Failure{
      kSameTrace,
      std::string(kSameTrace) + ": line " + std::to_string(number + 1) + " of the trace is\n  " +
          line_of(plan, 0, number) + "\nand, with other hash seeds and memory,\n  " +
          line_of(plan, layout_seed, number) +
          (again.failure ? "\n(the second run then fails: " + again.failure->detail + ")" : "")};
  return result;
}

Plan shrink(Plan plan, const Failure& failure) {
  const auto still_fails = [&failure](const Plan& smaller) {
    const RunResult result = run_twice(smaller);
    return result.failure && result.failure->check == failure.check;
  };
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (const Fault fault : std::set<Fault>(plan.faults)) {
      Plan without = plan;
      without.faults.erase(fault);
      if (!still_fails(without)) continue;
      std::printf("shrink: fails without %s\n", std::string(fault_name(fault)).c_str());
      plan = std::move(without);
      smaller = true;
    }
    for (int clients = 1; clients < plan.clients; ++clients) {
      Plan fewer = plan;
      fewer.clients = clients;
      if (!still_fails(fewer)) continue;
      std::printf("shrink: fails with %d clients\n", clients);
      plan = std::move(fewer);
      smaller = true;
      break;
    }
  }
  return plan;
}

std::string replay_command(const Plan& plan) {
  const Plan drawn = draw_plan(plan.seed);
  std::string command = "zookernel-sim --seed " + std::to_string(plan.seed);
  std::string without;
  for (const Fault fault : drawn.faults) {
    if (plan.has(fault)) continue;
    without += (without.empty() ? "" : ",") + std::string(fault_name(fault));
  }
  if (!without.empty()) command += " --without " + without;
  if (plan.clients != drawn.clients) command += " --clients " + std::to_string(plan.clients);
  if (plan.storage_plugin != drawn.storage_plugin) command += " --storage " + plan.storage_plugin;
  if (plan.bug != PlantedBug::kNone) command += " --plant " + std::string(bug_name(plan.bug));
  return command;
}

}  // namespace zookernel::sim
