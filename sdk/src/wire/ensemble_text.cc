#include "zookernel/wire/ensemble_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/wire/quorum_lines.h"

namespace zookernel::wire {
namespace {

constexpr const char* kForm =
    "the form is host:quorumPort:electionPort[:participant|observer][;[host:]clientPort], several "
    "addresses separated by |";

Error wrong(std::string reason) {
  return {Errc::kInvalid, std::move(reason)};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  while (!text.empty() && kBlanks.find(text.front()) != kBlanks.npos) text.remove_prefix(1);
  while (!text.empty() && kBlanks.find(text.back()) != kBlanks.npos) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// Splits at colons, except inside brackets, which are taken off: "[::1]:2888:3888" gives "::1",
// "2888", "3888".
Result<std::vector<std::string>> split_address(std::string_view text) {
  std::vector<std::string> fields;
  if (text.starts_with('[')) {
    const size_t end = text.find("]:");
    if (end == std::string_view::npos) {
      return wrong("\"" + std::string(text) + "\" starts with '[' but has no matching ']:' (" +
                   kForm + ")");
    }
    fields.emplace_back(text.substr(1, end - 1));
    text.remove_prefix(end + 2);
    if (text.empty())
      return wrong("no port follows the address in brackets (" + std::string(kForm) + ")");
  }
  for (const std::string_view each : split(text, ':')) fields.emplace_back(each);
  return fields;
}

Result<uint16_t> read_port(const std::string& text) {
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value > 65535) {
    return wrong("\"" + text + "\" is not a port (0 to 65535 is allowed)");
  }
  return static_cast<uint16_t>(value);
}

std::optional<bool> read_role(std::string role) {
  for (char& c : role) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (role == "participant") return false;
  if (role == "observer") return true;
  return std::nullopt;
}

// One address of a member. `observer` is set when the address carries a role.
Status read_address(std::string_view text, Member& member, std::optional<bool>& observer) {
  const Result<std::vector<std::string>> fields = split_address(text);
  if (!fields) return fields.error();
  if (fields->size() < 3 || fields->size() > 4 || (*fields)[0].empty()) {
    return wrong("\"" + std::string(text) + "\": " + kForm + "; IPv6 addresses need brackets");
  }
  const Result<uint16_t> quorum = read_port((*fields)[1]);
  if (!quorum) return quorum.error();
  const Result<uint16_t> election = read_port((*fields)[2]);
  if (!election) return election.error();
  if (*quorum == *election) return wrong("quorum and election port must be different");
  if (fields->size() == 4) {
    const std::optional<bool> role = read_role((*fields)[3]);
    if (!role)
      return wrong("unrecognised peer type \"" + (*fields)[3] +
                   "\" (participant or observer is allowed)");
    if (observer && *observer != *role)
      return wrong("all addresses of a server must have the same role");
    observer = role;
  }
  member.quorum.push_back({(*fields)[0], *quorum});
  member.election.push_back({(*fields)[0], *election});
  return Unit{};
}

Status read_client(std::string_view text, Member& member) {
  const Result<std::vector<std::string>> fields = split_address(text);
  if (!fields) return fields.error();
  if (fields->size() > 2)
    return wrong("\"" + std::string(text) + "\" is no client address ([host:]port is allowed)");
  const Result<uint16_t> port = read_port(fields->back());
  if (!port) return port.error();
  member.client = Endpoint{fields->size() == 2 ? (*fields)[0] : "0.0.0.0", *port};
  return Unit{};
}

Result<int64_t> read_version(std::string_view text) {
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (problem != std::errc{} || end != text.data() + text.size())
    return wrong("\"" + std::string(text) + "\" is not a version (a hexadecimal number)");
  return value;
}

Status read_line(std::string_view key, std::string_view value, Ensemble& ensemble) {
  const std::string_view number = key.substr(std::min(key.find('.') + 1, key.size()));
  if (key == "version") {
    const Result<int64_t> version = read_version(value);
    if (!version) return version.error();
    ensemble.version = *version;
    return Unit{};
  }
  if (key.starts_with("server.")) {
    Result<Member> member = parse_server_line(number, value, true);
    if (!member) return member.error();
    ensemble.members.push_back(std::move(*member));
    return Unit{};
  }
  if (is_group_key(key)) {
    Result<MemberGroup> group = parse_group_line(key, value);
    if (!group) return group.error();
    ensemble.groups.push_back(std::move(*group));
    return Unit{};
  }
  if (is_weight_key(key)) {
    const Result<std::pair<ServerId, int64_t>> weight = parse_weight_line(key, value);
    if (!weight) return weight.error();
    ensemble.weights.push_back(*weight);
    return Unit{};
  }
  return wrong("the key is neither server.N, group.N, weight.N nor version");
}

std::string host_text(const std::string& host) {
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return is_ipv6 ? "[" + host + "]" : host;
}

}  // namespace

Result<Member> parse_server_line(std::string_view sid, std::string_view value, bool multi_address) {
  Member member;
  int64_t id = 0;
  const auto [end, problem] = std::from_chars(sid.data(), sid.data() + sid.size(), id);
  if (problem != std::errc{} || end != sid.data() + sid.size()) {
    return wrong("\"" + std::string(sid) +
                 "\" is not a server id (a whole number follows \"server.\")");
  }
  member.id = ServerId{id};

  const std::vector<std::string_view> parts = split(value, ';');
  if (parts.size() > 2) return wrong("more than one ';' (" + std::string(kForm) + ")");
  const std::vector<std::string_view> addresses = split(parts[0], '|');
  if (addresses.size() > 1 && !multi_address) {
    return wrong("several addresses need multiAddress.enabled=true");
  }
  std::optional<bool> observer;
  for (const std::string_view address : addresses) {
    if (Status read = read_address(address, member, observer); !read) return read.error();
  }
  member.observer = observer.value_or(false);
  if (parts.size() == 2) {
    if (Status read = read_client(parts[1], member); !read) return read.error();
  }
  return member;
}

std::string address_text(const Endpoint& endpoint) {
  return host_text(endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::string server_line(const Member& member) {
  std::string line;
  for (size_t i = 0; i < member.quorum.size(); ++i) {
    if (i != 0) line += '|';
    line += address_text(member.quorum[i]) + ":" + std::to_string(member.election[i].port);
  }
  line += member.observer ? ":observer" : ":participant";
  if (member.client) line += ";" + address_text(*member.client);
  return line;
}

std::string ensemble_text(const Ensemble& ensemble) {
  std::map<int64_t, const Member*> members;
  for (const Member& member : ensemble.members) members[member.id.value] = &member;
  std::string text;
  for (const auto& [id, member] : members)
    text += "server." + std::to_string(id) + "=" + server_line(*member) + "\n";
  for (const MemberGroup& group : ensemble.groups) {
    text += "group." + std::to_string(group.id) + "=";
    for (size_t i = 0; i < group.members.size(); ++i)
      text += (i == 0 ? "" : ":") + std::to_string(group.members[i].value);
    text += "\n";
  }
  std::map<int64_t, int64_t> weights;
  if (!ensemble.groups.empty()) {
    for (const auto& [id, member] : members)
      if (!member->observer) weights[id] = 1;
  }
  for (const auto& [id, weight] : ensemble.weights) weights[id.value] = weight;
  for (const auto& [id, weight] : weights)
    text += "weight." + std::to_string(id) + "=" + std::to_string(weight) + "\n";
  char version[32];
  std::snprintf(version, sizeof version, "version=%llx",
                static_cast<unsigned long long>(ensemble.version));
  return text + version;
}

Result<Ensemble> parse_ensemble_text(std::string_view text, const Ensemble& base) {
  Ensemble made = base;
  made.members.clear();
  made.groups.clear();
  made.weights.clear();
  made.version = 0;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos)
      return wrong("\"" + std::string(line) + "\" is no key=value line");
    if (Status read = read_line(trim(line.substr(0, equals)), trim(line.substr(equals + 1)), made);
        !read)
      return wrong("\"" + std::string(line) + "\": " + read.error().message);
  }
  if (made.members.empty()) return wrong("there is no server line");
  std::sort(made.members.begin(), made.members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  const auto twice =
      std::adjacent_find(made.members.begin(), made.members.end(),
                         [](const Member& a, const Member& b) { return a.id == b.id; });
  if (twice != made.members.end())
    return wrong("server." + std::to_string(twice->id.value) + " comes twice");
  return made;
}

}  // namespace zookernel::wire
