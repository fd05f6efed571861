#include "kernel/shell/recovery.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/core/snapshot_encoder.h"
#include "kernel/shell/metrics_registry.h"
#include "kernel/shell/posix_file_system.h"
#include "tests/support/txn_builder.h"
#include "tests/unit/shell/fakes.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/txn.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::MemoryLogger;
using zookernel::shell::testing::MemoryStorage;
using zookernel::shell::testing::TempDir;

namespace {

// A storage, and everything that recovery needs beside it.
struct Bench {
  Result<Recovered> run(RecoveryOptions options = {}) {
    if (options.directories.empty()) options.directories = {dir.string(), dir.string()};
    return Recovery(storage, files, log, metrics, options,
                    [this] {
                      core::ServerParts parts;
                      parts.metrics = &metrics;
                      return std::make_unique<core::Server>(std::move(parts));
                    })
        .run();
  }
  std::string refusal(RecoveryOptions options = {}) {
    const Result<Recovered> recovered = run(std::move(options));
    REQUIRE(!recovered.ok());
    return recovered.error().message;
  }

  TempDir dir;
  MemoryStorage storage;
  MemoryLogger log;
  MetricsRegistry metrics;
  PosixFileSystem files;
};

// The bytes of a snapshot of an empty tree.
std::string empty_snapshot() {
  Bench bench;
  REQUIRE(bench.run().ok());
  return bench.storage.snapshots.at(0);
}

// A transaction that creates a session: the smallest that needs nothing.
LogRecord session(int64_t zxid) {
  Buffer body;
  wire::Writer writer(body);
  wire::TxnHeader header;
  header.client_id = 0x1000 + zxid;
  header.zxid = zxid;
  header.type = static_cast<int32_t>(wire::Opcode::kCreateSession);
  wire::write(writer, header);
  writer.write_int(4000);
  return {Zxid{zxid}, SharedBytes(body.view())};
}

// A log of four creates, and the snapshot that was begun behind the first and finished behind the
// third.
struct FuzzySnapshot {
  std::vector<LogRecord> log;
  std::string bytes;
};
FuzzySnapshot fuzzy_snapshot() {
  FuzzySnapshot made;
  core::DataTree tree(core::TreeOptions{true, true, 0});
  const auto commit = [&](int64_t zxid) {
    const std::string body = test::record(
        {zxid}, test::create(test::Create{"/" + std::to_string(zxid), "", test::world_acl(), false,
                                          static_cast<int32_t>(zxid)}));
    core::Applied applied;
    REQUIRE(tree.apply(body, nullptr, applied).ok());
    made.log.push_back({Zxid{zxid}, SharedBytes(Bytes(body))});
  };
  commit(1);
  Buffer out;
  core::SnapshotEncoder encoder(tree, {});
  REQUIRE(encoder.slice(1, out));
  commit(2);
  commit(3);
  while (encoder.slice(1, out)) {
  }
  commit(4);
  made.bytes = std::string(out.view());
  return made;
}

}  // namespace

TEST_CASE("Recovery: a new database gets a snapshot before anything is served",
          "[shell][recovery]") {
  Bench bench;
  const Result<Recovered> recovered = bench.run();

  REQUIRE(recovered.ok());
  CHECK(recovered->server->last_zxid() == Zxid{0});
  CHECK(bench.storage.snapshots.contains(0));
  CHECK(bench.storage.calls.front() == "recovered 0x0");
}

TEST_CASE("Recovery: a new database can be forbidden, and allowed once by a file",
          "[shell][recovery]") {
  Bench bench;
  RecoveryOptions options;
  options.create_empty_database = false;
  CHECK(bench.refusal(options).find("db.autocreate=false") != std::string::npos);
  CHECK(bench.storage.snapshots.empty());

  const std::string marker = bench.dir.write("initialize", "");
  CHECK(bench.run(options).ok());
  CHECK(!std::filesystem::exists(marker));
}

TEST_CASE("Recovery: the log behind the snapshot is replayed", "[shell][recovery]") {
  Bench bench;
  bench.storage.snapshots[0] = empty_snapshot();
  for (int64_t zxid = 1; zxid <= 5; ++zxid) bench.storage.log.push_back(session(zxid));

  const Result<Recovered> recovered = bench.run();
  REQUIRE(recovered.ok());
  CHECK(recovered->server->last_zxid() == Zxid{5});
  CHECK(recovered->replayed == 5);
  CHECK(bench.storage.calls == std::vector<std::string>{"recovered 0x5"});
  CHECK(bench.metrics.summary("startup_txns_loaded").sum() == 5);
}

TEST_CASE("Recovery: a log without a snapshot is served when it is the whole history",
          "[shell][recovery]") {
  for (const std::vector<int64_t>& zxids : std::vector<std::vector<int64_t>>{
           {1, 2}, {1, 0x100000001}, {0x100000001, 0x100000002, 0x200000001}}) {
    Bench bench;
    for (const int64_t zxid : zxids) bench.storage.log.push_back(session(zxid));

    const Result<Recovered> recovered = bench.run();

    REQUIRE(recovered.ok());
    CHECK(recovered->replayed == static_cast<int64_t>(zxids.size()));
    CHECK(bench.log.count("no snapshot was found; the logs are the whole history") == 1);
    CHECK(bench.storage.snapshots.contains(zxids.back()));
  }
}

