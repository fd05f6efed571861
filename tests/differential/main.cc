// zookernel-differential: see README.md in this folder.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/differential/case_file.h"
#include "tests/differential/comparison.h"
#include "tests/differential/generator.h"
#include "tests/differential/shrink.h"
#include "tests/differential/transcript.h"

namespace zookernel::differential {

namespace {

constexpr const char* kUsage =
    R"(usage: zookernel-differential run --java PORT --ours PORT [OPTIONS]
                                       compare two running servers, script by script
       zookernel-differential replay --port PORT FILE...
                                       compare one running server with case files
       zookernel-differential record --port PORT FILE...
                                       write what the server does into case files
       zookernel-differential show --seed N [OPTIONS]
                                       print the script of a seed

  --seed N             the first seed (1)
  --seconds S          stop after so long (10)
  --scripts N          stop after so many scripts (no limit)
  --without N,N,...    do not generate requests of these types
  --quotas-enforced    the servers run with enforceQuota=true
  --save DIR           write each difference, made small, to DIR/seed-N.txt
  --differences N      stop after so many differences (1)

Exit codes: 0 all alike, 1 a difference, 2 wrong usage or a server that does not serve.
)";

// Scripts that a difference may be run as while it is made smaller.
constexpr size_t kShrinkRunsMax = 1500;
// mntr costs a connection and a pass over the tree: one script in so many looks at it.
constexpr uint64_t kScriptsPerCount = 16;

struct Options {
  std::string command;
  uint16_t java_port = 0;
  uint16_t our_port = 0;
  uint64_t seed = 1;
  double seconds = 10;
  uint64_t scripts = UINT64_MAX;
  std::string save_dir;
  uint64_t differences = 1;
  GeneratorOptions generator;
  std::vector<std::string> files;
};

bool parse(int argc, char** argv, Options& options) {
  if (argc < 2) return false;
  options.command = argv[1];
  for (int i = 2; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--quotas-enforced") {
      options.generator.quotas_enforced = true;
      continue;
    }
    if (!word.starts_with("--")) {
      options.files.push_back(word);
      continue;
    }
    if (++i == argc) return false;
    std::string value = argv[i];
    if (word == "--java") {
      options.java_port = static_cast<uint16_t>(std::atoi(value.c_str()));
    } else if (word == "--ours" || word == "--port") {
      options.our_port = static_cast<uint16_t>(std::atoi(value.c_str()));
    } else if (word == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else if (word == "--scripts") {
      options.scripts = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--save") {
      options.save_dir = value;
    } else if (word == "--differences") {
      options.differences = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--without") {
      std::istringstream numbers(value);
      for (std::string number; std::getline(numbers, number, ',');) {
        options.generator.without.insert(std::atoi(number.c_str()));
      }
    } else {
      return false;
    }
  }
  return true;
}

// Shrinks, prints and saves one difference. False if a server does not serve any more.
bool report(Comparison& comparison, const Options& options, uint64_t seed, const Script& script,
            const Comparison::Outcome& outcome, Comparison::Counts counts) {
  std::printf("DIFFERENCE, seed %llu:\n%s", static_cast<unsigned long long>(seed),
              difference_text(outcome, "java", "ours").c_str());
  std::fflush(stdout);
  bool serving = true;
  Comparison::Outcome last = outcome;
  auto fails = [&](const Script& candidate) {
    Comparison::Outcome tried;
    serving = serving && comparison.run(candidate, counts, tried);
    if (!serving || !tried.differs()) return false;
    last = std::move(tried);
    return true;
  };
  if (!fails(script)) {
    std::printf("seed %llu: not seen again when run alone; it may depend on what went before\n",
                static_cast<unsigned long long>(seed));
    return serving;
  }
  Script smallest = shrink(script, fails, kShrinkRunsMax);
  std::printf("smallest script, %zu steps, %zu requests:\n%s%s\n", smallest.size(),
              request_count(smallest), to_text(smallest).c_str(),
              difference_text(last, "java", "ours").c_str());
  std::fflush(stdout);
  if (!options.save_dir.empty()) {
    CaseFile file{"# Seed " + std::to_string(seed) + ".\n", smallest, last.reference};
    std::string problem;
    std::string path = options.save_dir + "/seed-" + std::to_string(seed) + ".txt";
    if (!write_case(path, file, problem)) std::printf("%s\n", problem.c_str());
  }
  return serving;
}

int run(const Options& options) {
  Endpoint java("Java's server", options.java_port);
  Endpoint ours("our server", options.our_port);
  for (Endpoint* endpoint : {&java, &ours}) {
    if (endpoint->open()) continue;
    std::fprintf(stderr, "zookernel-differential: %s\n", endpoint->problem().c_str());
    return 2;
  }
  Comparison comparison(java, ours);
  auto start = std::chrono::steady_clock::now();
  auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  uint64_t seed = options.seed;
  uint64_t requests = 0;
  uint64_t lines = 0;
  uint64_t differences = 0;
  for (; seed - options.seed < options.scripts && elapsed() < options.seconds; ++seed) {
    Script script = generate(seed, options.generator);
    auto counts =
        seed % kScriptsPerCount == 0 ? Comparison::Counts::kCompare : Comparison::Counts::kSkip;
    Comparison::Outcome outcome;
    bool serving = comparison.run(script, counts, outcome);
    requests += request_count(script);
    lines += outcome.reference.size();
    if (serving && outcome.differs()) {
      ++differences;
      serving = report(comparison, options, seed, script, outcome, counts);
    }
    if (!serving) {
      std::printf("seed %llu: %s\n%s%s", static_cast<unsigned long long>(seed),
                  comparison.problem().c_str(), to_text(script).c_str(),
                  difference_text(outcome, "java", "ours").c_str());
      return 2;
    }
    if (differences >= options.differences) break;
  }
  std::printf(
      "seeds %llu to %llu: %llu requests in %.1f s (%.0f a second), %llu lines compared, %llu "
      "differences\n",
      static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(seed - 1),
      static_cast<unsigned long long>(requests), elapsed(),
      static_cast<double>(requests) / elapsed(), static_cast<unsigned long long>(lines),
      static_cast<unsigned long long>(differences));
  return differences == 0 ? 0 : 1;
}

// replay and record.
int with_files(const Options& options) {
  Endpoint server("the server", options.our_port);
  if (!server.open()) {
    std::fprintf(stderr, "zookernel-differential: %s\n", server.problem().c_str());
    return 2;
  }
  int code = 0;
  for (const std::string& path : options.files) {
    CaseFile file;
    std::string problem;
    if (!read_case(path, file, problem)) {
      std::fprintf(stderr, "zookernel-differential: %s\n", problem.c_str());
      return 2;
    }
    Comparison::Outcome outcome{file.transcript, transcript(server.run(file.script))};
    if (!server.clean_up()) {
      std::fprintf(stderr, "zookernel-differential: %s: %s\n", path.c_str(),
                   server.problem().c_str());
      return 2;
    }
    if (options.command == "record") {
      file.transcript = outcome.subject;
      if (!write_case(path, file, problem)) std::fprintf(stderr, "%s\n", problem.c_str());
    } else if (outcome.differs()) {
      std::printf("%s: differs\n%s", path.c_str(),
                  difference_text(outcome, "java", "ours").c_str());
      code = 1;
    }
  }
  return code;
}

int main_of(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (options.command == "run") return run(options);
  if (options.command == "replay" || options.command == "record") return with_files(options);
  if (options.command == "show") {
    std::fputs(to_text(generate(options.seed, options.generator)).c_str(), stdout);
    return 0;
  }
  std::fputs(kUsage, stderr);
  return 2;
}

}  // namespace

}  // namespace zookernel::differential

int main(int argc, char** argv) {
  return zookernel::differential::main_of(argc, argv);
}
