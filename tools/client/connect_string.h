// The text that names an ensemble to a client.
//
//   connect string := server ( "," server )* [ chroot ]
//   server         := host [ ":" port ] | "[" IPv6 address "]" [ ":" port ]
//   chroot         := a path; "/" alone is none
//
//   "zk1:2181,zk2:2181,[::1]/app"
//
// Source: org.apache.zookeeper.client.ConnectStringParser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::client {

inline constexpr uint16_t kDefaultPort = 2181;

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = kDefaultPort;

  bool operator==(const HostPort&) const = default;
};

// "host:port", with brackets around an IPv6 address.
[[nodiscard]] std::string to_string(const HostPort& server);

struct ConnectString {
  std::vector<HostPort> servers;  // at least one
  std::string chroot;             // empty: none
};

// The error names the part that is wrong. [any]
[[nodiscard]] Result<ConnectString> parse_connect_string(std::string_view text);

}  // namespace zookernel::client
