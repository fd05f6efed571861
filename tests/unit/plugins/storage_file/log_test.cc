// Writing logs and reading them again; what damage does.
#include <catch2/catch_test_macros.hpp>

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/newest_log.h"
#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::file_storage {
namespace {

using sim::SimDisk;

constexpr size_t kSize = 100;
constexpr size_t kWhole = kSize + kRecordOverheadBytes;

// A directory with snapshot.0 and records from 1 on, synced in groups.
void write_log(SimDisk& disk, const std::vector<size_t>& groups,
               std::map<std::string, std::string> settings = {{"preAllocSize", "16"}}) {
  Rig rig(disk, std::move(settings));
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  int64_t next = 1;
  for (const size_t count : groups) {
    REQUIRE(rig.storage.append(make_records(Zxid{next}, count, kSize)));
    REQUIRE(rig.storage.sync());
    next += static_cast<int64_t>(count);
  }
  disk.kill();
}

// Java's header: no mark of what is durable. The witness of the newest log goes, too.
void as_java(SimDisk& disk) {
  std::string bytes = disk.content("/d/version-2/log.1");
  store_be64(bytes.data() + kDurableEndOffset, 0);
  disk.put("/d/version-2/log.1", bytes);
  REQUIRE(disk.remove("/d/version-2/.newest-log"));
}

void check_records(const Reading& reading, size_t count) {
  REQUIRE(reading.zxids.size() == count);
  for (size_t i = 0; i < count; ++i) {
    const Zxid zxid{static_cast<int64_t>(i) + 1};
    REQUIRE(reading.zxids[i] == zxid);
    REQUIRE(reading.bodies[i] == make_record(zxid, kSize).body.view());
  }
}

TEST_CASE("FileStorage: what was appended and synced is read again", "[storage][log]") {
  for (const char* preallocated : {"0", "1", "64", "65536"}) {
    SimDisk disk;
    write_log(disk, {1, 64, 1000, 1, 3}, {{"preAllocSize", preallocated}});

    Rig rig(disk);
    REQUIRE(rig.begin());
    Reading reading;
    const auto last = recover(rig.storage, &reading);

    REQUIRE(last);
    CHECK(last->value == 1069);
    check_records(reading, 1069);
    CHECK_FALSE(rig.host.logger.has(LogLevel::kWarn, ""));
  }
}

TEST_CASE("FileStorage: records of any size are read again", "[storage][log]") {
  SimDisk disk;
  std::vector<size_t> sizes = {32, 33, 1000, 4096, 65536, 1 << 20, (1 << 20) + 1, 5 << 20, 40};
  {
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    for (size_t i = 0; i < sizes.size(); ++i) {
      const LogRecord record = make_record(Zxid{static_cast<int64_t>(i) + 1}, sizes[i]);
      REQUIRE(rig.storage.append({&record, 1}));
    }
    REQUIRE(rig.storage.sync());
    disk.kill();
  }
  Rig rig(disk);
  REQUIRE(rig.begin());

  const Reading reading = read_all(rig.storage, Zxid{1});

  CHECK_FALSE(reading.error);
  REQUIRE(reading.zxids.size() == sizes.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    CHECK(reading.bodies[i] == make_record(reading.zxids[i], sizes[i]).body.view());
  }
}

TEST_CASE("FileStorage: a reader on the log thread sees what was appended", "[storage][log]") {
  SimDisk disk;
  Rig rig(disk);
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  REQUIRE(rig.storage.append(make_records(Zxid{1}, 10, kSize)));

  const Reading reading = read_all(rig.storage, Zxid{4});

  CHECK_FALSE(reading.error);
  REQUIRE(reading.zxids.size() == 7);
  CHECK(reading.zxids.front() == Zxid{4});
}

TEST_CASE(
    "FileStorage: a roll begins a file named by its first transaction, without padding behind the "
    "old one",
    "[storage][log]") {
  SimDisk disk;
  Rig rig(disk);
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  REQUIRE(rig.storage.append(make_records(Zxid{1}, 10, kSize)));
  REQUIRE(rig.storage.roll());
  REQUIRE(rig.storage.append(make_records(Zxid{11}, 10, kSize)));
  REQUIRE(rig.storage.sync());

  CHECK(disk.content("/d/version-2/log.1").size() == kLogHeaderBytes + 10 * kWhole);
  CHECK(disk.content("/d/version-2/log.b").size() == 65536 * 1024);
  CHECK(disk.content("/d/version-2/.newest-log").starts_with("log.b\n"));
  check_records(read_all(rig.storage, Zxid{1}), 20);
}

TEST_CASE("FileStorage: txnLogSizeLimitInKb rolls after the sync that makes the file larger",
          "[storage][log]") {
  SimDisk disk;
  Rig rig(disk, {{"txnLogSizeLimitInKb", "1"}, {"preAllocSize", "0"}});
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  for (int64_t zxid = 1; zxid <= 20; ++zxid) {
    const LogRecord record = make_record(Zxid{zxid}, kSize);
    REQUIRE(rig.storage.append({&record, 1}));
    REQUIRE(rig.storage.sync());
  }

  CHECK(disk.exists("/d/version-2/log.a"));
  CHECK(disk.exists("/d/version-2/log.13"));
  check_records(read_all(rig.storage, Zxid{1}), 20);
}

TEST_CASE("FileStorage: transactions out of order are not logged", "[storage][log]") {
  for (const int64_t bad : {int64_t{12}, int64_t{9}, int64_t{0x100000002}}) {
    SimDisk disk;
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    REQUIRE(rig.storage.append(make_records(Zxid{1}, 10, kSize)));
    const LogRecord record = make_record(Zxid{bad}, kSize);

    const auto appended = rig.storage.append({&record, 1});

    REQUIRE_FALSE(appended);
    CHECK(appended.error().message.find("cannot follow 0xa") != std::string::npos);
  }
}

TEST_CASE("FileStorage: a log cut at any byte is read up to there or refused, with Java's header",
          "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {3, 4}, {{"preAllocSize", "0"}});
  as_java(disk);
  const std::string whole = disk.content("/d/version-2/log.1");
  REQUIRE(whole.size() == kLogHeaderBytes + 7 * kWhole);
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    disk.put("/d/version-2/log.1", whole.substr(0, size));
    Rig rig(disk);
    REQUIRE(rig.begin());
    Reading reading;

    const auto last = recover(rig.storage, &reading);

    // Nobody can tell a cut Java log from one that never was longer. A cut header is no crash,
    // though.
    if (size != 0 && size < kLogHeaderBytes) {
      CHECK_FALSE(last);
      continue;
    }
    REQUIRE(last);
    const size_t good = size == 0 ? 0 : (size - kLogHeaderBytes) / kWhole;
    check_records(reading, good);
    if (good == 0) {
      CHECK_FALSE(disk.exists("/d/version-2/log.1"));
    } else {
      // Up to four bytes of the next record are zeros, and then padding.
      const size_t padding =
          disk.content("/d/version-2/log.1").size() - (kLogHeaderBytes + good * kWhole);
      CHECK(padding <= 4);
    }
  }
}

