#include "plugins/consensus/zab/machine/election_links.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "zookernel/wire/ensemble_text.h"
#include "zookernel/wire/frame.h"

namespace zookernel::zab {
namespace {

// "host:port" or "[v6]:port"; of several, joined by '|', all that can be understood. Wildcards say
// nothing about where to dial.
std::vector<Endpoint> parse_addresses(Bytes text) {
  std::vector<Endpoint> found;
  while (!text.empty()) {
    const size_t bar = std::min(text.find('|'), text.size());
    const Bytes one = text.substr(0, bar);
    text.remove_prefix(std::min(bar + 1, text.size()));
    const size_t colon = one.rfind(':');
    if (colon == Bytes::npos) continue;
    Bytes host = one.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    Endpoint endpoint{std::string(host), 0};
    const char* end = one.data() + one.size();
    const auto [at, error] = std::from_chars(one.data() + colon + 1, end, endpoint.port);
    if (error != std::errc() || at != end || endpoint.port == 0) continue;
    if (host.empty() || host == "0.0.0.0" || host == "::" || host == "0:0:0:0:0:0:0:0") continue;
    found.push_back(std::move(endpoint));
  }
  return found;
}

}  // namespace

ElectionLinks::ElectionLinks(const Ensemble& ensemble) : self_(ensemble.self) {
  hello_.server_id = self_.value;
  introduce_as(ensemble);
  for (const Member& member : ensemble.members) {
    if (member.id == self_) continue;
    Peer& peer = peers_[member.id];
    peer.addresses = member.election;
    peer.member = true;
  }
}

void ElectionLinks::introduce_as(const Ensemble& ensemble) {
  for (const Member& member : ensemble.members) {
    if (member.id != self_) continue;
    hello_.protocol =
        ensemble.multi_address ? wire::kElectionProtocolV2 : wire::kElectionProtocolV1;
    hello_.addresses.clear();
    const size_t count = ensemble.multi_address ? member.election.size() : 1;
    for (size_t i = 0; i < count; ++i)
      hello_.addresses += (i == 0 ? "" : "|") + wire::address_text(member.election[i]);
  }
}

void ElectionLinks::set_members(const Ensemble& ensemble, const Ensemble* next, Outlet& out) {
  introduce_as(ensemble);
  if (hello_.addresses.empty() && next != nullptr) introduce_as(*next);
  std::map<ServerId, std::vector<Endpoint>> members;
  for (const Ensemble* each : {&ensemble, next}) {
    if (each == nullptr) continue;
    for (const Member& member : each->members) {
      // Where it is now and, after that, where it will be.
      std::vector<Endpoint>& addresses = members[member.id];
      for (const Endpoint& at : member.election) {
        if (std::find(addresses.begin(), addresses.end(), at) == addresses.end())
          addresses.push_back(at);
      }
    }
  }
  members.erase(self_);
  std::vector<ConnId> gone;
  for (auto& [id, peer] : peers_) {
    const auto found = members.find(id);
    const bool moved = found != members.end() && peer.addresses != found->second;
    if (peer.member && (found == members.end() || (next == nullptr && moved)) &&
        peer.conn.value != 0)
      gone.push_back(peer.conn);
    peer.member = found != members.end();
  }
  for (const ConnId conn : gone) drop(conn, out);
  std::erase_if(peers_, [](const auto& each) {
    return !each.second.member && each.second.conn.value == 0 && each.second.dialing == 0;
  });
  for (auto& [id, addresses] : members) {
    Peer& peer = peers_[id];
    peer.member = true;
    if (peer.addresses == addresses) continue;
    peer.addresses = std::move(addresses);
    peer.next_address = 0;
  }
}

void ElectionLinks::send(ServerId to, const wire::Notification& notification, Outlet& out) {
  const auto found = peers_.find(to);
  if (found == peers_.end()) return;
  Peer& peer = found->second;
  peer.last = notification;
  if (peer.conn.value != 0) return say(peer.conn, notification, out);
  peer.waiting = true;
  dial(peer, out);
}

void ElectionLinks::say(ConnId conn, const wire::Notification& notification, Outlet& out) {
  // In one write: Apache reads some of these fields with a single call.
  Buffer bytes;
  wire::Writer writer(bytes);
  wire::write_notification(writer, notification);
  out.send(conn, std::move(bytes));
}

void ElectionLinks::dial(Peer& peer, Outlet& out) {
  if (peer.dialing != 0 || peer.addresses.empty()) return;
  peer.redial_at_ms = INT64_MAX;
  peer.dialing =
      out.dial(Channel::kElection, peer.addresses[peer.next_address % peer.addresses.size()]);
}

void ElectionLinks::on_opened(const Opened& opened, Outlet& out) {
  if (opened.dial == 0) {
    const auto unknown = std::count_if(connections_.begin(), connections_.end(),
                                       [](const auto& c) { return !c.second.peer; });
    if (static_cast<size_t>(unknown) >= kUnknownMax) return out.close(opened.conn);
    connections_[opened.conn].hello_until_ms = out.now_ms() + kHelloWaitMs;
    return;
  }
  const auto found = std::find_if(peers_.begin(), peers_.end(), [&opened](const auto& peer) {
    return peer.second.dialing == opened.dial;
  });
  if (found == peers_.end()) return out.close(opened.conn);
  auto& [id, peer] = *found;
  peer.dialing = 0;
  // It was quicker: what we would say now would only make it dial once more.
  if (id > self_ && peer.conn.value != 0) return out.close(opened.conn);
  Buffer bytes;
  wire::Writer writer(bytes);
  wire::write_hello(writer, hello_);
  out.send(opened.conn, std::move(bytes));
  // It dials back, now that it knows of us.
  if (id > self_) return out.close(opened.conn);
  use(id, peer, opened.conn, out);
}

void ElectionLinks::use(ServerId id, Peer& peer, ConnId conn, Outlet& out) {
  const ConnId before = std::exchange(peer.conn, conn);
  if (before.value != 0) drop(before, out);
  connections_[conn].peer = id;
  peer.waiting = false;
  peer.redial_at_ms = INT64_MAX;
  if (peer.last) say(conn, *peer.last, out);
}

bool ElectionLinks::on_dial_failed(uint64_t dial, Outlet& out) {
  for (auto& [id, peer] : peers_) {
    if (peer.dialing != dial) continue;
    peer.dialing = 0;
    ++peer.next_address;
    // All of them once; after that the next message tries again. A stranger is forgotten.
    if (peer.next_address % peer.addresses.size() != 0) {
      this->dial(peer, out);
    } else if (!peer.member && peer.conn.value == 0) {
      peers_.erase(id);
    } else if (peer.waiting) {
      peer.redial_at_ms = out.now_ms() + kRedialMs;
    }
    return true;
  }
  return false;
}

void ElectionLinks::drop(ConnId conn, Outlet& out) {
  if (on_closed(conn)) out.close(conn);
}

bool ElectionLinks::on_closed(ConnId conn) {
  const auto found = connections_.find(conn);
  if (found == connections_.end()) return false;
  if (found->second.peer) {
    const auto peer = peers_.find(*found->second.peer);
    if (peer != peers_.end() && peer->second.conn == conn) {
      peer->second.conn = {};
      if (!peer->second.member) peers_.erase(peer);
    }
  }
  connections_.erase(found);
  return true;
}

bool ElectionLinks::on_received(ConnId conn, Bytes bytes, Outlet& out, std::vector<Heard>& heard) {
  const auto found = connections_.find(conn);
  if (found == connections_.end()) return false;
  std::string whole = std::move(found->second.pending);
  if (!whole.empty()) {
    whole.append(bytes);
    bytes = whole;
  }
  if (!found->second.peer) {
    const std::optional<size_t> taken = on_hello(conn, bytes, out);
    if (!taken) return true;
    bytes.remove_prefix(*taken);
  }
  const auto known = connections_.find(conn);
  if (known == connections_.end()) return true;
  if (known->second.peer && !on_messages(conn, *known->second.peer, bytes, out, heard)) return true;
  connections_[conn].pending = std::string(bytes);
  return true;
}

std::optional<size_t> ElectionLinks::on_hello(ConnId conn, Bytes bytes, Outlet& out) {
  const wire::HelloFrame hello = wire::next_hello(bytes);
  if (hello.kind == wire::LengthFrame::Kind::kNeedMore) return 0;
  if (hello.kind == wire::LengthFrame::Kind::kBad) {
    drop(conn, out);
    return std::nullopt;
  }
  ServerId from{hello.server_id};
  if (hello.server_id == wire::kAnonymousObserverId) from.value = next_stranger_--;
  const bool anonymous = from.value < 0 && hello.server_id == wire::kAnonymousObserverId;
  auto peer = peers_.find(from);
  // Ourselves, or a stranger that there is no room for.
  if (from == self_ || (peer == peers_.end() && peers_.size() >= kStrangersMax)) {
    drop(conn, out);
    return std::nullopt;
  }
  if (peer == peers_.end()) {
    peer = peers_.emplace(from, Peer{}).first;
    peer->second.addresses = parse_addresses(hello.addresses);
  }
  if (from < self_ && !anonymous) {
    // The larger id dials. What there was before is replaced by what comes of that.
    const ConnId before = std::exchange(peer->second.conn, ConnId{});
    if (before.value != 0) drop(before, out);
    drop(conn, out);
    dial(peer->second, out);
    return std::nullopt;
  }
  use(from, peer->second, conn, out);
  return hello.consumed;
}

bool ElectionLinks::on_messages(ConnId conn, ServerId from, Bytes& bytes, Outlet& out,
                                std::vector<Heard>& heard) {
  while (true) {
    const wire::LengthFrame frame = wire::next_election_frame(bytes);
    if (frame.kind == wire::LengthFrame::Kind::kNeedMore) return true;
    if (frame.kind == wire::LengthFrame::Kind::kBad) {
      drop(conn, out);
      return false;
    }
    bytes.remove_prefix(frame.consumed);
    wire::Notification notification;
    // What cannot be understood is skipped, as Apache does: a later release may say it.
    if (wire::read_notification(frame.payload, notification, nullptr))
      heard.push_back({from, std::move(notification)});
  }
}

void ElectionLinks::on_tick(Outlet& out) {
  std::vector<ConnId> silent;
  for (const auto& [conn, connection] : connections_) {
    if (!connection.peer && connection.hello_until_ms <= out.now_ms()) silent.push_back(conn);
  }
  for (const ConnId conn : silent) drop(conn, out);
  for (auto& [id, peer] : peers_) {
    if (peer.redial_at_ms <= out.now_ms()) dial(peer, out);
  }
}

int64_t ElectionLinks::wake_at_ms() const {
  int64_t wake = INT64_MAX;
  for (const auto& [conn, connection] : connections_) {
    if (!connection.peer) wake = std::min(wake, connection.hello_until_ms);
  }
  for (const auto& [id, peer] : peers_) wake = std::min(wake, peer.redial_at_ms);
  return wake;
}

bool ElectionLinks::connected(ServerId to) const {
  const auto found = peers_.find(to);
  return found != peers_.end() && found->second.conn.value != 0;
}

}  // namespace zookernel::zab
