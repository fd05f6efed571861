// zookernel-sim: runs seeds of the simulation.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/simulation/runner.h"

namespace {

using zookernel::sim::Plan;
using zookernel::sim::RunResult;
using zookernel::sim::RunTotals;

constexpr uint64_t kFirstSeed = 1;

constexpr const char* kUsage =
    "usage: zookernel-sim [options]\n"
    "  --seed N        one seed (twice, compared); default: the first of many\n"
    "  --runs K        K seeds from --seed on\n"
    "  --seconds S     seeds from --seed on for S seconds\n"
    "  --seeds FILE    first the seeds of this file: a number and what it found, one a line\n"
    "  --trace         print all inputs and effects of the one seed, run once\n"
    "  --shrink        after a failure, leave out faults and clients while it still fails\n"
    "  --without A,B   leave out these faults\n"
    "  --clients N     not more clients than this\n"
    "  --storage NAME  the storage plugin: file (default) or sqlite\n"
    "  --plant BUG     put a bug in on purpose; success is to find it\n"
    "                  (ack-before-sync, forget-directory-sync, reply-out-of-order,\n"
    "                  lost-ephemeral-on-recovery, event-after-reply)\n"
    "Without --seed the first seed is ZOOKERNEL_SIM_SEED, or 1.\n";

struct Options {
  std::optional<uint64_t> seed;
  uint64_t runs = 0;
  int seconds = 0;
  std::string seeds_file;
  bool trace = false, shrink = false;
  std::vector<zookernel::sim::Fault> without;
  int clients = 0;
  zookernel::sim::PlantedBug bug = zookernel::sim::PlantedBug::kNone;
  std::string storage = "file";
};

// For the handler: an assertion of the server's own ends the process, and the seed must be known.
volatile sig_atomic_t aborting = 0;
uint64_t running_seed = 0;

void on_abort(int) {
  if (aborting != 0) _exit(134);
  aborting = 1;
  char text[160] = "an assertion failed in seed ";
  char digits[24];
  size_t count = 0;
  uint64_t rest = running_seed;
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  size_t at = std::strlen(text);
  while (count != 0) text[at++] = digits[--count];
  const char tail[] = "; replay: zookernel-sim --trace --seed (that number)\n";
  std::memcpy(text + at, tail, sizeof tail - 1);
  const ssize_t ignored = write(2, text, at + sizeof tail - 1);
  (void)ignored;
  _exit(134);
}

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr, "zookernel-sim: %s\n%s", why.c_str(), kUsage);
  std::exit(2);
}

uint64_t number(const std::string& option, const char* text) {
  if (text == nullptr) refuse(option + " needs a value");
  char* end = nullptr;
  const uint64_t value = std::strtoull(text, &end, 0);
  if (end == text || *end != '\0') refuse(option + ": " + text + " is not a number");
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const char* next = i + 1 < argc ? argv[i + 1] : nullptr;
    if (option == "--trace") {
      options.trace = true;
      continue;
    }
    if (option == "--shrink") {
      options.shrink = true;
      continue;
    }
    if (option == "--help") {
      std::printf("%s", kUsage);
      std::exit(0);
    }
    if (next == nullptr) refuse(option + ": no such option, or its value is missing");
    ++i;
    if (option == "--seed") {
      options.seed = number(option, next);
    } else if (option == "--runs") {
      options.runs = number(option, next);
    } else if (option == "--seconds") {
      options.seconds = static_cast<int>(number(option, next));
    } else if (option == "--seeds") {
      options.seeds_file = next;
    } else if (option == "--clients") {
      options.clients = static_cast<int>(number(option, next));
    } else if (option == "--without") {
      std::istringstream names(next);
      for (std::string name; std::getline(names, name, ',');) {
        const auto fault = zookernel::sim::fault_named(name);
        if (!fault) refuse("--without: no fault is named " + name);
        options.without.push_back(*fault);
      }
    } else if (option == "--storage") {
      options.storage = next;
      if (options.storage != "file" && options.storage != "sqlite")
        refuse("--storage: no storage is named " + options.storage);
    } else if (option == "--plant") {
      const auto bug = zookernel::sim::bug_named(next);
      if (!bug) refuse(std::string("--plant: no bug is named ") + next);
      options.bug = *bug;
    } else {
      refuse(option + ": no such option");
    }
  }
  return options;
}

