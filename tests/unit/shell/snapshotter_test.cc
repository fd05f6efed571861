#include "kernel/shell/snapshotter.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;

namespace {

core::SnapshotPiece piece(const char* text, bool last) {
  core::SnapshotPiece made{Zxid{5}, Buffer(), last};
  made.bytes.append(text);
  return made;
}

struct Bench {
  explicit Bench(SnapshotterOptions options = {})
      : snapshotter(storage, log, metrics, options, [this] {
          const std::lock_guard lock(mutex);
          woken.notify_all();
        }) {
    snapshotter.start();
  }
  void wait_until_idle() {
    std::unique_lock lock(mutex);
    woken.wait(lock, [this] { return !snapshotter.busy(); });
  }

  std::mutex mutex;
  std::condition_variable woken;
  MemoryStorage storage;
  MemoryLogger log;
  MetricsRegistry metrics;
  Snapshotter snapshotter;
};

}  // namespace

TEST_CASE("Snapshotter: pieces become one snapshot, and it is busy until the last is on disk",
          "[shell][snapshotter]") {
  Bench bench;
  bench.snapshotter.put(piece("abc", false));
  CHECK(bench.snapshotter.busy());
  bench.snapshotter.put(piece("def", true));
  bench.wait_until_idle();
  bench.snapshotter.stop();

  CHECK(bench.storage.snapshots.at(5) == "abcdef");
  CHECK(bench.metrics.summary("snapshottime").count() == 1);
  CHECK(bench.log.count("snapshot written zxid=0x5 bytes=6") == 1);
}

TEST_CASE("Snapshotter: a failing one is given up, and the next one is written",
          "[shell][snapshotter]") {
  Bench bench;
  bench.storage.fail_in = "snapshot";
  bench.snapshotter.put(piece("abc", false));
  bench.storage.wait_for("given up");
  bench.snapshotter.put(piece("def", true));
  bench.wait_until_idle();
  CHECK(bench.storage.snapshots.empty());
  CHECK(bench.metrics.counter("snapshot_error_count").value() == 1);

  bench.storage.fail_in.clear();
  bench.snapshotter.put(piece("whole", true));
  bench.wait_until_idle();
  bench.snapshotter.stop();
  CHECK(bench.storage.snapshots.at(5) == "whole");
}

TEST_CASE("Snapshotter: one that would use up the reserve of the disk is given up",
          "[shell][snapshotter]") {
  SnapshotterOptions options;
  options.disk_reserve_bytes = 800;
  Bench bench(options);
  bench.storage.free = DiskRoom{UINT64_MAX, 904};
  bench.snapshotter.put(piece("whole", true));
  bench.wait_until_idle();
  CHECK(bench.storage.snapshots.empty());
  CHECK(bench.log.count("diskReserveInKb") == 1);

  bench.storage.free = DiskRoom{0, 905};
  bench.snapshotter.put(piece("whole", true));
  bench.wait_until_idle();
  bench.snapshotter.stop();
  CHECK(bench.storage.snapshots.at(5) == "whole");
}

TEST_CASE("Snapshotter: stopping in the middle leaves no snapshot behind", "[shell][snapshotter]") {
  Bench bench;
  bench.snapshotter.put(piece("abc", false));
  bench.storage.wait_for("write");
  bench.snapshotter.stop();

  CHECK(bench.storage.snapshots.empty());
  CHECK(bench.storage.calls.back() == "given up");
}

TEST_CASE("Snapshotter: purging happens at the start and after each snapshot, only when asked for",
          "[shell][snapshotter]") {
  Bench purging({3, 1});
  purging.storage.wait_for("purge 3");
  purging.snapshotter.put(piece("abc", true));
  purging.storage.wait_for("purge 3", 2);
  purging.wait_until_idle();
  purging.snapshotter.stop();

  Bench keeping;
  keeping.snapshotter.put(piece("abc", true));
  keeping.wait_until_idle();
  keeping.snapshotter.stop();
  CHECK(keeping.storage.calls ==
        std::vector<std::string>{"begin_snapshot 0x5", "write", "finish 0x5"});
}

TEST_CASE("Snapshotter: there is no room above the limit of bytes", "[shell][snapshotter]") {
  MemoryStorage storage;
  MemoryLogger log;
  MetricsRegistry metrics;
  Snapshotter idle(storage, log, metrics, {}, [] {});
  CHECK(idle.has_room());

  core::SnapshotPiece large{Zxid{5}, Buffer(), false};
  large.bytes.extend(Snapshotter::kQueuedBytesMax);
  idle.put(std::move(large));

  CHECK(!idle.has_room());
}
