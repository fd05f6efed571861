#include "tools/cli/base64.h"

#include <cstdint>

namespace zookernel::cli {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t byte = i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u;
      group = (group << 8) | byte;
    }
    for (size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? kAlphabet[(group >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  std::string_view digits = text.substr(0, text.find('='));
  const size_t padding = text.size() - digits.size();
  const auto wrong = [](std::string why) {
    return Error{Errc::kInvalid, "Illegal base64 data: " + std::move(why)};
  };
  for (const char c : text.substr(digits.size())) {
    if (c != '=') return wrong("characters after the padding");
  }
  if (digits.size() % 4 == 1 || padding > 2 ||
      (padding != 0 && (digits.size() + padding) % 4 != 0)) {
    return wrong("it ends in the middle of a group");
  }
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : digits) {
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return wrong("character '" + std::string(1, c) + "'");
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xff);
    }
  }
  return bytes;
}

}  // namespace zookernel::cli
