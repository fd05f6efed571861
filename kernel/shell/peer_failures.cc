#include "kernel/shell/peer_failures.h"

#include <algorithm>

namespace zookernel::shell {
namespace {

std::string text_of(const Endpoint& to) {
  const bool v6 = to.host.find(':') != std::string::npos;
  return (v6 ? "[" + to.host + "]" : to.host) + ":" + std::to_string(to.port);
}

bool same(const Endpoint& a, const Endpoint& b) {
  return a.host == b.host && a.port == b.port;
}

}  // namespace

std::string PeerFailures::name_of(Channel channel, const Endpoint& to) const {
  for (const Member& member : ensemble_.members) {
    const auto& addresses = channel == Channel::kQuorum ? member.quorum : member.election;
    if (std::any_of(addresses.begin(), addresses.end(),
                    [&to](const Endpoint& each) { return same(each, to); }))
      return "server." + std::to_string(member.id.value);
  }
  return {};
}

void PeerFailures::failed(Channel channel, const Endpoint& to, const std::string& reason,
                          int64_t now_ms) {
  const std::string name = name_of(channel, to);
  // Strangers say themselves where they are; nobody configured them.
  if (name.empty()) return;
  const std::string address = text_of(to);
  Failing& failing = failing_[name + " " + address];
  if (failing.attempts++ == 0) failing.since_ms = failing.next_line_ms = now_ms;
  if (now_ms < failing.next_line_ms) return;
  failing.next_line_ms = now_ms + failing.interval_ms;
  failing.interval_ms = std::min(failing.interval_ms * 2, kLastIntervalMs);
  log_.warn(name + " cannot be reached", {{"address", address},
                                          {"reason", reason},
                                          {"for_s", (now_ms - failing.since_ms) / 1000},
                                          {"attempts", failing.attempts}});
}

void PeerFailures::reached(Channel channel, const Endpoint& to, int64_t now_ms) {
  const std::string name = name_of(channel, to);
  const std::string address = text_of(to);
  const auto at = failing_.find(name + " " + address);
  if (at == failing_.end()) return;
  log_.info(name + " can be reached again", {{"address", address},
                                             {"after_s", (now_ms - at->second.since_ms) / 1000},
                                             {"attempts", at->second.attempts}});
  failing_.erase(at);
}

}  // namespace zookernel::shell
