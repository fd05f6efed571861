#include "kernel/shell/disk_reserve.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using std::chrono::milliseconds;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;

namespace {

constexpr uint64_t kReserve = 64 << 20;

struct Bench {
  void free(uint64_t bytes) { storage.free = DiskRoom{bytes, UINT64_MAX}; }

  MemoryStorage storage;
  MemoryLogger log;
  MetricsRegistry metrics;
  std::vector<bool> told;
  DiskReserve reserve{storage, log, metrics, kReserve, [this](bool low) { told.push_back(low); }};
};

}  // namespace

TEST_CASE("DiskReserve: the reserve is told once, and room again above some more than it",
          "[shell][disk]") {
  Bench bench;
  bench.free(kReserve);
  bench.reserve.look();
  CHECK(bench.told.empty());

  bench.free(kReserve - 1);
  bench.reserve.look();
  bench.reserve.look();
  CHECK(bench.told == std::vector<bool>{true});
  CHECK(bench.metrics.gauge("disk_reserve_reached").value() == 1);
  CHECK(bench.log.count("nearly full") == 1);

  bench.free(kReserve + kReserve / 8 - 1);
  bench.reserve.look();
  CHECK(bench.told.size() == 1);
  bench.free(kReserve + kReserve / 8);
  bench.reserve.look();
  CHECK(bench.told == std::vector<bool>{true, false});
  CHECK(bench.metrics.gauge("disk_reserve_reached").value() == 0);
  CHECK(bench.log.count("room on the disk again") == 1);
}

TEST_CASE("DiskReserve: it looks as often as a fast disk could get to the reserve",
          "[shell][disk]") {
  Bench bench;
  CHECK(bench.reserve.look() == milliseconds(1000));
  bench.free(kReserve + (uint64_t{100} << 20));
  CHECK(bench.reserve.look() <= milliseconds(100));
  bench.free(kReserve);
  CHECK(bench.reserve.look() == milliseconds(20));
}

TEST_CASE("DiskReserve: a look that fails changes nothing and is told once", "[shell][disk]") {
  Bench bench;
  bench.free(0);
  bench.reserve.look();
  bench.storage.free = Error{Errc::kIo, "look at /data: input/output error"};
  bench.reserve.look();
  bench.reserve.look();
  CHECK(bench.told == std::vector<bool>{true});
  CHECK(bench.log.count("input/output error") == 1);
}

TEST_CASE("DiskReserve: it has looked when start returns, and not at all without a reserve",
          "[shell][disk]") {
  Bench bench;
  bench.free(1);
  bench.reserve.start();
  bench.reserve.stop();
  CHECK(bench.told.front());

  std::vector<bool> told;
  DiskReserve none(bench.storage, bench.log, bench.metrics, 0,
                   [&told](bool low) { told.push_back(low); });
  none.start();
  none.stop();
  CHECK(told.empty());
}
