// Text of foreign origin as one line of bounded length, fit for a log and for a terminal.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace zookernel::shell {

inline constexpr size_t kLineBytesMax = 1000;

// Control characters become spaces; what is longer than kLineBytesMax is cut. [any]
inline std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kLineBytesMax));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

}  // namespace zookernel::shell
