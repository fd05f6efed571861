// Every single bit of logs and of the note of the newest log.
#include <malloc.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <thread>

#include "plugins/storage/file/log_reader.h"
#include "tests/fault/damage/directory.h"
#include "tests/simulation/one_file.h"
#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::fault {
namespace {

using file_storage::kLogHeaderBytes;
using file_storage::LogReader;
using file_storage::NewestLog;

struct Count {
  size_t whole = 0, refused = 0, shorter = 0, wrong = 0;

  void add(const Count& other) {
    whole += other.whole;
    refused += other.refused;
    shorter += other.shorter;
    wrong += other.wrong;
  }
};

// Reads a log as recovery does. Recovery replays just what the reader gives, so that equal records
// are an equal tree.
void read_flipped(const std::string& log, const std::optional<NewestLog>& note,
                  const std::vector<LogRecord>& records, Zxid from, Count& count) {
  sim::OneFile files(kFolder + "log.1", log);
  file_storage::FakeLogger logger;
  LogReader reader(files, kFolder, {{Zxid{1}, "log.1"}}, note, from, logger);
  for (auto next = static_cast<size_t>(from.value - 1);; ++next) {
    auto record = reader.next();
    if (!record) {
      // A refusal names the file.
      ++(record.error().message.find("log.1") != std::string::npos ? count.refused : count.wrong);
      return;
    }
    if (!*record) {
      ++(next == records.size() ? count.whole : count.shorter);
      return;
    }
    if (next >= records.size() || (*record)->body != records[next].body.view()) {
      ++count.wrong;
      return;
    }
  }
}

Count flip_every_bit(const Directory& directory, Zxid from) {
  const std::string log = directory.content("log.1");
  const auto note = file_storage::read_newest_log(*directory.disk, "/d/version-2");
  REQUIRE(note);
  const size_t shares = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  std::vector<Count> counts(shares);
  std::vector<std::thread> threads;
  for (size_t share = 0; share < shares; ++share) {
    threads.emplace_back([&, share, copy = log]() mutable {
      for (size_t place = share; place < copy.size() * 8; place += shares) {
        char& byte = copy[place / 8];
        const char right = byte;
        byte = static_cast<char>(right ^ (1 << place % 8));
        read_flipped(copy, *note, directory.records, from, counts[share]);
        byte = right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Count count;
  for (const Count& part : counts) count.add(part);
  std::cout << log.size() * 8 << " bits flipped: " << count.whole << " served whole, "
            << count.refused << " refused, " << count.shorter << " served short\n";
  return count;
}

}  // namespace

// The reader's window is a block that malloc would give back and fetch again each time.
const int kept_memory =
    ::mallopt(M_MMAP_THRESHOLD, 16 << 20) + ::mallopt(M_TRIM_THRESHOLD, 64 << 20);

TEST_CASE("each flipped bit of a log of 1,000 records is served whole or refused", "[fault]") {
  for (const Marks marks : {Marks::kWhole, Marks::kNoNote, Marks::kJava}) {
    INFO("marks " << static_cast<int>(marks));
    Shape shape;
    shape.marks = marks;
    // Nothing differs along the length of a log; a whole one of ours is a minute of work.
    if (marks != Marks::kWhole) shape.count = 250;
    const Directory directory = make_directory(shape);

    const Count count = flip_every_bit(directory, Zxid{1});

    CHECK(count.shorter == 0);
    CHECK(count.wrong == 0);
    // The records, and four bytes of the header.
    const size_t end = record_begins(directory.content("log.1")).back();
    CHECK(count.refused >= (end - kLogHeaderBytes + 4) * 8);
  }
}

TEST_CASE("each flipped bit of a log that a snapshot covers in part is served whole or refused",
          "[fault]") {
  for (const Marks marks : {Marks::kWhole, Marks::kNoNote, Marks::kJava}) {
    Shape shape;
    shape.marks = marks;
    shape.count = 60;
    const Directory directory = make_directory(shape);
    const size_t records = record_begins(directory.content("log.1")).back();
    size_t refused = SIZE_MAX;
    for (const int64_t snapshot : {0, 30, 59, 60}) {
      INFO("snapshot " << snapshot << " marks " << static_cast<int>(marks));
      const Count count = flip_every_bit(directory, Zxid{snapshot + 1});
      CHECK(count.shorter == 0);
      CHECK(count.wrong == 0);
      // What the snapshot has is not missed.
      CHECK(count.refused < refused);
      refused = count.refused;
    }
    CHECK(refused < records);
  }
}

TEST_CASE("whole servers on flipped logs serve the whole tree or refuse", "[fault]") {
  for (const Marks marks : {Marks::kWhole, Marks::kNoNote, Marks::kJava}) {
    for (const std::vector<int64_t>& snapshots : {std::vector<int64_t>{}, {30}, {30, 60}, {80}}) {
      Shape shape;
      shape.count = 80;
      shape.snapshots = snapshots;
      shape.marks = marks;
      const Directory directory = make_directory(shape);
      for (const std::string& path : directory.disk->paths()) {
        if (path.find("/log.") == std::string::npos) continue;
        const size_t size = directory.disk->content(path).size();
        // A stride that meets each bit of a byte and each field of a record.
        for (size_t place = 0; place < size * 8; place += place < 128 ? 1 : 61) {
          auto disk = directory.disk->clone();
          disk->flip_bit(path, place / 8, static_cast<int>(place % 8));
          const Outcome outcome = serve(*disk);
          const bool right = outcome.served ? outcome.last == directory.whole.last &&
                                                  outcome.tree == directory.whole.tree
                                            : outcome.refusal.find("log.") != std::string::npos;
          if (!right) {
            FAIL_CHECK(path << " byte " << place / 8 << " bit " << place % 8 << " snapshots "
                            << snapshots.size() << " marks " << static_cast<int>(marks) << ": last "
                            << outcome.last.value << " " << outcome.refusal);
          }
        }
      }
    }
  }
}

TEST_CASE("no damage to the note of the newest log refuses a good directory", "[fault]") {
  Shape shape;
  shape.count = 40;
  shape.snapshots = {20};
  const Directory directory = make_directory(shape);
  const std::string note = directory.content(".newest-log");
  std::vector<std::string> damaged = {"", std::string(512, '\0'), std::string(5000, 'x')};
  for (size_t size = 0; size < note.size(); ++size) damaged.push_back(note.substr(0, size));
  for (size_t place = 0; place < note.size() * 8; ++place) {
    damaged.push_back(note);
    damaged.back()[place / 8] = static_cast<char>(note[place / 8] ^ (1 << place % 8));
  }
  for (const std::string& bytes : damaged) {
    INFO(bytes);
    auto disk = directory.disk->clone();
    disk->put(kFolder + ".newest-log", bytes);
    const Outcome outcome = serve(*disk);
    CHECK(outcome.served);
    CHECK(outcome.tree == directory.whole.tree);

    // The note is only one of two witnesses of an emptied log: the other still speaks.
    disk = directory.disk->clone();
    disk->put(kFolder + ".newest-log", note);
    disk->put(kFolder + "log.15", "");
    CHECK_FALSE(serve(*disk).served);
  }
}

}  // namespace zookernel::fault
