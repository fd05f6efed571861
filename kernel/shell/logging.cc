#include "kernel/shell/logging.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdio>

namespace zookernel::shell {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG ";
    case LogLevel::kInfo:
      return "INFO  ";
    case LogLevel::kWarn:
      return "WARN  ";
    case LogLevel::kError:
      return "ERROR ";
  }
  return "";
}

constexpr size_t kValueBytesMax = 4096;  // a line is for reading

void append_escaped(std::string& line, std::string_view text) {
  for (const char c : text.substr(0, kValueBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      line += escape;
    } else {
      line += c;
    }
  }
  if (text.size() > kValueBytesMax) line += "...";
}

void append_value(std::string& line, std::string_view value) {
  const bool quote = value.empty() || value.find_first_of(" \"=") != std::string_view::npos;
  if (quote) line += '"';
  append_escaped(line, value);
  if (quote) line += '"';
}

}  // namespace

LogSink::LogSink(LogLevel level)
    : out_(std::make_shared<spdlog::logger>("zookernel",
                                            std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  out_->set_pattern("%Y-%m-%d %H:%M:%S,%e %v");
  out_->flush_on(spdlog::level::trace);
  set_level(level);
}

LogSink::~LogSink() = default;

void LogSink::set_level(LogLevel level) {
  out_->set_level(level_of(level));
}

bool LogSink::enabled(LogLevel level) const {
  return out_->should_log(level_of(level));
}

void LogSink::write(LogLevel level, std::string_view part, std::string_view message,
                    Logger::Fields fields) {
  if (!enabled(level)) return;
  std::string line = name_of(level);
  if (!part.empty()) line.append("[").append(part).append("] ");
  append_escaped(line, message);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_value(line, field.value);
  }
  out_->log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
}

void LogSink::flush() {
  out_->flush();
}

bool LineLimit::allow(std::string_view key, int64_t now_ms, uint64_t& suppressed) {
  if (entries_.size() >= kKeysMax) {
    std::erase_if(entries_, [now_ms](const auto& each) {
      return now_ms - each.second.since_ms >= kIntervalMs;
    });
  }
  std::string name(key);
  if (entries_.size() >= kKeysMax && !entries_.contains(name)) name.clear();
  const auto [at, added] = entries_.try_emplace(std::move(name));
  Entry& entry = at->second;
  if (!added && now_ms - entry.since_ms < kIntervalMs) {
    ++entry.suppressed;
    return false;
  }
  suppressed = entry.suppressed;
  entry = {now_ms, 0};
  return true;
}

}  // namespace zookernel::shell
