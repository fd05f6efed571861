#include "kernel/shell/metrics_registry.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace zookernel;
using namespace zookernel::shell;

namespace {

std::map<std::string, double> values(const MetricsRegistry& registry) {
  std::map<std::string, double> all;
  const auto put = [&all](std::string_view name, auto value) {
    all[std::string(name)] = static_cast<double>(value);
  };
  registry.visit({[&](std::string_view name, int64_t value) { put(name, value); },
                  [&](std::string_view name, double value) { put(name, value); }});
  return all;
}

}  // namespace

TEST_CASE("MetricsRegistry: it shows each line of a recorded mntr", "[shell][metrics]") {
  const char* root = std::getenv("ZOOKERNEL_SOURCE_DIR");
  REQUIRE(root != nullptr);
  std::ifstream recorded(std::string(root) + "/tests/interop/data/4lw/standalone/mntr.txt");
  REQUIRE(recorded.good());
  const std::map<std::string, double> shown = values(MetricsRegistry());

  // These come from the core, or are named for the paths of the recorded server.
  const std::set<std::string> elsewhere = {"version", "server_state"};
  size_t lines = 0;
  for (std::string line; std::getline(recorded, line);) {
    const std::string name = line.substr(3, line.find('\t') - 3);
    if (elsewhere.contains(name) || name.ends_with("_per_namespace")) continue;
    CAPTURE(name);
    CHECK(shown.contains(name));
    ++lines;
  }
  CHECK(lines == shown.size());
  CHECK(lines > 450);
}

TEST_CASE("MetricsRegistry: handles of one name are one, and show what was put in",
          "[shell][metrics]") {
  MetricsRegistry registry;
  registry.counter("watch_bytes").add(3);
  registry.counter("watch_bytes").add(4);
  registry.gauge("uptime").set(9);
  Summary& latency = registry.summary("readlatency");
  for (int i = 1; i <= 3; ++i) latency.add(i);
  latency.add(10);

  std::map<std::string, double> shown = values(registry);
  CHECK(shown["watch_bytes"] == 7);
  CHECK(shown["uptime"] == 9);
  CHECK(shown["avg_readlatency"] == 4);
  CHECK(shown["min_readlatency"] == 1);
  CHECK(shown["max_readlatency"] == 10);
  CHECK(shown["cnt_readlatency"] == 4);
  CHECK(shown["sum_readlatency"] == 16);
  CHECK(shown.contains("p999_readlatency"));
  CHECK(!shown.contains("p99_fsynctime"));

  registry.reset();
  shown = values(registry);
  CHECK(shown["watch_bytes"] == 0);
  CHECK(shown["cnt_readlatency"] == 0);
  CHECK(shown["uptime"] == 9);
}

TEST_CASE("MetricsRegistry: averages have four decimals", "[shell][metrics]") {
  MetricsRegistry registry;
  Summary& summary = registry.summary("fsynctime");
  for (const int value : {1, 1, 0}) summary.add(value);

  CHECK(values(registry)["avg_fsynctime"] == 0.6667);
}

TEST_CASE("MetricsRegistry: names that Apache makes at run time appear when asked for",
          "[shell][metrics]") {
  MetricsRegistry registry;
  registry.summary("app_read_per_namespace").add(5);
  registry.summary("3_ack_latency").add(5);

  const std::map<std::string, double> shown = values(registry);
  CHECK(shown.contains("sum_app_read_per_namespace"));
  CHECK(!shown.contains("p50_app_read_per_namespace"));
  CHECK(shown.contains("p50_3_ack_latency"));
}
