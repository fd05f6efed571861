// Logger facade: a level, a constant message, values as fields. The kernel owns the library behind it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace zookernel {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// One value beside a message: log.info("snapshot written", {{"zxid", hex(zxid)}, {"ms", ms}}).
struct LogField {
  LogField(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  LogField(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  template <typename T>
    requires std::is_integral_v<T>
  LogField(std::string_view field_name, T number) : name(field_name), value(std::to_string(number)) {}

  std::string_view name;
  std::string value;
};

// Lines carry the time, the level and the name of the part that logs. Thread safe. [any]
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  virtual ~Logger();
  virtual void write(LogLevel level, std::string_view message, Fields fields) = 0;
  [[nodiscard]] virtual bool enabled(LogLevel level) const = 0;

  void debug(std::string_view message, Fields fields = {}) {
    if (enabled(LogLevel::kDebug)) write(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) { write(LogLevel::kInfo, message, fields); }
  void warn(std::string_view message, Fields fields = {}) { write(LogLevel::kWarn, message, fields); }
  void error(std::string_view message, Fields fields = {}) { write(LogLevel::kError, message, fields); }
};

// "0x1f", as ZooKeeper writes zxids and session ids.
std::string hex(int64_t value);

}  // namespace zookernel
