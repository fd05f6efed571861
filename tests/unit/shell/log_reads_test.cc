#include "kernel/shell/log_reads.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;

namespace {

constexpr ConnId kConn{3};

// Records 1 to `count` of `size` bytes, beside a snapshot of `snapshot_bytes`.
struct Bench {
  Bench(int count, size_t size, uint64_t snapshot_bytes)
      : inbox([this] {
          const std::lock_guard lock(mutex);
          ++wakes;
          woken.notify_all();
        }),
        snapshotter(storage, log, metrics, SnapshotterOptions{3, 0, snapshot_bytes}, [] {}),
        writer(storage, inbox, metrics, {}, [](const Error&) {}),
        reads(storage, writer, snapshotter, inbox, log, 0.5) {
    for (int64_t zxid = 1; zxid <= count; ++zxid)
      storage.log.push_back({Zxid{zxid}, SharedBytes(std::string(size, 'x'))});
    writer.start();
  }
  ~Bench() { writer.stop(); }

  LogRead next() {
    std::vector<OwnMessage> all;
    std::vector<ClientMessage> none;
    for (int seen = 0;;) {
      inbox.drain(all, none, 0);
      if (!all.empty()) return std::get<LogPiece>(all.front()).read;
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return wakes != seen; });
      seen = wakes;
    }
  }

  std::mutex mutex;
  std::condition_variable woken;
  int wakes = 0;
  MemoryStorage storage;
  MemoryLogger log;
  MetricsRegistry metrics;
  Inbox inbox;
  Snapshotter snapshotter;
  LogWriter writer;
  LogReads reads;
};

}  // namespace

TEST_CASE("LogReads: a log comes in pieces, each when it is asked for", "[shell][log_reads]") {
  Bench bench(10, 100'000, 100'000'000);
  bench.reads.begin({kConn, Zxid{2}, Zxid{8}});
  std::vector<int64_t> zxids;
  int pieces = 0;
  for (bool last = false; !last; ++pieces) {
    if (pieces != 0) bench.reads.next(kConn);
    const LogRead read = bench.next();
    CHECK(read.conn == kConn);
    CHECK(!read.missing);
    for (const LogRecord& record : read.records) zxids.push_back(record.zxid.value);
    last = read.last;
  }
  CHECK(zxids == std::vector<int64_t>{2, 3, 4, 5, 6, 7, 8});
  CHECK(pieces == 3);
}

TEST_CASE("LogReads: what is longer than a snapshot is worth is missing", "[shell][log_reads]") {
  Bench bench(10, 1000, 10'000);
  bench.reads.begin({kConn, Zxid{6}, Zxid{10}});
  CHECK(!bench.next().missing);
  bench.reads.begin({kConn, Zxid{5}, Zxid{10}});
  const LogRead read = bench.next();
  CHECK(read.missing);
  CHECK(read.last);
  CHECK(read.records.empty());
  CHECK(bench.log.count("longer than a snapshot is worth") == 1);
}

TEST_CASE("LogReads: a log that begins or ends elsewhere is missing", "[shell][log_reads]") {
  Bench bench(10, 10, 1'000'000);
  bench.reads.begin({kConn, Zxid{5}, Zxid{11}});
  CHECK(bench.next().missing);
  bench.reads.begin({kConn, Zxid{0}, Zxid{9}});
  CHECK(bench.next().missing);
}

TEST_CASE("LogReads: nothing more comes for a connection that is gone", "[shell][log_reads]") {
  Bench bench(10, 100'000, 100'000'000);
  bench.reads.begin({kConn, Zxid{1}, Zxid{10}});
  CHECK(!bench.next().last);
  bench.reads.end(kConn);
  bench.reads.next(kConn);
  bench.reads.begin({ConnId{4}, Zxid{10}, Zxid{10}});
  CHECK(bench.next().conn == ConnId{4});
}
