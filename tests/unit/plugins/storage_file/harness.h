// A storage over a simulated disk, with everything that the kernel would lend it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/storage/file/file_storage.h"
#include "tests/simulation/sim_disk.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/plugin.h"

namespace zookernel::file_storage {

class FakeSettings : public Settings {
 public:
  explicit FakeSettings(std::map<std::string, std::string> given);
  [[nodiscard]] std::string_view get(std::string_view key) const override;
  [[nodiscard]] bool given(std::string_view key) const override;

 private:
  std::map<std::string, std::string, std::less<>> given_, all_;
};

class FakeLogger : public Logger {
 public:
  void write(LogLevel level, std::string_view message, Fields fields) override;
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  [[nodiscard]] bool has(LogLevel level, std::string_view part) const;

  std::vector<std::pair<LogLevel, std::string>> lines;
};

class FakeMetrics : public Metrics {
 public:
  Counter& counter(std::string_view name) override { return counters[std::string(name)]; }
  Gauge& gauge(std::string_view name) override { return gauges[std::string(name)]; }
  Summary& summary(std::string_view name) override { return summaries[std::string(name)]; }

  std::map<std::string, Counter> counters;
  std::map<std::string, Gauge> gauges;
  std::map<std::string, Summary> summaries;
};

class FakeHost : public Host {
 public:
  explicit FakeHost(FileSystem& files) : files_(files) {}
  Logger& log() override { return logger; }
  Metrics& metrics() override { return numbers; }
  FileSystem& files() override { return files_; }

  FakeLogger logger;
  FakeMetrics numbers;

 private:
  FileSystem& files_;
};

// A started storage. Settings on top of dataDir=/d.
struct Rig {
  explicit Rig(FileSystem& files, std::map<std::string, std::string> settings = {});
  // Configures and starts; made apart so that tests can look at failures.
  Status begin();

  FakeHost host;
  FakeSettings settings;
  FileStorage storage;
};

// What reading a log to its end gave.
struct Reading {
  std::vector<Zxid> zxids;
  std::vector<std::string> bodies;
  std::optional<Error> error;
};
Reading read_all(Storage& storage, Zxid from);

// A setData-like transaction whose body depends on `zxid` and `size` only; at least 32 bytes.
LogRecord make_record(Zxid zxid, size_t size = 100);
std::vector<LogRecord> make_records(Zxid first, size_t count, size_t size = 100);

// A body with a header and one seal, as a snapshot's last bytes are; `inside` is written as
// lastProcessedZxid.
std::string make_snapshot(Zxid inside, size_t size = 300);
Status write_snapshot(Storage& storage, Zxid zxid, Zxid inside);
Result<std::string> read_snapshot(Storage& storage, Zxid zxid);

// Does what a kernel does at start: newest snapshot, log behind it, recovered(). The last zxid.
Result<Zxid> recover(Storage& storage, Reading* reading = nullptr);

// Copies tests/fixtures/data/<name>/dataDir to /d of the disk.
void import_fixture(sim::SimDisk& disk, const std::string& name);

}  // namespace zookernel::file_storage
