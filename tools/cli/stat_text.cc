#include "tools/cli/stat_text.h"

#include <cstdio>
#include <ctime>

namespace zookernel::cli {

namespace {

std::string hex(int64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string date_text(int64_t ms) {
  // Names in English whatever the locale: this is a format, not a greeting.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<time_t>(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
  tm parts = {};
  if (::localtime_r(&seconds, &parts) == nullptr) return std::to_string(ms) + " ms";
  char text[96];
  std::snprintf(text, sizeof text, "%s %s %02d %02d:%02d:%02d %s %d", kDays[parts.tm_wday],
                kMonths[parts.tm_mon], parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                parts.tm_zone, parts.tm_year + 1900);
  return text;
}

std::string stat_text(const wire::Stat& stat) {
  return "cZxid = " + hex(stat.czxid) + "\nctime = " + date_text(stat.ctime) +
         "\nmZxid = " + hex(stat.mzxid) + "\nmtime = " + date_text(stat.mtime) +
         "\npZxid = " + hex(stat.pzxid) + "\ncversion = " + std::to_string(stat.cversion) +
         "\ndataVersion = " + std::to_string(stat.version) +
         "\naclVersion = " + std::to_string(stat.aversion) +
         "\nephemeralOwner = " + hex(stat.ephemeral_owner) +
         "\ndataLength = " + std::to_string(stat.data_length) +
         "\nnumChildren = " + std::to_string(stat.num_children);
}

}  // namespace zookernel::cli