TEST_CASE("FileStorage: a log of ours that was cut is refused unless the cut is between records",
          "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {3, 4}, {{"preAllocSize", "0"}});
  const std::string whole = disk.content("/d/version-2/log.1");
  const std::string newest = disk.content("/d/version-2/.newest-log");
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    disk.put("/d/version-2/log.1", whole.substr(0, size));
    disk.put("/d/version-2/.newest-log", newest);
    Rig rig(disk);
    REQUIRE(rig.begin());
    Reading reading;

    const auto last = recover(rig.storage, &reading);

    const size_t body = size < kLogHeaderBytes ? 0 : size - kLogHeaderBytes;
    const bool between_records = body % kWhole == 0 && body != 0;
    CHECK(last.ok() == between_records);
    if (last) {
      CHECK(rig.host.logger.has(LogLevel::kError, "durable"));
      check_records(reading, body / kWhole);
    } else {
      CHECK(last.error().message.find("log.1: ") != std::string::npos);
      CHECK(disk.content("/d/version-2/log.1") == whole.substr(0, size));
    }
  }
}

// Flips every bit of a log in turn; `judge` looks at the flipped bit's offset and the outcome.
template <typename Judge>
void flip_every_bit(SimDisk& disk, Judge judge) {
  const size_t size = disk.content("/d/version-2/log.1").size();
  for (size_t offset = 0; offset < size; ++offset) {
    for (int bit = 0; bit < 8; ++bit) {
      disk.flip_bit("/d/version-2/log.1", offset, bit);
      {
        Rig rig(disk);
        REQUIRE(rig.begin());
        Reading reading;
        const auto contents = rig.storage.contents();
        reading = read_all(rig.storage, Zxid{1});
        if (!contents) reading.error = contents.error();
        judge(offset, reading);
      }
      disk.flip_bit("/d/version-2/log.1", offset, bit);
    }
  }
}

