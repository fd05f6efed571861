// A data directory with real transactions, and what a server makes of it when something in it is
// damaged.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/storage/file/log_format.h"
#include "tests/simulation/sim_disk.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/storage.h"

namespace zookernel::fault {

inline const std::string kFolder = "/d/version-2/";
inline constexpr int64_t kEpochs = 12;  // acceptedEpoch and currentEpoch

// What the server did. `tree` is all that it knows, as text in an order of its own.
struct Outcome {
  bool served = false;
  std::string refusal;
  Zxid last;
  std::string tree;
  Epochs epochs;
  bool warned = false, error_line = false;
};

// Starts a server on the disk and stops it.
Outcome serve(sim::SimDisk& disk);

// A history of `count` transactions of every kind.
std::vector<LogRecord> history(size_t count);

struct Directory {
  std::unique_ptr<sim::SimDisk> disk;
  std::vector<LogRecord> records;
  Outcome whole;  // of the undamaged directory

  [[nodiscard]] std::string content(const std::string& name) const {
    return disk->content(kFolder + name);
  }
};

// What tells how much of a log is durable.
enum class Marks {
  kWhole,   // all that a server of ours leaves
  kNoNote,  // the note on the newest log is lost
  kJava,    // as Java leaves them: nothing
};

struct Shape {
  size_t count = 1000;
  // zxids behind which a snapshot is taken and a new log begun, ascending.
  std::vector<int64_t> snapshots;
  std::string compression;
  Marks marks = Marks::kWhole;
  bool epochs = false;  // as a member of an ensemble has them
  std::string preallocated_kib = "4";
};
Directory make_directory(const Shape& shape);

// The tree behind the first `count` of them, as Outcome has it.
std::string tree_after(const std::vector<LogRecord>& records, size_t count);

// The bytes of a snapshot of a database without anything.
std::string empty_snapshot();

// The begins of a log's records.
std::vector<size_t> record_begins(const std::string& log);

}  // namespace zookernel::fault
