#include "kernel/shell/log_writer.h"

#include <catch2/catch_test_macros.hpp>
#include <future>

#include "kernel/shell/metrics_registry.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryStorage;

namespace {

std::vector<Persist> appending(uint64_t ticket, int count) {
  std::vector<Persist> persists(1);
  persists[0].ticket = ticket;
  for (int i = 0; i < count; ++i) {
    persists[0].append.push_back(
        {Zxid{static_cast<int64_t>(ticket * 1000) + i}, SharedBytes(Bytes("0123456789"))});
  }
  return persists;
}

// A log writer with everything around it.
struct Bench {
  explicit Bench(LogWriterOptions options = {})
      : inbox([this] {
          const std::lock_guard lock(mutex);
          ++wakes;
          woken.notify_all();
        }),
        writer(
            storage, inbox, metrics, options,
            [this](const Error& error) { failed.set_value(error.message); },
            [this] {
              storage.record("install");
              storage.snapshots[7] = "tree";
              return Status(Unit{});
            }) {}

  // Waits for messages until one satisfies `wanted`; returns all that came.
  template <typename Wanted>
  std::vector<OwnMessage> wait(Wanted wanted) {
    std::vector<OwnMessage> all;
    std::vector<ClientMessage> none;
    int seen = 0;
    for (;;) {
      inbox.drain(all, none, 0);
      for (const OwnMessage& each : all) {
        if (wanted(each)) return all;
      }
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return wakes != seen; });
      seen = wakes;
    }
  }
  std::vector<OwnMessage> wait_for_ticket(uint64_t ticket) {
    return wait([ticket](const OwnMessage& each) {
      const auto* round = std::get_if<RoundDurable>(&each);
      return round != nullptr && round->ticket == ticket;
    });
  }

  std::mutex mutex;
  std::condition_variable woken;
  int wakes = 0;
  std::promise<std::string> failed;
  MemoryStorage storage;
  MetricsRegistry metrics;
  Inbox inbox;
  LogWriter writer;
};

}  // namespace

TEST_CASE("LogWriter: what gathers during a sync is written by one more sync",
          "[shell][log_writer]") {
  Bench bench;
  bench.storage.hold(1);
  bench.writer.start();
  auto first = appending(1, 1);
  bench.writer.submit(first);
  bench.storage.wait_for("append 1");
  for (uint64_t ticket = 2; ticket <= 5; ++ticket) {
    auto more = appending(ticket, 2);
    bench.writer.submit(more);
  }
  CHECK(bench.writer.backlog_bytes() == 90);

  bench.storage.hold(-1);
  const std::vector<OwnMessage> messages = bench.wait_for_ticket(5);
  bench.writer.stop();

  CHECK(bench.storage.calls == std::vector<std::string>{"append 1", "sync", "append 8", "sync"});
  REQUIRE(messages.size() == 2);
  CHECK(std::get<RoundDurable>(messages[0]).ticket == 1);
  CHECK(bench.writer.backlog_bytes() == 0);
}

TEST_CASE("LogWriter: stopping writes what waits", "[shell][log_writer]") {
  Bench bench;
  auto persists = appending(1, 3);
  bench.writer.submit(persists);
  bench.writer.start();
  bench.writer.stop();

  CHECK(bench.storage.log.size() == 3);
  CHECK(bench.storage.calls.back() == "sync");
}

TEST_CASE("LogWriter: a failure is told once and acknowledges nothing", "[shell][log_writer]") {
  for (const char* where : {"append", "sync"}) {
    Bench bench;
    bench.storage.fail_in = where;
    bench.writer.start();
    auto persists = appending(1, 1);
    bench.writer.submit(persists);

    CHECK(bench.failed.get_future().get() ==
          std::string(where) + " /data/log.1: no space left on device");
    bench.writer.stop();
    std::vector<OwnMessage> own;
    std::vector<ClientMessage> none;
    bench.inbox.drain(own, none, 0);
    CHECK(own.empty());
  }
}

TEST_CASE("LogWriter: epochs are saved behind the sync, truncation comes first",
          "[shell][log_writer]") {
  Bench bench;
  std::vector<Persist> persists = appending(1, 1);
  persists[0].truncate_after = Zxid{5};
  persists[0].epochs = Epochs{1, 1};
  persists[0].then.push_back({ConnId{3}, Buffer()});
  bench.writer.submit(persists);
  bench.writer.start();
  const std::vector<OwnMessage> messages = bench.wait_for_ticket(1);
  bench.writer.stop();

  CHECK(bench.storage.calls ==
        std::vector<std::string>{"truncate 0x5", "append 1", "sync", "save"});
  CHECK(std::get<RoundDurable>(messages[0]).then.size() == 1);
}