TEST_CASE("Recovery: a log without a snapshot that may begin in the middle needs to be trusted",
          "[shell][recovery]") {
  const struct {
    std::vector<int64_t> zxids;
    const char* reason;
  } cases[] = {
      {{2, 3}, "the oldest transaction in the logs is 0x2,"},
      {{0x200000001}, "the oldest transaction in the logs is 0x200000001,"},
      {{0x100000002}, "the oldest transaction in the logs is 0x100000002,"},
      {{1, 2, 0x300000001}, "transaction 0x300000001 follows 0x2,"},
  };
  for (const auto& doubtful : cases) {
    Bench bench;
    for (const int64_t zxid : doubtful.zxids) bench.storage.log.push_back(session(zxid));
    const std::string refusal = bench.refusal();
    CHECK(refusal.starts_with("No snapshot found, but there are log entries"));
    CHECK(refusal.find(doubtful.reason) != std::string::npos);
    CHECK(refusal.find("snapshot.trust.empty=true") != std::string::npos);
    CHECK(bench.storage.calls.empty());

    RecoveryOptions options;
    options.trust_empty_snapshot = true;
    CHECK(bench.run(options).ok());
  }
}

TEST_CASE("Recovery: an empty log counts as a log", "[shell][recovery]") {
  Bench bench;
  bench.storage.has_log = true;
  CHECK(bench.refusal().starts_with("No snapshot found"));
}

TEST_CASE("Recovery: an older snapshot stands in for a damaged one when the log reaches far enough",
          "[shell][recovery]") {
  Bench bench;
  bench.storage.snapshots[0] = empty_snapshot();
  bench.storage.snapshots[3] = "damaged";
  for (int64_t zxid = 1; zxid <= 3; ++zxid) bench.storage.log.push_back(session(zxid));

  const Result<Recovered> recovered = bench.run();
  REQUIRE(recovered.ok());
  CHECK(recovered->server->last_zxid() == Zxid{3});
  CHECK(bench.log.count("snapshot cannot be loaded") == 1);
  CHECK(bench.log.count("the logs make up") == 1);

  bench.storage.log.pop_back();
  CHECK(bench.refusal().starts_with(
      "snapshot.3 is damaged, and the logs reach only transaction 0x2"));
}

TEST_CASE("Recovery: a snapshot without an end counts for what its name says",
          "[shell][recovery]") {
  Bench bench;
  bench.storage.incomplete = {Zxid{3}};
  CHECK(bench.refusal().starts_with("snapshot.3 is damaged, and the logs reach only"));
  CHECK(bench.storage.snapshots.empty());

  bench.storage.snapshots[0] = empty_snapshot();
  for (int64_t zxid = 1; zxid <= 3; ++zxid) bench.storage.log.push_back(session(zxid));
  CHECK(bench.run().ok());

  Bench fresh;
  fresh.storage.incomplete = {Zxid{0}};
  CHECK(fresh.run().ok());
}

TEST_CASE("Recovery: when no snapshot loads, all are named and nothing is served",
          "[shell][recovery]") {
  Bench bench;
  bench.storage.snapshots[0] = "damaged";
  bench.storage.snapshots[0x1f] = "damaged";
  bench.storage.log.push_back(session(1));

  const std::string refusal = bench.refusal();
  CHECK(refusal.find("snapshot.1f: ") != std::string::npos);
  CHECK(refusal.find("snapshot.0: ") != std::string::npos);
  CHECK(refusal.find("restore a backup") != std::string::npos);
}

TEST_CASE("Recovery: a transaction that cannot be understood is named", "[shell][recovery]") {
  Bench bench;
  bench.storage.snapshots[0] = empty_snapshot();
  bench.storage.log.push_back({Zxid{1}, SharedBytes(Bytes("rubbish"))});

  CHECK(bench.refusal().starts_with("transaction 0x1 of the log cannot be applied: "));
}

TEST_CASE("Recovery: a log that ends before the snapshot does is refused", "[shell][recovery]") {
  const FuzzySnapshot fuzzy = fuzzy_snapshot();
  for (size_t kept = 1; kept <= fuzzy.log.size(); ++kept) {
    INFO("the log ends at " << kept);
    Bench bench;
    bench.storage.snapshots[1] = fuzzy.bytes;
    bench.storage.log.assign(fuzzy.log.begin(),
                             fuzzy.log.begin() + static_cast<std::ptrdiff_t>(kept));

    if (kept < 3) {
      CHECK(bench.refusal().starts_with("the logs end at transaction 0x" + std::to_string(kept) +
                                        ", but the snapshot that they continue already holds "
                                        "changes of later ones"));
      // Neither made durable nor written: an operator may still repair it.
      CHECK(bench.storage.calls.empty());
    } else {
      const Result<Recovered> recovered = bench.run();
      REQUIRE(recovered.ok());
      CHECK(recovered->server->last_zxid() == Zxid{static_cast<int64_t>(kept)});
      CHECK(recovered->server->node_count() == 4 + kept);
    }
  }
}