TEST_CASE("FileStorage: no flipped bit in a log shortens what is served in silence",
          "[storage][damage]") {
  constexpr size_t kCount = 50;
  SimDisk disk;
  write_log(disk, {20, 29, 1}, {{"preAllocSize", "0"}});

  flip_every_bit(disk, [&](size_t offset, const Reading& reading) {
    if (offset >= kLogHeaderBytes) {
      REQUIRE(reading.error);
      REQUIRE(reading.error->message.find("log.1: at byte") != std::string::npos);
    } else if (!reading.error) {
      // Version and mark of the header: nothing is lost by them.
      check_records(reading, kCount);
    }
  });
}

TEST_CASE("FileStorage: no flipped bit in a Java log shortens what is served in silence",
          "[storage][damage]") {
  constexpr size_t kCount = 12;
  SimDisk disk;
  write_log(disk, {kCount}, {{"preAllocSize", "0"}});
  as_java(disk);

  flip_every_bit(disk, [&](size_t offset, const Reading& reading) {
    if (offset >= kLogHeaderBytes) {
      REQUIRE(reading.error);
    } else if (!reading.error) {
      check_records(reading, kCount);
    }
  });
}

TEST_CASE("FileStorage: 512 zero bytes over the middle of a log are a hole", "[storage][damage]") {
  enum class Kind { kOurs, kOursWithoutNote, kJava };
  for (const Kind kind : {Kind::kOurs, Kind::kOursWithoutNote, Kind::kJava}) {
    SimDisk disk;
    write_log(disk, {999, 1});
    if (kind == Kind::kJava) as_java(disk);
    // Whatever became of it, it must not make damage look like an unfinished write.
    if (kind == Kind::kOursWithoutNote) REQUIRE(disk.remove("/d/version-2/.newest-log"));
    std::string bytes = disk.content("/d/version-2/log.1");
    for (const size_t offset : {size_t{20000}, size_t{51200}, size_t{16}}) {
      std::string damaged = bytes;
      std::fill_n(damaged.begin() + static_cast<ptrdiff_t>(offset), 512, '\0');
      disk.put("/d/version-2/log.1", damaged);
      Rig rig(disk);
      REQUIRE(rig.begin());

      const Reading reading = read_all(rig.storage, Zxid{1});

      REQUIRE(reading.error);
      CHECK(reading.error->message.find("good ones follow from byte") != std::string::npos);
    }
  }
}

TEST_CASE("FileStorage: a note that cannot be written stops nothing and does not stay behind",
          "[storage][log]") {
  for (const auto failing : {SimDisk::Operation::kOpen, SimDisk::Operation::kWrite,
                             SimDisk::Operation::kSync, SimDisk::Operation::kRename}) {
    INFO(static_cast<int>(failing));
    SimDisk disk;
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    REQUIRE(rig.storage.append(make_records(Zxid{1}, 10, kSize)));
    REQUIRE(rig.storage.sync());
    disk.set_fault([failing](SimDisk::Operation operation, const std::string& path) -> Status {
      if (operation != failing || path.find("newest-log") == std::string::npos) return Unit{};
      return Error{Errc::kFull, path + ": no space left on device"};
    });

    // In one file, and in the next.
    REQUIRE(rig.storage.append(make_records(Zxid{11}, 10, kSize)));
    REQUIRE(rig.storage.sync());
    REQUIRE(rig.storage.roll());
    REQUIRE(rig.storage.append(make_records(Zxid{21}, 10, kSize)));
    REQUIRE(rig.storage.sync());

    CHECK(rig.host.logger.has(LogLevel::kWarn, "cannot be noted"));
    CHECK_FALSE(disk.exists("/d/version-2/.newest-log"));
    check_records(read_all(rig.storage, Zxid{1}), 30);
  }
}

