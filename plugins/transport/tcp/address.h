// Addresses of sockets as text, the way Java prints them, because logs, `cons` and the ip scheme
// show and compare them.
#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include "zookernel/result.h"
#include "zookernel/transport.h"

namespace zookernel::transport {

// IPv4 and v4-mapped addresses: "10.0.0.1". IPv6: eight groups in lower-case hexadecimal without
// leading zeros, none left out ("0:0:0:0:0:0:0:1"), and "%interface" where the address has a scope.
[[nodiscard]] std::string java_address(const sockaddr_storage& address);

// The address and port of the other end.
[[nodiscard]] PeerInfo peer_info(const sockaddr_storage& address);

// Where to listen. An empty host: every address of the machine, IPv6 with IPv4 through it where the
// system has IPv6. A numeric host is taken as it is; a name is looked up, which blocks. [startup]
[[nodiscard]] Result<boost::asio::ip::tcp::endpoint> listen_address(const Endpoint& at);

// "host:port" for messages; IPv6 in brackets, an empty host as "*".
[[nodiscard]] std::string display(const Endpoint& at);

}  // namespace zookernel::transport
