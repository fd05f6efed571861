#include "tests/cluster/links.h"

#include <algorithm>
#include <utility>

#include "zookernel/wire/records/client.h"

namespace zookernel::cluster {

using wire::Opcode;

namespace {

bool is_write(Opcode opcode) {
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
    case Opcode::kDelete:
    case Opcode::kSetData:
    case Opcode::kSetAcl:
    case Opcode::kMulti:
    case Opcode::kCloseSession:
      return true;
    default:
      return false;
  }
}

}  // namespace

int64_t Links::arrival(int64_t& last_us) {
  const auto mean = static_cast<uint64_t>(plan_.clients.network_us);
  last_us = std::max(last_us, events_.now_us() + 1 + static_cast<int64_t>(random_.below(2 * mean)));
  return last_us;
}

uint64_t Links::connect(int client) {
  const uint64_t id = ++last_;
  Link& link = links_[id];
  link.client = client;
  link.server = 1 + static_cast<int>(random_.below(static_cast<uint64_t>(servers_)));
  events_.at(arrival(link.to_server_us), [this, id] {
    const auto at = links_.find(id);
    if (at == links_.end()) return;
    Link& opened = at->second;
    if (!muted_ && ends_.listens(opened.server)) {
      opened.open = true;
      return ends_.client_opened(opened.server, ConnId{id});
    }
    const int refused = opened.client;
    links_.erase(at);
    ends_.disconnected(refused, id);
  });
  return id;
}

void Links::send(uint64_t id, std::string payload) {
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  look_at_request(at->second, payload);
  events_.at(arrival(at->second.to_server_us), [this, id, payload = std::move(payload)] {
    const auto link = links_.find(id);
    if (link == links_.end() || link->second.ended) return;
    link->second.held.push_back(payload);
    arrive(id);
  });
}

void Links::arrive(uint64_t id) {
  for (;;) {
    const auto at = links_.find(id);
    if (at == links_.end() || !at->second.reading || at->second.held.empty()) return;
    std::string payload = std::move(at->second.held.front());
    at->second.held.pop_front();
    ends_.client_frame(at->second.server, ConnId{id}, std::move(payload));
  }
}

void Links::reset(uint64_t id) {
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  const Link link = std::move(at->second);
  links_.erase(at);
  if (!link.open) return;
  events_.after(1 + static_cast<int64_t>(random_.below(1000)),
                [this, server = link.server, id] { ends_.client_gone(server, ConnId{id}); });
}

void Links::reply(ConnId conn, Bytes bytes) {
  const auto at = links_.find(conn.value);
  if (at == links_.end()) return;
  while (!bytes.empty()) {
    const size_t size = load_be32(bytes.data());
    std::string payload(bytes.substr(4, size));
    bytes.remove_prefix(4 + size);
    look_at_reply(at->second, payload);
    events_.at(arrival(at->second.to_client_us), [this, conn, payload = std::move(payload)] {
      const auto link = links_.find(conn.value);
      if (link != links_.end()) ends_.answer(link->second.client, conn.value, payload);
    });
  }
}

void Links::close(ConnId conn) {
  const auto at = links_.find(conn.value);
  if (at == links_.end()) return;
  at->second.ended = true;
  ends_.client_gone(at->second.server, conn);
  events_.at(arrival(at->second.to_client_us), [this, conn] {
    const auto link = links_.find(conn.value);
    if (link == links_.end()) return;
    const int client = link->second.client;
    links_.erase(link);
    ends_.disconnected(client, conn.value);
  });
}

void Links::reading(ConnId conn, bool on) {
  const auto at = links_.find(conn.value);
  if (at == links_.end()) return;
  at->second.reading = on;
  if (on) events_.after(1, [this, conn] { arrive(conn.value); });
}

void Links::server_ended(int server) {
  std::vector<uint64_t> gone;
  for (const auto& [id, link] : links_) {
    if (link.server == server && link.open) gone.push_back(id);
  }
  for (const uint64_t id : gone) {
    const int client = links_[id].client;
    links_.erase(id);
    ends_.disconnected(client, id);
  }
}

bool Links::connected(int64_t session) const {
  return std::any_of(links_.begin(), links_.end(), [session](const auto& entry) {
    const Link& link = entry.second;
    return link.greeted && !link.ended && link.session == session;
  });
}

void Links::mute() {
  muted_ = true;
  std::vector<uint64_t> all;
  for (const auto& [id, link] : links_) all.push_back(id);
  for (const uint64_t id : all) reset(id);
}

// ---- what passes

void Links::look_at_request(Link& link, Bytes payload) {
  if (!std::exchange(link.asked, true)) return;
  const auto xid = static_cast<int32_t>(load_be32(payload.data()));
  const auto opcode = static_cast<Opcode>(load_be32(payload.data() + 4));
  if (is_write(opcode)) link.writes[xid] = opcode;
}

void Links::look_at_reply(Link& link, Bytes payload) {
  wire::Reader reader(payload);
  if (!std::exchange(link.greeted, true)) {
    wire::ConnectResponse response;
    if (!wire::decode(reader, response))
      throw Violation("the server sends whole frames", "a connect response is malformed");
    link.session = response.session_id;
    ends_.greeted(link.client, link.server, link.session, response.timeout);
    if (link.session != 0) history_.session_opened(link.session);
    return;
  }
  wire::ReplyHeader header;
  if (!wire::decode(reader, header))
    throw Violation("the server sends whole frames", "a reply is malformed");
  const auto asked = link.writes.find(header.xid);
  if (asked == link.writes.end()) return;
  const auto error = static_cast<wire::ErrorCode>(header.err);
  // Answered by the server that the client is connected to, without a transaction.
  const bool refused =
      error == wire::ErrorCode::kMarshallingError || error == wire::ErrorCode::kThrottledOp;
  if (!refused) {
    history_.answered(link.session, header.xid, asked->second, Zxid{header.zxid}, error);
    ++acknowledged_;
  }
  link.writes.erase(asked);
}

}  // namespace zookernel::cluster
