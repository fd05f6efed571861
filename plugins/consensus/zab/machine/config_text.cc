#include "plugins/consensus/zab/machine/config_text.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace zookernel::zab {
namespace {

std::string host_text(const std::string& host) {
  const bool is_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return is_ipv6 ? "[" + host + "]" : host;
}

std::string server_line(const Member& member) {
  std::string addresses;
  for (size_t i = 0; i < member.quorum.size(); ++i) {
    if (i != 0) addresses += '|';
    addresses += address_text(member.quorum[i]) + ":" + std::to_string(member.election[i].port);
  }
  std::string line = "server." + std::to_string(member.id.value) + "=" + addresses +
                     (member.observer ? ":observer" : ":participant");
  if (member.client) line += ";" + address_text(*member.client);
  return line + "\n";
}

}  // namespace

std::string address_text(const Endpoint& endpoint) {
  return host_text(endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::string config_text(const Ensemble& ensemble) {
  std::map<int64_t, const Member*> members;
  for (const Member& member : ensemble.members) members[member.id.value] = &member;
  std::string text;
  for (const auto& [id, member] : members) text += server_line(*member);
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

}  // namespace zookernel::zab
