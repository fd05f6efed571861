#include "zookernel/wire/jute.h"

namespace zookernel::wire {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr uint64_t kHighBits = 0x8080808080808080ull;

bool is_continuation(uint8_t byte) {
  return (byte & 0xc0) == 0x80;
}

struct Sequence {
  size_t length = 1;         // bytes that are used up
  bool well_formed = false;  // false: they become one U+FFFD
};

// May `second` follow `lead`? Excludes overlong forms and what is above U+10FFFF; surrogates (ed
// a0..bf) pass, because the JDK takes all three bytes of one before it replaces them.
bool second_fits(uint8_t lead, uint8_t second) {
  if (!is_continuation(second)) return false;
  switch (lead) {
    case 0xe0:
      return second >= 0xa0;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second <= 0x8f;
    default:
      return true;
  }
}

size_t length_by_lead(uint8_t lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}

// The sequence at `from`, whose first byte is not ASCII. A sequence that breaks off counts up to
// the byte that does not fit, which is looked at again.
Sequence next_sequence(const uint8_t* from, size_t available) {
  const uint8_t lead = from[0];
  const size_t length = length_by_lead(lead);
  if (length == 1) return {1, false};
  if (available < 2 || !second_fits(lead, from[1])) return {1, false};
  for (size_t i = 2; i < length; ++i) {
    if (i == available || !is_continuation(from[i])) return {i, false};
  }
  const bool surrogate = lead == 0xed && from[1] >= 0xa0;
  return {length, !surrogate};
}

// Skips ASCII eight bytes at a time; returns the first index that may not be.
size_t skip_ascii(Bytes bytes, size_t from) {
  while (bytes.size() - from >= 8) {
    uint64_t eight;
    std::memcpy(&eight, bytes.data() + from, sizeof eight);
    if ((eight & kHighBits) != 0) break;
    from += 8;
  }
  while (from < bytes.size() && static_cast<uint8_t>(bytes[from]) < 0x80) ++from;
  return from;
}

void append_three_bytes(std::string& out, uint32_t unit) {
  out.push_back(static_cast<char>(0xe0 | (unit >> 12)));
  out.push_back(static_cast<char>(0x80 | ((unit >> 6) & 0x3f)));
  out.push_back(static_cast<char>(0x80 | (unit & 0x3f)));
}

// A well-formed sequence of four bytes as the two surrogates of UTF-16, three bytes each.
void append_surrogates(std::string& out, const uint8_t* from) {
  const uint32_t code = (static_cast<uint32_t>(from[0] & 0x07) << 18) |
                        (static_cast<uint32_t>(from[1] & 0x3f) << 12) |
                        (static_cast<uint32_t>(from[2] & 0x3f) << 6) | (from[3] & 0x3fu);
  ZOOKERNEL_ASSERT(code >= 0x10000);
  ZOOKERNEL_ASSERT(code <= 0x10ffff);
  const uint32_t offset = code - 0x10000;
  append_three_bytes(out, 0xd800 + (offset >> 10));
  append_three_bytes(out, 0xdc00 + (offset & 0x3ff));
}

}  // namespace

bool utf8_is_plain(Bytes bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  for (size_t at = skip_ascii(bytes, 0); at < bytes.size(); at = skip_ascii(bytes, at)) {
    const Sequence sequence = next_sequence(data + at, bytes.size() - at);
    if (!sequence.well_formed || sequence.length == 4) return false;
    at += sequence.length;
  }
  return true;
}

std::string utf8_sanitize(Bytes bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  std::string out;
  out.reserve(bytes.size());
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t ascii_end = skip_ascii(bytes, at);
    out.append(bytes.substr(at, ascii_end - at));
    at = ascii_end;
    if (at == bytes.size()) break;
    const Sequence sequence = next_sequence(data + at, bytes.size() - at);
    if (!sequence.well_formed) {
      out.append(kReplacement);
    } else if (sequence.length == 4) {
      append_surrogates(out, data + at);
    } else {
      out.append(bytes.substr(at, sequence.length));
    }
    at += sequence.length;
  }
  return out;
}

}  // namespace zookernel::wire
