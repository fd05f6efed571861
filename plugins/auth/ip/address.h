// Addresses and masks of the ip scheme, read as Apache reads them.
//
//   entry   = address [ "/" bits ]
//   address = number "." number "." number "." number          each 0 to 255
//           | eight groups of 1 to 4 hex digits between ":"    one "::" may stand for zeros
//   bits    = number                                           0 to 32 or 0 to 128
//   number  = [ "+" | "-" ] digit { digit }                    as Java's Integer.parseInt
//
// "+127", "007" and "-0" are numbers; "::" stands for one group or more.
// No host names, no dotted tail after ":", no scope. Examples: 10.0.0.0/8, 127.0.0.01, ::1,
// fe80::/10, 0:0:0:0:0:0:0:1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace zookernel::auth {

struct Address {
  std::array<uint8_t, 16> bytes{};  // network order; an IPv4 address uses the first four
  uint32_t size = 0;                // 4 or 16
};

struct Network {
  Address address;
  uint32_t bits = 0;
};

// Nothing when the text is not of the grammar. [any]
std::optional<Address> parse_address(std::string_view text);
std::optional<Network> parse_network(std::string_view text);

// Same family, and the first bits are equal. [any]
bool contains(const Network& network, const Address& address);

}  // namespace zookernel::auth