TEST_CASE("LogWriter: enough records or bytes roll the log and ask for a snapshot",
          "[shell][log_writer]") {
  LogWriterOptions by_records;
  by_records.snapshot_after_records = 10;
  LogWriterOptions by_bytes;
  by_bytes.snapshot_after_bytes = 100;
  LogWriterOptions by_recovery;
  by_recovery.snapshot_after_records = 1000;
  by_recovery.records_since_snapshot = 999;
  for (const LogWriterOptions& options : {by_records, by_bytes, by_recovery}) {
    Bench bench(options);
    bench.writer.start();
    auto persists = appending(1, 11);
    bench.writer.submit(persists);
    bench.wait([](const OwnMessage& each) { return std::holds_alternative<SnapshotDue>(each); });
    bench.writer.stop();

    CHECK(bench.storage.calls == std::vector<std::string>{"append 11", "sync", "roll"});
  }
}

TEST_CASE("LogWriter: with a delay a full round does not wait", "[shell][log_writer]") {
  LogWriterOptions options;
  options.flush_delay_ms = 60000;
  options.round_records_max = 4;
  Bench bench(options);
  bench.writer.start();
  auto first = appending(1, 2);
  bench.writer.submit(first);
  auto second = appending(2, 2);
  bench.writer.submit(second);

  bench.wait_for_ticket(2);
  bench.writer.stop();
  CHECK(bench.storage.calls == std::vector<std::string>{"append 4", "sync"});
}

TEST_CASE("LogWriter: a leader's tree comes behind the truncation and before the records",
          "[shell][log_writer]") {
  Bench bench;
  auto persists = appending(2, 1);
  Persist whole;
  whole.ticket = 1;
  whole.truncate_after = Zxid{7};
  whole.snapshot = true;
  persists.insert(persists.begin(), std::move(whole));
  persists[1].epochs = Epochs{3, 3};
  bench.writer.submit(persists);
  bench.writer.start();
  bench.wait_for_ticket(2);
  bench.writer.stop();
  CHECK(bench.storage.calls ==
        std::vector<std::string>{"truncate 0x7", "install", "roll", "append 1", "sync", "save"});
}

TEST_CASE("LogWriter: what no snapshot allows to be cut off goes when a leader's tree is there",
          "[shell][log_writer]") {
  Bench bench;
  bench.storage.base_needed = true;
  bench.writer.start();
  std::vector<Persist> cut(1);
  cut[0].ticket = 1;
  cut[0].truncate_after = Zxid{5};
  bench.writer.submit(cut);
  bench.wait_for_ticket(1);
  CHECK(bench.writer.uncut());

  std::vector<Persist> whole(1);
  whole[0].ticket = 2;
  whole[0].truncate_after = Zxid{7};
  whole[0].snapshot = true;
  bench.writer.submit(whole);
  bench.wait_for_ticket(2);
  CHECK(!bench.writer.uncut());
  bench.writer.stop();
  CHECK(bench.storage.calls == std::vector<std::string>{"truncate in vain", "truncate in vain",
                                                        "install", "truncate 0x7", "roll"});
}

TEST_CASE("LogWriter: nothing is appended to a log that should have been cut and was not",
          "[shell][log_writer]") {
  Bench bench;
  bench.storage.base_needed = true;
  auto persists = appending(2, 1);
  Persist cut;
  cut.ticket = 1;
  cut.truncate_after = Zxid{5};
  persists.insert(persists.begin(), std::move(cut));
  persists[1].epochs = Epochs{1, 1};
  auto failed = bench.failed.get_future();
  bench.writer.submit(persists);
  bench.writer.start();
  CHECK(failed.get().find("took transactions back") != std::string::npos);
  bench.writer.stop();
  CHECK(bench.storage.log.empty());
}

TEST_CASE("LogWriter: other work is done between rounds, in order", "[shell][log_writer]") {
  Bench bench;
  std::promise<void> done;
  bench.writer.between_rounds([&bench] { bench.storage.record("first"); });
  bench.writer.between_rounds([&bench, &done] {
    bench.storage.record("second");
    done.set_value();
  });
  bench.writer.start();
  done.get_future().wait();
  bench.writer.stop();
  CHECK(bench.storage.calls == std::vector<std::string>{"first", "second"});
}
