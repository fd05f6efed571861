// Parts of files x kinds of damage: each is served rightly, repaired with a report, or refused with
// the cause.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <iomanip>
#include <iostream>

#include "tests/fault/damage/directory.h"
#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::fault {
namespace {

using file_storage::kLogHeaderBytes;
using file_storage::kRecordPrefixBytes;
using sim::SimDisk;

constexpr size_t kSector = 512;

struct Part {
  std::string name, file;
  size_t begin = 0, end = 0;  // bytes of the file
};

std::vector<Part> log_parts(const Directory& directory, const std::string& file) {
  const std::string log = directory.content(file);
  const std::vector<size_t> begins = record_begins(log);
  std::vector<Part> parts = {{"log header", file, 0, kLogHeaderBytes}};
  for (const size_t index : {size_t{0}, begins.size() / 2, begins.size() - 1}) {
    const size_t at = begins[index];
    const size_t end = at + kRecordPrefixBytes + load_be32(log.data() + at + 8);
    parts.push_back({"checksum", file, at, at + 8});
    parts.push_back({"record length", file, at + 8, at + 12});
    parts.push_back({"body", file, at + 12, end});
    parts.push_back({"end byte", file, end, end + 1});
    if (index + 1 == begins.size() && end + 1 < log.size())
      parts.push_back({"padding", file, end + 1, log.size()});
  }
  return parts;
}

std::vector<Part> parts_of(const Directory& directory) {
  std::vector<Part> parts;
  for (const std::string& path : directory.disk->paths()) {
    const std::string name = path.substr(path.rfind('/') + 1);
    const size_t size = directory.disk->content(path).size();
    if (name.starts_with("log.")) {
      for (Part& part : log_parts(directory, name)) parts.push_back(std::move(part));
    } else if (name.starts_with("snapshot.")) {
      parts.push_back({"snapshot head", name, 0, 16});
      parts.push_back({"snapshot body", name, 16, size - 16});
      parts.push_back({"snapshot tail", name, size - 16, size});
    } else if (name.ends_with("Epoch")) {
      parts.push_back({"epoch file", name, 0, size});
    } else if (name == ".newest-log") {
      parts.push_back({"newest-log note", name, 0, size});
    }
  }
  return parts;
}

// Every third byte of long parts, all of short ones.
std::vector<size_t> places(const Part& part) {
  std::vector<size_t> chosen;
  const size_t step = part.end - part.begin > 64 ? 37 : 1;
  for (size_t at = part.begin; at < part.end; at += step) chosen.push_back(at);
  return chosen;
}

struct Tally {
  int right = 0, reported = 0, refused = 0, silent = 0;
};

class Matrix {
 public:
  explicit Matrix(const Directory& directory) : directory_(directory) {}

  void judge(const std::string& part, const std::string& fault, const std::string& detail,
             const Outcome& outcome) {
    Tally& tally = tallies_[part][fault];
    const Outcome& whole = directory_.whole;
    if (!outcome.served) {
      // A cause names a file, or what is missing.
      CHECK(outcome.refusal.find_first_of("./") != std::string::npos);
      ++tally.refused;
      return;
    }
    const bool right = outcome.last == whole.last && outcome.tree == whole.tree &&
                       outcome.epochs.accepted == whole.epochs.accepted &&
                       outcome.epochs.current == whole.epochs.current;
    if (right) {
      ++tally.right;
      return;
    }
    const auto count = static_cast<size_t>(outcome.last.value);
    const bool prefix = count < directory_.records.size() &&
                        outcome.epochs.accepted == whole.epochs.accepted &&
                        outcome.epochs.current == whole.epochs.current &&
                        outcome.tree == tree_after(directory_.records, count);
    if (prefix && outcome.error_line) {
      ++tally.reported;
      return;
    }
    ++tally.silent;
    FAIL_CHECK("wrong in silence: " << part << ", " << fault << ", " << detail << ": served up to "
                                    << outcome.last.value << " of " << whole.last.value);
  }

  void print(const std::string& title) const {
    std::cout << title << "\n"
              << std::left << std::setw(18) << "part" << std::setw(12) << "fault" << std::right
              << std::setw(8) << "right" << std::setw(10) << "reported" << std::setw(9) << "refused"
              << std::setw(8) << "silent\n";
    for (const auto& [part, faults] : tallies_) {
      for (const auto& [fault, tally] : faults) {
        std::cout << std::left << std::setw(18) << part << std::setw(12) << fault << std::right
                  << std::setw(8) << tally.right << std::setw(10) << tally.reported << std::setw(9)
                  << tally.refused << std::setw(7) << tally.silent << "\n";
      }
    }
  }

