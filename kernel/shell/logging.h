// Log lines on standard error, by spdlog:
//
//   2026-11-23 22:14:00,123 INFO  [storage/file] snapshot written zxid=0x5a ms=12
//
// The time is local, as Apache's. Values with blanks are quoted, control characters escaped: input
// never makes a line of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "zookernel/log.h"

namespace spdlog {
class logger;
}

namespace zookernel::shell {

// The process has one. [any]
class LogSink {
 public:
  explicit LogSink(LogLevel level);
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  void set_level(LogLevel level);
  [[nodiscard]] bool enabled(LogLevel level) const;
  void write(LogLevel level, std::string_view part, std::string_view message,
             Logger::Fields fields);
  void flush();

 private:
  std::shared_ptr<spdlog::logger> out_;  // shared with nobody; spdlog hands loggers out this way
};

// The lines of one part of the process, or without a part's name.
class PartLogger final : public Logger {
 public:
  // `sink` outlives the logger.
  PartLogger(LogSink& sink, std::string part) : sink_(sink), part_(std::move(part)) {}
  void write(LogLevel level, std::string_view message, Fields fields) override {
    sink_.write(level, part_, message, fields);
  }
  [[nodiscard]] bool enabled(LogLevel level) const override { return sink_.enabled(level); }

 private:
  LogSink& sink_;
  const std::string part_;
};

// Lines that a stranger can provoke at will: the first of a key (a peer's address) in a minute is
// let through, the others are counted. Not thread safe.
class LineLimit {
 public:
  static constexpr int64_t kIntervalMs = 60000;
  static constexpr size_t kKeysMax = 1024;  // above it all keys share one count

  // True when a line may be written now. `suppressed` gets how many were not since the last one.
  bool allow(std::string_view key, int64_t now_ms, uint64_t& suppressed);

 private:
  struct Entry {
    int64_t since_ms = 0;
    uint64_t suppressed = 0;
  };
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace zookernel::shell
