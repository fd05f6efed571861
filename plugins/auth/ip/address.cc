#include "plugins/auth/ip/address.h"

namespace zookernel::auth {
namespace {

// A number in the forms that Integer.parseInt takes, if it is between 0 and max.
std::optional<uint32_t> java_number(std::string_view text, uint32_t max) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(c - '0');
    if (value > max) return std::nullopt;  // before it can overflow: max is small
  }
  if (negative && value != 0) return std::nullopt;
  return value;
}

// Cuts text at the next separator and moves text behind it; the last piece leaves nothing, told by
// `more`.
std::string_view next_piece(std::string_view& text, char separator, bool& more) {
  const size_t at = text.find(separator);
  more = at != std::string_view::npos;
  const std::string_view piece = text.substr(0, at);
  text = more ? text.substr(at + 1) : std::string_view{};
  return piece;
}

std::optional<Address> parse_v4(std::string_view text) {
  Address address;
  address.size = 4;
  bool more = true;
  for (size_t i = 0; i < 4; ++i) {
    if (!more) return std::nullopt;
    const auto part = java_number(next_piece(text, '.', more), 255);
    if (!part) return std::nullopt;
    address.bytes[i] = static_cast<uint8_t>(*part);
  }
  if (more) return std::nullopt;
  return address;
}

struct Groups {
  std::array<uint16_t, 8> values{};
  size_t count = 0;
};

std::optional<uint16_t> hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    uint32_t digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<uint32_t>(c - 'A' + 10);
    else
      return std::nullopt;
    value = value * 16 + digit;
  }
  return static_cast<uint16_t>(value);
}

// Groups between colons; the empty text has none.
std::optional<Groups> parse_groups(std::string_view text) {
  Groups groups;
  bool more = !text.empty();
  while (more) {
    const auto group = hex_group(next_piece(text, ':', more));
    if (!group || groups.count == groups.values.size()) return std::nullopt;
    groups.values[groups.count++] = *group;
  }
  return groups;
}

std::optional<Address> parse_v6(std::string_view text) {
  const size_t gap = text.find("::");
  const auto head = parse_groups(text.substr(0, gap));
  if (!head) return std::nullopt;
  Groups tail;
  if (gap == std::string_view::npos) {
    if (head->count != 8) return std::nullopt;
  } else {
    const auto parsed = parse_groups(text.substr(gap + 2));
    if (!parsed || head->count + parsed->count > 7) return std::nullopt;
    tail = *parsed;
  }
  Address address;
  address.size = 16;
  const auto put = [&address](size_t group, uint16_t value) {
    address.bytes[group * 2] = static_cast<uint8_t>(value >> 8);
    address.bytes[group * 2 + 1] = static_cast<uint8_t>(value);
  };
  for (size_t i = 0; i < head->count; ++i) put(i, head->values[i]);
  for (size_t i = 0; i < tail.count; ++i) put(8 - tail.count + i, tail.values[i]);
  return address;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::optional<Network> parse_network(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, address->size * 8};
  if (slash != std::string_view::npos) {
    const auto bits = java_number(text.substr(slash + 1), address->size * 8);
    if (!bits) return std::nullopt;
    network.bits = *bits;
  }
  return network;
}

bool contains(const Network& network, const Address& address) {
  if (network.address.size != address.size) return false;
  const size_t whole = network.bits / 8;
  for (size_t i = 0; i < whole; ++i) {
    if (network.address.bytes[i] != address.bytes[i]) return false;
  }
  const uint32_t rest = network.bits % 8;
  if (rest == 0) return true;
  const auto difference =
      static_cast<uint32_t>(network.address.bytes[whole] ^ address.bytes[whole]);
  return (difference >> (8 - rest)) == 0;
}

}  // namespace zookernel::auth
