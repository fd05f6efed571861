// Expected bytes as text: hexadecimal digits, spaces for the eye, <text> for a length and its
// bytes. The notation knows nothing of the code under test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zookernel::wire_test {

inline std::string bytes(std::string_view text) {
  auto nibble = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ') {
      ++i;
    } else if (text[i] == '<') {
      const size_t end = text.find('>', i);
      const std::string_view inner = text.substr(i + 1, end - i - 1);
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(inner.size() >> shift));
      }
      out.append(inner);
      i = end + 1;
    } else {
      out.push_back(static_cast<char>(nibble(text[i]) * 16 + nibble(text[i + 1])));
      i += 2;
    }
  }
  return out;
}

inline std::string text(std::string_view raw) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (char c : raw) {
    const auto byte = static_cast<uint8_t>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace zookernel::wire_test
