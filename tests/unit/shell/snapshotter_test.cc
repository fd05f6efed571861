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

namespace {

core::InstallPiece install(int64_t zxid, const char* text, bool begin, bool last) {
  core::InstallPiece made;
  made.zxid = Zxid{zxid};
  made.bytes.append(text);
  made.begin = begin;
  made.last = last;
  return made;
}

}  // namespace

TEST_CASE("Snapshotter: a leader's tree gets its name when the log comes to it",
          "[shell][snapshotter]") {
  Bench bench;
  bench.snapshotter.put(install(9, "half of one", true, false));
  bench.snapshotter.put(install(9, "abc", true, false));
  bench.snapshotter.put(install(9, "def", false, true));
  bench.storage.wait_for("write", 3);
  CHECK(bench.storage.snapshots.empty());

  CHECK(bench.snapshotter.finish_install().ok());
  CHECK(bench.storage.snapshots.at(9) == "abcdef");
  CHECK(bench.snapshotter.last_bytes() == 6);
  bench.snapshotter.stop();
  CHECK(std::count(bench.storage.calls.begin(), bench.storage.calls.end(), "given up") == 1);
}

TEST_CASE("Snapshotter: a leader's tree that cannot be written is an error when it is needed",
          "[shell][snapshotter]") {
  Bench bench;
  bench.storage.fail_in = "snapshot";
  bench.snapshotter.put(install(9, "abc", true, true));
  const Status finished = bench.snapshotter.finish_install();
  REQUIRE(!finished.ok());
  CHECK(finished.error().message.find("no space left") != std::string::npos);
  bench.snapshotter.stop();
  CHECK(bench.storage.snapshots.empty());
}

TEST_CASE("Snapshotter: a leader's tree ends the snapshot of the tree that it replaces",
          "[shell][snapshotter]") {
  Bench bench;
  bench.snapshotter.put(piece("abc", false));
  bench.snapshotter.put(install(9, "tree", true, true));
  core::SnapshotPiece abandoned = piece("", true);
  abandoned.abandoned = true;
  bench.snapshotter.put(std::move(abandoned));
  bench.wait_until_idle();
  CHECK(bench.snapshotter.finish_install().ok());
  bench.snapshotter.stop();
  CHECK(bench.storage.snapshots.size() == 1);
  CHECK(bench.storage.snapshots.contains(9));
}

TEST_CASE("Snapshotter: nothing is purged while that is not allowed", "[shell][snapshotter]") {
  Bench bench({3, 1});
  bench.storage.wait_for("purge 3");
  bench.snapshotter.allow_purging(false);
  bench.snapshotter.put(piece("abc", true));
  bench.wait_until_idle();
  bench.snapshotter.stop();
  CHECK(std::count(bench.storage.calls.begin(), bench.storage.calls.end(), "purge 3") == 1);
}