 private:
  const Directory& directory_;
  std::map<std::string, std::map<std::string, Tally>> tallies_;
};

// Gives `damage` a copy of the directory, and judges what a server does on it.
void run(Matrix& matrix, const Directory& directory, const Part& part, const std::string& fault,
         size_t place, const std::function<void(SimDisk&, std::string&)>& damage) {
  auto disk = directory.disk->clone();
  std::string bytes = directory.content(part.file);
  const std::string before = bytes;
  damage(*disk, bytes);
  if (bytes != before) disk->put(kFolder + part.file, bytes);
  matrix.judge(part.name, fault, part.file + " at byte " + std::to_string(place), serve(*disk));
}

void damage_everything(const Directory& directory, const std::string& title) {
  Matrix matrix(directory);
  for (const Part& part : parts_of(directory)) {
    for (const size_t at : places(part)) {
      for (int bit = 0; bit < 8; ++bit) {
        run(matrix, directory, part, "bit flip", at, [&](SimDisk&, std::string& bytes) {
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        });
      }
      // The sector that holds the place, and one that begins there.
      for (const size_t begin : {at / kSector * kSector, at}) {
        run(matrix, directory, part, "zeroed", begin, [&](SimDisk&, std::string& bytes) {
          std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                      std::min(kSector, bytes.size() - begin), '\0');
        });
      }
      run(matrix, directory, part, "truncation", at,
          [&](SimDisk&, std::string& bytes) { bytes.resize(at); });
    }
    run(matrix, directory, part, "EIO", part.begin, [&](SimDisk& disk, std::string&) {
      disk.set_fault([&part](SimDisk::Operation operation, const std::string& path) -> Status {
        if (operation != SimDisk::Operation::kRead || !path.ends_with("/" + part.file))
          return Unit{};
        return Error{Errc::kIo, "read " + path + ": input/output error"};
      });
    });
    run(matrix, directory, part, "ENOSPC", part.begin, [&](SimDisk& disk, std::string&) {
      disk.set_capacity(UINT64_MAX - *disk.free_space("/"));
    });
  }
  matrix.print(title);
}

}  // namespace

TEST_CASE("matrix: one log and the first snapshot", "[fault]") {
  Shape shape;
  shape.count = 100;
  shape.epochs = true;
  damage_everything(make_directory(shape), "one log, snapshot.0");
}

TEST_CASE("matrix: several logs and snapshots of each compression", "[fault]") {
  for (const char* compression : {"", "gz", "snappy"}) {
    INFO(compression);
    Shape shape;
    shape.count = 90;
    shape.snapshots = {30, 60};
    shape.compression = compression;
    damage_everything(make_directory(shape),
                      std::string("three logs, three snapshots ") + compression);
  }
}

TEST_CASE("matrix: a snapshot at the very end", "[fault]") {
  Shape shape;
  shape.count = 60;
  shape.snapshots = {60};
  damage_everything(make_directory(shape), "a snapshot behind the last transaction");
}

TEST_CASE("matrix: each change of the disk fails once while transactions are written", "[fault]") {
  const std::vector<LogRecord> records = history(60);
  size_t failed_runs = 0;
  for (const Errc code : {Errc::kFull, Errc::kIo}) {
    for (uint64_t nth = 1;; ++nth) {
      INFO("change " << nth);
      SimDisk disk;
      uint64_t changes = 0;
      disk.set_fault([&](SimDisk::Operation operation, const std::string& path) -> Status {
        if (operation == SimDisk::Operation::kRead || operation == SimDisk::Operation::kList ||
            operation == SimDisk::Operation::kLock || ++changes != nth)
          return Unit{};
        return Error{code, path + ": this change fails"};
      });
      size_t acknowledged = 0;
      bool failed = false;
      {
        file_storage::Rig rig(disk, {{"preAllocSize", "1"}});
        file_storage::FakeMetrics metrics;
        const auto attempt = [&](const Status& status) {
          failed = failed || !status.ok();
          return !failed;
        };
        const std::string empty = empty_snapshot();
        if (attempt(rig.begin())) {
          auto writer = rig.storage.begin_snapshot(Zxid{0});
          if (attempt(writer ? Status(Unit{}) : Status(writer.error())) &&
              attempt((*writer)->write(empty)) && attempt((*writer)->finish()) &&
              attempt(rig.storage.recovered(Zxid{0}))) {
            for (size_t i = 0; i < records.size(); ++i) {
              if (!attempt(rig.storage.append({&records[i], 1})) || !attempt(rig.storage.sync()))
                break;
              acknowledged = i + 1;
              if (i % 20 == 10 && !attempt(rig.storage.roll())) break;
            }
          }
        }
        rig.storage.stop();
      }
      disk.kill();
      const bool hit = changes >= nth;
      const Outcome outcome = serve(disk);
      INFO(outcome.refusal);
      REQUIRE(outcome.served);
      const auto last = static_cast<size_t>(outcome.last.value);
      REQUIRE(last >= acknowledged);
      REQUIRE(last <= records.size());
      REQUIRE(outcome.tree == tree_after(records, last));
      failed_runs += failed ? 1 : 0;
      if (!hit) break;
    }
  }
  CHECK(failed_runs > 200);
}

}  // namespace zookernel::fault
