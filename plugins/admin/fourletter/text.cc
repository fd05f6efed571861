#include "plugins/admin/fourletter/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "zookernel/assert.h"

namespace zookernel::fourletter {
namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(int number) {
  const std::string digits = std::to_string(number);
  return digits.size() < 2 ? "0" + digits : digits;
}

}  // namespace

std::string hex(int64_t value) {
  std::array<char, 16> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<uint64_t>(value), 16);
  ZOOKERNEL_ASSERT(end.ec == std::errc());
  return {digits.data(), end.ptr};
}

std::string decimal(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 384> digits;  // the largest double has 309 digits before the point
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                 std::chars_format::fixed, 4);
  ZOOKERNEL_ASSERT(end.ec == std::errc());
  std::string text(digits.data(), end.ptr);
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

std::string plain(const ZookernelValue& value) {
  switch (value.kind) {
    case ZOOKERNEL_VALUE_INTEGER:
      return std::to_string(value.integer);
    case ZOOKERNEL_VALUE_REAL:
      return decimal(value.real);
    default:
      return plugin::string_of(value.text);
  }
}

std::string date(int64_t wall_ms) {
  // Rounded down also before 1970, so that the parts stay in range.
  const auto seconds = static_cast<time_t>(wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0));
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return "<NA>";
  std::string text = kDays[static_cast<size_t>(parts.tm_wday)];
  text += ' ';
  text += kMonths[static_cast<size_t>(parts.tm_mon)];
  text += ' ' + two_digits(parts.tm_mday) + ' ' + two_digits(parts.tm_hour) + ':' +
          two_digits(parts.tm_min) + ':' + two_digits(parts.tm_sec) + ' ';
  text += parts.tm_zone;
  return text + ' ' + std::to_string(parts.tm_year + 1900);
}

}  // namespace zookernel::fourletter