TEST_CASE("FileStorage: a log that was emptied or removed is missed", "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {10});
  SECTION("emptied") {
    disk.put("/d/version-2/log.1", "");
  }
  SECTION("removed") {
    REQUIRE(disk.remove("/d/version-2/log.1"));
  }
  Rig rig(disk);
  REQUIRE(rig.begin());

  const auto contents = rig.storage.contents();

  REQUIRE_FALSE(contents);
  CHECK(contents.error().message.find("/d/version-2/log.1: ") != std::string::npos);
}

TEST_CASE("FileStorage: damage below the snapshot does not matter", "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {50});
  disk.flip_bit("/d/version-2/log.1", kLogHeaderBytes + 10 * kWhole + 50, 3);
  Rig rig(disk);
  REQUIRE(rig.begin());

  const Reading behind = read_all(rig.storage, Zxid{31});
  const Reading before = read_all(rig.storage, Zxid{11});

  CHECK_FALSE(behind.error);
  CHECK(behind.zxids.size() == 20);
  CHECK(rig.host.logger.has(LogLevel::kWarn, "skipped"));
  CHECK(before.error);
}

TEST_CASE("FileStorage: a log that does not continue the snapshot is a hole", "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {50});
  Rig rig(disk);
  REQUIRE(rig.begin());
  REQUIRE(rig.storage.contents());
  disk.put("/d/version-2/log.3c", disk.content("/d/version-2/log.1"));
  REQUIRE(disk.remove("/d/version-2/log.1"));

  const Reading reading = read_all(rig.storage, Zxid{1});
  CHECK_FALSE(reading.error);  // The records themselves do continue, whatever the file is called.

  const auto records = make_records(Zxid{0x3c}, 2, kSize);
  Buffer bytes;
  encode_log_header(bytes.extend(kLogHeaderBytes), kLogHeaderBytes);
  for (const LogRecord& record : records) encode_record(bytes, record.body.view());
  disk.put("/d/version-2/log.3c", bytes.view());

  const Reading hole = read_all(rig.storage, Zxid{1});
  REQUIRE(hole.error);
  CHECK(hole.error->message.find("transaction 0x3c follows 0x0") != std::string::npos);
  CHECK_FALSE(read_all(rig.storage, Zxid{0x3c}).error);
}

TEST_CASE("FileStorage: an unsynced group of which the disk kept the end only is no damage",
          "[storage][damage]") {
  SimDisk disk;
  write_log(disk, {10, 30});
  // The first sectors of the second group never arrived, nor did the mark behind it.
  std::string bytes = disk.content("/d/version-2/log.1");
  const size_t durable = kLogHeaderBytes + 10 * kWhole;
  {
    auto newest = disk.open("/d/version-2/.newest-log", FileSystem::Mode::kReadWrite);
    REQUIRE(newest);
    REQUIRE(note_durable(**newest, "log.1", durable));
  }
  const size_t sector = (durable / 512 + 1) * 512;
  std::fill(bytes.begin() + durable, bytes.begin() + static_cast<ptrdiff_t>(sector) + 512, '\0');
  disk.put("/d/version-2/log.1", bytes);
  Rig rig(disk);
  REQUIRE(rig.begin());
  Reading reading;

  REQUIRE(recover(rig.storage, &reading));

  check_records(reading, 10);
  CHECK(disk.content("/d/version-2/log.1").size() == durable);
}

TEST_CASE(
    "FileStorage: data that contain records do not turn their own torn record into a hole "
    "elsewhere",
    "[storage][damage]") {
  // A znode may hold a copy of a log. As long as it is whole it is only data.
  SimDisk disk;
  Buffer inner;
  for (const LogRecord& record : make_records(Zxid{100}, 3, kSize))
    encode_record(inner, record.body.view());
  {
    Rig rig(disk, {{"preAllocSize", "0"}});
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    std::string body(make_record(Zxid{1}, kTxnHeaderBytes).body.view());
    body += inner.view();
    const LogRecord outer{Zxid{1}, SharedBytes(body)};
    REQUIRE(rig.storage.append({&outer, 1}));
    REQUIRE(rig.storage.append(make_records(Zxid{2}, 2, kSize)));
    REQUIRE(rig.storage.sync());
    disk.kill();
  }
  Rig rig(disk);
  REQUIRE(rig.begin());

  const Reading reading = read_all(rig.storage, Zxid{1});

  CHECK_FALSE(reading.error);
  CHECK(reading.zxids == std::vector<Zxid>{Zxid{1}, Zxid{2}, Zxid{3}});
}

