// zookernel-cluster-sim: ensembles of whole servers in one process, from seeds. Each seed runs
// twice, and must run alike.
//
//   --seed N     the first seed (1)           --runs N      how many (1)
//   --seconds N  as many as fit               --trace       once, with what happens
//   --seeds F    the numbers in a file first  --plant BUG   a bug on purpose: must be found
#include <chrono>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "tests/cluster/world.h"

using namespace zookernel::cluster;
using zookernel::ensemble::Bug;
using zookernel::ensemble::Trace;

namespace {

struct Options {
  uint64_t seed = 1, runs = 1;
  int seconds = 0;
  std::string seeds_file;
  bool trace = false;
  Bug bug = Bug::kNone;
};

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "zookernel-cluster-sim: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--trace") {
      options.trace = true;
      continue;
    }
    if (i + 1 == argc) refuse(name + ": no such option, or its value is missing");
    const char* value = argv[++i];
    if (name == "--seed") {
      options.seed = std::strtoull(value, nullptr, 0);
    } else if (name == "--runs") {
      options.runs = std::strtoull(value, nullptr, 0);
    } else if (name == "--seconds") {
      options.seconds = std::atoi(value);
      options.runs = UINT64_MAX;
    } else if (name == "--seeds") {
      options.seeds_file = value;
    } else if (name == "--plant") {
      const auto bug = zookernel::ensemble::bug_named(value);
      if (!bug) refuse(std::string("--plant: no bug is named ") + value);
      options.bug = *bug;
    } else {
      refuse(name + ": no such option");
    }
  }
  return options;
}

class Session {
 public:
  explicit Session(const Options& options) : options_(options) {}

  // False: the seed fails, and it was told.
  bool run(uint64_t seed) {
    Plan plan = draw_plan(seed);
    plan.servers.bug = options_.bug;
    ++seeds_;
    const std::optional<uint64_t> first = once(plan, 0);
    if (!first) return false;
    if (options_.trace) return true;
    const std::optional<uint64_t> second = once(plan, 0x5eed + seed);
    if (second == first) return true;
    std::printf("seed %" PRIu64 " FAILS: equal inputs, equal effects: the second run differs\n",
                seed);
    return false;
  }

  void print_totals() const {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    const double hours = static_cast<double>(totals_.simulated_us) / 3.6e9;
    std::printf("%" PRIu64 " seeds, each twice: %" PRIu64 " events, %.1f simulated hours, %" PRIu64
                " transactions, %" PRIu64 " acknowledged writes, %" PRIu64 " roles, %" PRIu64
                " crashes in %.1f s (%.0f simulated hours in 10 minutes)\n",
                seeds_, totals_.events, hours, totals_.transactions, totals_.acknowledged,
                totals_.roles, totals_.crashes, seconds, hours / seconds * 600);
  }

 private:
  std::optional<uint64_t> once(const Plan& plan, uint64_t layout_seed) {
    Trace trace(options_.trace);
    World world(plan, layout_seed, trace);
    std::optional<uint64_t> digest;
    try {
      world.run();
      digest = trace.digest();
    } catch (const zookernel::sim::Violation& violation) {
      std::printf("seed %" PRIu64 " FAILS: %s\n", plan.seed, violation.what());
      std::printf("replay: zookernel-cluster-sim --seed %" PRIu64 " --trace\n", plan.seed);
    }
    const Totals totals = world.totals();
    totals_.events += totals.events;
    totals_.simulated_us += totals.simulated_us;
    totals_.acknowledged += totals.acknowledged;
    totals_.transactions += totals.transactions;
    totals_.roles += totals.roles;
    totals_.crashes += totals.crashes;
    return digest;
  }

  const Options& options_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  uint64_t seeds_ = 0;
  Totals totals_;
};

bool run_all(const Options& options, Session& session) {
  if (!options.seeds_file.empty()) {
    std::ifstream file(options.seeds_file);
    if (!file) refuse("--seeds: " + options.seeds_file + " cannot be read");
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      if (!session.run(std::strtoull(line.c_str(), nullptr, 0))) return false;
    }
  }
  const auto began = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < options.runs; ++i) {
    if (options.seconds != 0 &&
        std::chrono::steady_clock::now() - began >= std::chrono::seconds(options.seconds))
      break;
    if (!session.run(options.seed + i)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Session session(options);
  const bool good = run_all(options, session);
  session.print_totals();
  if (options.bug == Bug::kNone) return good ? 0 : 1;
  std::printf(good ? "the planted bug was NOT found\n" : "the planted bug was found\n");
  return good ? 1 : 0;
}
