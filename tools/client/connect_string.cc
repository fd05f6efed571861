#include "tools/client/connect_string.h"

#include <charconv>
#include <optional>

#include "tools/client/path.h"

namespace zookernel::client {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

Error invalid(std::string_view server, const std::string& why) {
  return {Errc::kInvalid, "connect string: '" + std::string(server) + "' " + why};
}

Result<HostPort> parse_server(std::string_view text) {
  HostPort server;
  std::string_view port;
  if (text[0] == '[') {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return invalid(text, "has no closing bracket");
    server.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && port[0] != ':') return invalid(text, "has no colon after the bracket");
  } else {
    const size_t colon = text.rfind(':');
    server.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (server.host.empty()) return invalid(text, "names no host (host:port is expected)");
  if (port.size() > 1) {
    const std::optional<uint16_t> number = parse_port(port.substr(1));
    if (!number) return invalid(text, "has a port that is not a number from 1 to 65535");
    server.port = *number;
  }
  return server;
}

}  // namespace

std::string to_string(const HostPort& server) {
  const bool bare = server.host.find(':') == std::string::npos;
  return (bare ? server.host : "[" + server.host + "]") + ":" + std::to_string(server.port);
}

Result<ConnectString> parse_connect_string(std::string_view text) {
  ConnectString parsed;
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view chroot = text.substr(slash);
    if (chroot != "/") {
      if (const auto problem = path_problem(chroot)) {
        return Error{Errc::kInvalid, "connect string: chroot: " + *problem};
      }
      parsed.chroot = chroot;
    }
    text = text.substr(0, slash);
  }
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view word = trimmed(text.substr(0, comma));
    if (!word.empty()) {
      Result<HostPort> server = parse_server(word);
      if (!server.ok()) return server.error();
      parsed.servers.push_back(std::move(*server));
    }
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (parsed.servers.empty()) {
    return Error{Errc::kInvalid, "connect string: no server is named (host:port is expected)"};
  }
  return parsed;
}

}  // namespace zookernel::client