TEST_CASE("FileStorage: after a failed write or sync nothing is written any more",
          "[storage][fault]") {
  using Operation = SimDisk::Operation;
  for (const auto operation : {Operation::kWrite, Operation::kSync}) {
    SimDisk disk;
    Rig rig(disk);
    REQUIRE(rig.begin());
    REQUIRE(recover(rig.storage));
    REQUIRE(rig.storage.append(make_records(Zxid{1}, 3, kSize)));
    REQUIRE(rig.storage.sync());
    disk.fail_nth(operation, 1, {Errc::kIo, "the disk says no"});
    REQUIRE(rig.storage.append(make_records(Zxid{4}, 3, kSize)));

    const auto synced = rig.storage.sync();
    const auto again = rig.storage.sync();
    const uint64_t changes = disk.changes();

    REQUIRE_FALSE(synced);
    CHECK(synced.error().message == "the disk says no");
    REQUIRE_FALSE(again);
    CHECK(again.error().message == "the disk says no");
    CHECK_FALSE(rig.storage.append(make_records(Zxid{7}, 1, kSize)));
    CHECK_FALSE(rig.storage.roll());
    CHECK_FALSE(rig.storage.save({1, 1}));
    CHECK_FALSE(rig.storage.truncate_after(Zxid{1}));
    rig.storage.stop();
    CHECK(disk.changes() == changes);
  }
}

TEST_CASE("FileStorage: a full disk is an error that is told and lasting", "[storage][fault]") {
  SimDisk disk;
  Rig rig(disk);
  REQUIRE(rig.begin());
  REQUIRE(recover(rig.storage));
  disk.set_capacity(200000);
  Status status = Unit{};
  int64_t synced = 0;
  for (int64_t zxid = 1; status && zxid < 10000; zxid += 10) {
    status = rig.storage.append(make_records(Zxid{zxid}, 10, kSize));
    if (status) status = rig.storage.sync();
    if (status) synced = zxid + 9;
  }
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Errc::kFull);
  disk.set_capacity(UINT64_MAX);
  CHECK_FALSE(rig.storage.sync());

  disk.kill();
  Rig again(disk);
  REQUIRE(again.begin());
  const Reading reading = read_all(again.storage, Zxid{1});
  CHECK_FALSE(reading.error);
  CHECK(reading.zxids.back().value >= synced);
}

TEST_CASE("FileStorage: forceSync=no syncs no group and is shouted about", "[storage][log]") {
  SimDisk disk;
  Rig rig(disk, {{"forceSync", "no"}});
  REQUIRE(rig.begin());
  CHECK(rig.host.logger.has(LogLevel::kWarn, "LOSES ACKNOWLEDGED WRITES"));
  REQUIRE(recover(rig.storage));
  REQUIRE(rig.storage.append(make_records(Zxid{1}, 1, kSize)));
  REQUIRE(rig.storage.sync());
  int syncs = 0;
  disk.set_fault([&syncs](SimDisk::Operation operation, const std::string&) -> Status {
    if (operation == SimDisk::Operation::kSync) ++syncs;
    return Unit{};
  });
  REQUIRE(rig.storage.append(make_records(Zxid{2}, 3, kSize)));
  REQUIRE(rig.storage.sync());

  CHECK(syncs == 0);
  CHECK(rig.host.numbers.summaries["fsynctime"].count() == 0);
  // Nothing vouches for what was not synced.
  CHECK((*read_newest_log(disk, "/d/version-2"))->durable_end == kLogHeaderBytes);
  CHECK(load_be64(disk.content("/d/version-2/log.1").data() + kDurableEndOffset) ==
        kLogHeaderBytes);
}

}  // namespace
}  // namespace zookernel::file_storage
