#include "kernel/shell/peers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernel/shell/clock.h"
#include "zookernel/assert.h"

namespace zookernel::shell {

Peers::Peers(Transport& transport, const Ensemble& ensemble, PeerSink& sink, Logger& log,
             int64_t connect_ms)
    : transport_(transport), sink_(sink), connect_ms_(connect_ms), failures_(ensemble, log) {}

bool Peers::on_open(ConnId conn, Channel channel, const PeerInfo& peer) {
  uint64_t token = 0;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[conn];
    entry.channel = channel;
    entry.open = true;
    token = entry.token;
    if (token != 0) failures_.reached(channel, entry.to, mono_ms());
  }
  sink_.peer_opened({conn, channel, peer, token});
  return true;
}

size_t Peers::on_bytes(ConnId conn, Bytes bytes) {
  sink_.peer_bytes(conn, bytes);
  return bytes.size();
}

void Peers::on_close(ConnId conn, const Error& why) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(conn);
    ZOOKERNEL_ASSERT(at != entries_.end());
    entry = std::move(at->second);
    entries_.erase(at);
    if (!entry.open) {
      const std::string reason = entry.overdue
                                     ? "no connection within " + std::to_string(connect_ms_) + " ms"
                                     : why.message;
      failures_.failed(entry.channel, entry.to, reason, mono_ms());
    }
  }
  if (entry.open) {
    sink_.peer_closed(conn);
  } else {
    sink_.dial_failed(entry.token);
  }
}

void Peers::dial(const Dial& dial, int64_t now_ms) {
  // Held while the transport begins: an I/O thread may be quicker than the entry.
  const std::lock_guard lock(mutex_);
  const ConnId conn = transport_.dial(dial.channel, dial.to, *this);
  entries_[conn] = Entry{dial.channel, false, dial.token, dial.to, false};
  deadlines_.emplace_back(now_ms + connect_ms_, conn);
}

void Peers::end_overdue(int64_t now_ms) {
  std::vector<ConnId> overdue;
  {
    const std::lock_guard lock(mutex_);
    for (; !deadlines_.empty() && deadlines_.front().first <= now_ms; deadlines_.pop_front()) {
      const auto at = entries_.find(deadlines_.front().second);
      if (at == entries_.end() || at->second.open) continue;
      at->second.overdue = true;
      overdue.push_back(at->first);
    }
  }
  for (const ConnId conn : overdue) transport_.close(conn);
}

int64_t Peers::next_overdue_ms() {
  const std::lock_guard lock(mutex_);
  return deadlines_.empty() ? INT64_MAX : deadlines_.front().first;
}

std::vector<ConnId> Peers::open(Channel channel) {
  const std::lock_guard lock(mutex_);
  std::vector<ConnId> found;
  for (const auto& [conn, entry] : entries_) {
    if (entry.open && entry.channel == channel) found.push_back(conn);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<ConnId> Peers::all() {
  const std::lock_guard lock(mutex_);
  std::vector<ConnId> found;
  for (const auto& [conn, entry] : entries_) found.push_back(conn);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace zookernel::shell