Plan plan_of(uint64_t seed, const Options& options) {
  Plan plan = zookernel::sim::draw_plan(seed);
  for (const zookernel::sim::Fault fault : options.without) plan.faults.erase(fault);
  if (options.clients != 0 && options.clients < plan.clients) plan.clients = options.clients;
  plan.bug = options.bug;
  plan.storage_plugin = options.storage;
  return plan;
}

class Session {
 public:
  explicit Session(const Options& options)
      : options_(options), began_(std::chrono::steady_clock::now()) {}

  // False: the seed fails, and it was told.
  bool run(uint64_t seed) {
    running_seed = seed;
    const Plan plan = plan_of(seed, options_);
    const RunResult result =
        options_.trace ? zookernel::sim::run_traced(plan) : zookernel::sim::run_twice(plan);
    ++seeds_;
    totals_.events += result.totals.events;
    totals_.simulated_us += result.totals.simulated_us;
    totals_.acknowledged_writes += result.totals.acknowledged_writes;
    totals_.crashes += result.totals.crashes;
    if (!result.failure) return true;
    std::printf("seed %" PRIu64 " FAILS: %s\n", seed, result.failure->detail.c_str());
    Plan smallest = plan;
    if (options_.shrink) smallest = zookernel::sim::shrink(plan, *result.failure);
    std::printf("replay: %s --trace\n", zookernel::sim::replay_command(smallest).c_str());
    return false;
  }

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

  void print_totals() const {
    std::printf("%" PRIu64 " seeds, %" PRIu64 " events, %.1f simulated hours, %" PRIu64
                " acknowledged writes, %" PRIu64 " crashes in %.1f s\n",
                seeds_, totals_.events, static_cast<double>(totals_.simulated_us) / 3.6e9,
                totals_.acknowledged_writes, totals_.crashes, seconds());
  }

 private:
  const Options& options_;
  const std::chrono::steady_clock::time_point began_;
  uint64_t seeds_ = 0;
  RunTotals totals_;
};

// Numbers at the beginning of lines; "#" begins a comment.
std::vector<uint64_t> seeds_in(const std::string& path) {
  std::ifstream file(path);
  if (!file) refuse("--seeds: " + path + " cannot be read");
  std::vector<uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    seeds.push_back(std::strtoull(line.c_str(), nullptr, 0));
  }
  return seeds;
}

uint64_t first_seed(const Options& options) {
  if (options.seed) return *options.seed;
  const char* given = std::getenv("ZOOKERNEL_SIM_SEED");
  return given == nullptr ? kFirstSeed : number("ZOOKERNEL_SIM_SEED", given);
}

bool run_all(const Options& options, Session& session) {
  if (!options.seeds_file.empty()) {
    for (const uint64_t seed : seeds_in(options.seeds_file)) {
      if (!session.run(seed)) return false;
    }
  }
  const uint64_t first = first_seed(options);
  std::printf("seeds from %" PRIu64 " on\n", first);
  std::fflush(stdout);
  const uint64_t runs = options.runs != 0 ? options.runs : options.seconds != 0 ? UINT64_MAX : 1;
  for (uint64_t i = 0; i < runs; ++i) {
    if (options.seconds != 0 && session.seconds() >= options.seconds) break;
    if (!session.run(first + i)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  signal(SIGABRT, on_abort);
  const Options options = parse(argc, argv);
  Session session(options);
  const bool good = run_all(options, session);
  session.print_totals();
  if (options.bug == zookernel::sim::PlantedBug::kNone) return good ? 0 : 1;
  std::printf(good ? "the planted bug was NOT found\n" : "the planted bug was found\n");
  return good ? 1 : 0;
}
