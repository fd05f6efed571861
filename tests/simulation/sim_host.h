// What the kernel lends to the storage plugin, in the simulation.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "plugins/storage/file/options.h"
#include "plugins/storage/sqlite/options.h"
#include "tests/support/core_world.h"
#include "zookernel/file_system.h"
#include "zookernel/log.h"
#include "zookernel/plugin.h"

namespace zookernel::sim {

class SimSettings final : public Settings {
 public:
  explicit SimSettings(std::map<std::string, std::string> given) {
    for (const ZookernelOption& option : file_storage::kOptions) values_[option.key] = option.value;
    for (const ZookernelOption& option : sqlite_storage::kOptions)
      values_[option.key] = option.value;
    for (const auto& [key, value] : given) values_[key] = value;
  }
  [[nodiscard]] std::string_view get(std::string_view key) const override {
    const auto at = values_.find(key);
    return at == values_.end() ? std::string_view{} : std::string_view(at->second);
  }
  [[nodiscard]] bool given(std::string_view key) const override { return !get(key).empty(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Log lines go to the trace.
class SimLogger final : public Logger {
 public:
  explicit SimLogger(std::function<void(const std::string&)> to) : to_(std::move(to)) {}
  void write(LogLevel level, std::string_view message, Fields fields) override {
    // Durations are real time, which no two runs share.
    std::string line = level == LogLevel::kError  ? "ERROR "
                       : level == LogLevel::kWarn ? "WARN "
                                                  : "INFO ";
    line += message;
    for (const LogField& field : fields) {
      if (field.name != "ms") line += " " + std::string(field.name) + "=" + field.value;
    }
    to_(line);
  }
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }

 private:
  std::function<void(const std::string&)> to_;
};

class SimHost final : public Host {
 public:
  SimHost(FileSystem& files, std::function<void(const std::string&)> log)
      : files_(files), log_(std::move(log)) {}
  Logger& log() override { return log_; }
  Metrics& metrics() override { return metrics_; }
  FileSystem& files() override { return files_; }

 private:
  FileSystem& files_;
  SimLogger log_;
  test::DeafMetrics metrics_;
};

}  // namespace zookernel::sim
