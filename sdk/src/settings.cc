// Typed access to settings with errors that an operator can act on.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>

#include "zookernel/plugin.h"

namespace zookernel {

Result<int64_t> Settings::integer(std::string_view key, int64_t min, int64_t max) const {
  const std::string_view text = get(key);
  std::string_view digits = text;
  const bool negative = digits.substr(0, 1) == "-";
  if (negative || digits.substr(0, 1) == "+") digits.remove_prefix(1);
  const bool hexadecimal = digits.substr(0, 2) == "0x" || digits.substr(0, 2) == "0X";
  // The sign goes back in front of decimal digits, for the smallest number has no positive one.
  std::string number = negative ? "-" : "";
  number += hexadecimal ? digits.substr(2) : digits;
  const bool signed_twice =
      digits.substr(0, 1) == "-" || (hexadecimal && digits.substr(2, 1) == "-");
  int64_t value = 0;
  const auto [end, problem] =
      std::from_chars(number.data(), number.data() + number.size(), value, hexadecimal ? 16 : 10);
  const bool whole =
      problem == std::errc{} && end == number.data() + number.size() && !signed_twice;
  if (whole && value >= min && value <= max) return value;
  return Error{Errc::kInvalid, std::string(key) + "=" + std::string(text) +
                                   ": a whole number from " + std::to_string(min) + " to " +
                                   std::to_string(max) + " is expected"};
}

Result<bool> Settings::boolean(std::string_view key) const {
  std::string text(get(key));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array<std::string_view, 3> kTrue = {"true", "yes", "on"};
  constexpr std::array<std::string_view, 3> kFalse = {"false", "no", "off"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return Error{Errc::kInvalid, std::string(key) + "=" + text + ": true or false is expected"};
}

}  // namespace zookernel
