// What the kernel lends to the storage plugin, in this program.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/file_system.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/plugin.h"

namespace zookernel::db_tool {

// Keeps warnings and errors as lines.
class Remarks final : public Logger {
 public:
  void write(LogLevel level, std::string_view message, Fields fields) override {
    if (level != LogLevel::kWarn && level != LogLevel::kError) return;
    std::string line(message);
    for (const LogField& field : fields) {
      line += (line.size() == message.size() ? " (" : ", ") + std::string(field.name) + " " +
              field.value;
    }
    if (fields.size() != 0) line += ")";
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

class StorageHost final : public Host {
 public:
  explicit StorageHost(FileSystem& files) : files_(files) {}
  Logger& log() override { return remarks_; }
  Metrics& metrics() override { return metrics_; }
  FileSystem& files() override { return files_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_.lines(); }

 private:
  class NoMetrics final : public Metrics {
   public:
    Counter& counter(std::string_view) override { return counter_; }
    Gauge& gauge(std::string_view) override { return gauge_; }
    Summary& summary(std::string_view) override { return summary_; }

   private:
    Counter counter_;
    Gauge gauge_;
    Summary summary_;
  };

  FileSystem& files_;
  Remarks remarks_;
  NoMetrics metrics_;
};

class StorageSettings final : public Settings {
 public:
  // What the options of the plugin say, and `given` over it.
  StorageSettings(std::span<const ZookernelOption> options,
                  const std::map<std::string, std::string>& given) {
    for (const ZookernelOption& option : options) values_[option.key] = option.value;
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

}  // namespace zookernel::db_tool
