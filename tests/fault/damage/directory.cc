#include "tests/fault/damage/directory.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/recovery.h"
#include "plugins/storage/file/newest_log.h"
#include "tests/support/txn_builder.h"
#include "tests/unit/plugins/storage_file/harness.h"
#include "tools/db/snapshot_walk.h"

namespace zookernel::fault {
namespace {

using file_storage::Rig;

std::string snapshot_of(core::Server& server) {
  core::Effects effects;
  std::string bytes;
  server.step(core::Input(core::SnapshotBegin{}), effects);
  while (server.snapshot_running()) {
    effects.clear();
    server.step(core::Input(core::SnapshotSlice{4096}), effects);
    for (const core::SnapshotPiece& piece : effects.snapshot) bytes += piece.bytes.view();
  }
  return bytes;
}

class InMemory : public SnapshotReader {
 public:
  explicit InMemory(Bytes bytes) : left_(bytes) {}
  Result<size_t> read(char* to, size_t count) override {
    const Bytes piece = left_.substr(0, count);
    std::copy(piece.begin(), piece.end(), to);
    left_.remove_prefix(piece.size());
    return piece.size();
  }

 private:
  Bytes left_;
};

// Sessions and znodes with all that they have, in an order that does not tell how they came about.
std::string tree_of(core::Server& server) {
  const std::string bytes = snapshot_of(server);
  InMemory reader(bytes);
  std::map<int64_t, std::string> acls;
  std::map<std::string, std::string> lines;
  const auto number = [](int64_t value) { return std::to_string(value) + ' '; };
  db_tool::SnapshotVisitor visitor;
  visitor.session = [&](const wire::SessionEntry& session) {
    lines["session " + number(session.session_id)] = number(session.timeout);
  };
  visitor.acl = [&](int64_t ref, const wire::AclListView& list) {
    Buffer text;
    wire::Writer writer(text);
    wire::write(writer, list);
    acls[ref] = std::string(text.view());
  };
  visitor.node = [&](const db_tool::SnapshotNode& node) {
    const wire::StatPersisted& stat = node.stat;
    lines["znode " + std::string(node.path.bytes)] =
        (node.data.null ? "null" : "data " + std::string(node.data.bytes)) + ' ' +
        acls[node.acl_ref] + number(stat.czxid) + number(stat.mzxid) + number(stat.pzxid) +
        number(stat.ctime) + number(stat.mtime) + number(stat.version) + number(stat.cversion) +
        number(stat.aversion) + number(stat.ephemeral_owner);
  };
  REQUIRE(db_tool::walk_snapshot(reader, visitor));
  std::string text;
  for (const auto& [name, line] : lines) text += name + ' ' + line + '\n';
  return text;
}

std::unique_ptr<core::Server> make_server(Metrics& metrics) {
  core::ServerParts parts;
  parts.metrics = &metrics;
  return std::make_unique<core::Server>(std::move(parts));
}

Status write_whole(Storage& storage, Zxid zxid, const std::string& bytes) {
  auto writer = storage.begin_snapshot(zxid);
  if (!writer) return writer.error();
  if (auto written = (*writer)->write(bytes); !written) return written;
  return (*writer)->finish();
}

void as_java(sim::SimDisk& disk) {
  for (const std::string& path : disk.paths()) {
    if (path.find("/log.") == std::string::npos) continue;
    std::string bytes = disk.content(path);
    store_be64(bytes.data() + file_storage::kDurableEndOffset, 0);
    disk.put(path, bytes);
  }
  REQUIRE(disk.remove(kFolder + std::string(file_storage::kNewestLogFile)));
}

}  // namespace

Outcome serve(sim::SimDisk& disk) {
  Outcome outcome;
  Rig rig(disk);
  const auto finish = [&](const Error& error) {
    outcome.refusal = error.message;
    return outcome;
  };
  if (auto begun = rig.begin(); !begun) return finish(begun.error());
  shell::RecoveryOptions options;
  options.directories = {"/d", "/d"};
  auto recovered =
      shell::Recovery(rig.storage, disk, rig.host.logger, rig.host.numbers, options, [&] {
        return make_server(rig.host.numbers);
      }).run();
  for (const auto& [level, line] : rig.host.logger.lines) {
    outcome.warned = outcome.warned || level >= LogLevel::kWarn;
    outcome.error_line = outcome.error_line || level >= LogLevel::kError;
  }
  if (!recovered) return finish(recovered.error());
  outcome.served = true;
  outcome.last = recovered->server->last_zxid();
  outcome.tree = tree_of(*recovered->server);
  outcome.epochs = recovered->epochs;
  return outcome;
}

std::vector<LogRecord> history(size_t count) {
  std::vector<LogRecord> records;
  const auto add = [&records](const test::Body& body) {
    const auto zxid = static_cast<int64_t>(records.size()) + 1;
    records.push_back(
        {Zxid{zxid}, SharedBytes(test::record({zxid, 1700000000000 + zxid, 0x1000}, body))});
  };
  add(test::create_session(30000));
  add(test::create("/a"));
  for (size_t i = 0; records.size() < count; ++i) {
    const std::string name = "/a/" + std::to_string(i / 10);
    switch (i % 10) {
      case 0:
        add(test::create(name, "first"));
        break;
      case 1:
        add(test::create(test::Create{name + "/e", "", test::world_acl(), true}));
        break;
      case 5:
        add(test::multi({test::set_data(name, "B", 5), test::create(name + "/m", std::nullopt)}));
        break;
      case 6:
        add(test::set_acl(name, test::world_acl(1), 1));
        break;
      case 8:
        add(test::erase(name + "/m"));
        break;
      case 9:
        add(test::error(-101));
        break;
      default:
        add(test::set_data("/a", "v" + std::to_string(i), static_cast<int32_t>(i)));
    }
  }
  return records;
}

Directory make_directory(const Shape& shape) {
  Directory made;
  made.disk = std::make_unique<sim::SimDisk>();
  made.records = history(shape.count);
  {
    std::map<std::string, std::string> settings{{"preAllocSize", shape.preallocated_kib},
                                                {"snapshot.compression.method", shape.compression}};
    Rig rig(*made.disk, settings);
    REQUIRE(rig.begin());
    auto server = make_server(rig.host.numbers);
    REQUIRE(write_whole(rig.storage, Zxid{0}, snapshot_of(*server)));
    REQUIRE(rig.storage.recovered(Zxid{0}));
    if (shape.epochs) REQUIRE(rig.storage.save({kEpochs, kEpochs}));
    for (const LogRecord& record : made.records) {
      REQUIRE(rig.storage.append({&record, 1}));
      if (record.zxid.value % 7 == 0) REQUIRE(rig.storage.sync());
      REQUIRE(server->replay(record.body.view()));
      if (std::count(shape.snapshots.begin(), shape.snapshots.end(), record.zxid.value) == 0)
        continue;
      REQUIRE(rig.storage.sync());
      REQUIRE(rig.storage.roll());
      REQUIRE(write_whole(rig.storage, record.zxid, snapshot_of(*server)));
    }
    REQUIRE(rig.storage.sync());
    made.disk->kill();
  }
  if (shape.marks == Marks::kJava) as_java(*made.disk);
  if (shape.marks == Marks::kNoNote)
    REQUIRE(made.disk->remove(kFolder + std::string(file_storage::kNewestLogFile)));
  auto copy = made.disk->clone();
  made.whole = serve(*copy);
  REQUIRE(made.whole.served);
  REQUIRE(made.whole.last == made.records.back().zxid);
  REQUIRE_FALSE(made.whole.warned);
  return made;
}

std::string tree_after(const std::vector<LogRecord>& records, size_t count) {
  file_storage::FakeMetrics metrics;
  auto server = make_server(metrics);
  for (size_t i = 0; i < count; ++i) REQUIRE(server->replay(records[i].body.view()));
  return tree_of(*server);
}

std::string empty_snapshot() {
  file_storage::FakeMetrics metrics;
  return snapshot_of(*make_server(metrics));
}

std::vector<size_t> record_begins(const std::string& log) {
  std::vector<size_t> begins;
  for (size_t at = file_storage::kLogHeaderBytes;
       at + file_storage::kRecordPrefixBytes <= log.size();) {
    const uint32_t length = load_be32(log.data() + at + 8);
    if (length == 0) break;
    begins.push_back(at);
    at += length + file_storage::kRecordOverheadBytes;
  }
  return begins;
}

}  // namespace zookernel::fault
