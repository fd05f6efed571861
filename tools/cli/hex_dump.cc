#include "tools/cli/hex_dump.h"

#include <cstdio>

namespace zookernel::cli {

namespace {

constexpr size_t kBytesPerLine = 16;
constexpr const char* kRule = "+--------+-------------------------------------------------+";

std::string hex(size_t value, int digits) {
  char text[20];
  const int size = std::snprintf(text, sizeof text, "%0*zx", digits, value);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace

std::string hex_dump(std::string_view bytes) {
  if (bytes.empty()) return {};
  std::string text =
      "         +-------------------------------------------------+\n"
      "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n";
  text.append(kRule).append("----------------+");
  for (size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
    const std::string_view part = bytes.substr(at, kBytesPerLine);
    std::string numbers;
    std::string letters;
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      numbers += " " + hex(byte, 2);
      letters += byte <= 0x1f || byte >= 0x7f ? '.' : c;
    }
    numbers.resize(3 * kBytesPerLine, ' ');
    letters.resize(kBytesPerLine, ' ');
    text.append("\n|").append(hex(at, 8)).append("|").append(numbers).append(" |");
    text.append(letters).append("|");
  }
  return text.append("\n").append(kRule).append("----------------+");
}

}  // namespace zookernel::cli
