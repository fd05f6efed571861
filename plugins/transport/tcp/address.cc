#include "plugins/transport/tcp/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <boost/asio/io_context.hpp>
#include <charconv>
#include <cstring>

#include "zookernel/bytes.h"

namespace zookernel::transport {
namespace {

std::string ipv4_text(const unsigned char* bytes) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    if (i != 0) text += '.';
    text += std::to_string(bytes[i]);
  }
  return text;
}

std::string ipv6_text(const in6_addr& address) {
  std::string text;
  for (size_t i = 0; i < 16; i += 2) {
    if (i != 0) text += ':';
    const unsigned group =
        (static_cast<unsigned>(address.s6_addr[i]) << 8) | address.s6_addr[i + 1];
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, group, 16).ptr;
    text.append(digits, end);
  }
  return text;
}

std::string scope_text(uint32_t scope) {
  char name[IF_NAMESIZE];
  if (::if_indextoname(scope, name) != nullptr) return name;
  return std::to_string(scope);
}

bool system_has_ipv6() {
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_any;
  // The family may exist while no address of it does (net.ipv6.conf.all.disable_ipv6 in a
  // container).
  const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
  ::close(probe);
  return bound;
}

}  // namespace

std::string java_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return ipv4_text(reinterpret_cast<const unsigned char*>(&v4.sin_addr));
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return ipv4_text(v6.sin6_addr.s6_addr + 12);
  std::string text = ipv6_text(v6.sin6_addr);
  if (v6.sin6_scope_id != 0) text += "%" + scope_text(v6.sin6_scope_id);
  return text;
}

PeerInfo peer_info(const sockaddr_storage& address) {
  PeerInfo peer;
  peer.address = java_address(address);
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    peer.port = ntohs(v4.sin_port);
  } else {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

Result<boost::asio::ip::tcp::endpoint> listen_address(const Endpoint& at) {
  namespace ip = boost::asio::ip;
  if (at.host.empty() || at.host == "0.0.0.0" || at.host == "::") {
    // As in Java, where 0.0.0.0 is served by a dual-stack socket.
    if (system_has_ipv6()) return ip::tcp::endpoint(ip::address_v6::any(), at.port);
    return ip::tcp::endpoint(ip::address_v4::any(), at.port);
  }
  boost::system::error_code problem;
  const ip::address numeric = ip::make_address(at.host, problem);
  if (!problem) return ip::tcp::endpoint(numeric, at.port);
  boost::asio::io_context context;
  ip::tcp::resolver resolver(context);
  const auto found = resolver.resolve(at.host, "", ip::resolver_base::passive, problem);
  if (problem || found.empty()) {
    return Error{Errc::kNotFound, "listen on " + display(at) +
                                      ": the host name cannot be resolved (" + problem.message() +
                                      "); use an address of this machine"};
  }
  return ip::tcp::endpoint(found.begin()->endpoint().address(), at.port);
}

std::string display(const Endpoint& at) {
  std::string host = at.host.empty() ? "*" : at.host;
  if (host.find(':') != std::string::npos && host.front() != '[') host = "[" + host + "]";
  return host + ":" + std::to_string(at.port);
}

}  // namespace zookernel::transport
