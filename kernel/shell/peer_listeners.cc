#include "kernel/shell/peer_listeners.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace zookernel::shell {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{1000};
constexpr int kBacklog = -1;

// The process takes these signals only when it serves.
bool asked_to_end() {
  sigset_t pending;
  sigemptyset(&pending);
  ::sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

}  // namespace

Status PeerListeners::open(const Config& config) {
  const auto& members = config.ensemble.members;
  const auto self = std::find_if(members.begin(), members.end(), [&config](const Member& each) {
    return each.id == config.ensemble.self;
  });
  if (self == members.end()) return Error{Errc::kInvalid, "this server is in no server line"};
  std::vector<uint16_t> bound;  // everywhere
  for (const auto& [channel, addresses] : {std::pair(Channel::kElection, &self->election),
                                           std::pair(Channel::kQuorum, &self->quorum)}) {
    for (Endpoint at : *addresses) {
      if (config.listen_for_peers_everywhere) {
        at.host.clear();
        if (std::find(bound.begin(), bound.end(), at.port) != bound.end()) continue;
        bound.push_back(at.port);
      }
      if (Status opened = open(channel, at, config.election_bind_tries); !opened) return opened;
    }
  }
  return Unit{};
}

Status PeerListeners::open(Channel channel, const Endpoint& at, int tries) {
  Endpoint tried = at;
  for (int attempt = 1;; ++attempt) {
    Result<Endpoint> bound = transport_.listen(channel, tried, kBacklog, events_);
    if (bound) return Unit{};
    if (bound.error().code == Errc::kNotFound && !tried.host.empty()) {
      // In a container the own name may get its address only when the server runs.
      log_.warn("the own name cannot be resolved; every address is listened on",
                {{"name", tried.host}, {"port", tried.port}, {"reason", bound.error().message}});
      tried.host.clear();
      continue;
    }
    if ((tries != 0 && attempt >= tries) || asked_to_end()) return bound.error();
    log_.warn("a port for the other servers cannot be opened; it is tried again",
              {{"reason", bound.error().message}, {"attempt", attempt}});
    std::this_thread::sleep_for(kBetweenTries);
  }
}

}  // namespace zookernel::shell
