#include "kernel/shell/connections.h"

#include <algorithm>
#include <cstdio>

#include "kernel/shell/clock.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

constexpr size_t kShownBytes = 16;
constexpr std::string_view kTraceMaskWord = "stmk";

bool is_local(const PeerInfo& peer) {
  return peer.address.starts_with("127.") || peer.address == "0:0:0:0:0:0:0:1";
}

std::string peer_name(const PeerInfo& peer) {
  const bool v6 = peer.address.find(':') != std::string::npos;
  return (v6 ? "[" + peer.address + "]" : peer.address) + ":" + std::to_string(peer.port);
}

std::string first_bytes(Bytes bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kShownBytes)) {
    char byte[4];
    std::snprintf(byte, sizeof byte, "%02x", static_cast<unsigned char>(c));
    text += byte;
  }
  return text;
}

}  // namespace

Connections::Connections(ConnectionLimits limits, ClientSink& sink, Logger& log, Metrics& metrics)
    : limits_(limits),
      sink_(sink),
      log_(log),
      rejected_(metrics.counter("connection_rejected")),
      silent_(metrics.counter("sessionless_connections_expired")),
      local_(metrics.gauge("non_mtls_local_conn_count")),
      remote_(metrics.gauge("non_mtls_remote_conn_count")) {}

bool Connections::on_open(ConnId conn, Channel, const PeerInfo& peer) {
  {
    const std::lock_guard lock(mutex_);
    if (!admit(peer)) return false;
    entries_.emplace(conn, Entry{peer});
    count(peer, 1);
    waiting_.emplace_back(mono_ms(), conn);
  }
  sink_.opened(conn, peer);
  return true;
}

// The caller holds the mutex.
bool Connections::admit(const PeerInfo& peer) {
  const auto same = per_address_.find(peer.address);
  const int32_t from_there = same == per_address_.end() ? 0 : same->second;
  std::string reason;
  if (limits_.per_address_max > 0 && from_there >= limits_.per_address_max) {
    reason = "Too many connections from /" + peer.address + " - max is " +
             std::to_string(limits_.per_address_max);
  } else if (limits_.total_max > 0 && entries_.size() >= static_cast<size_t>(limits_.total_max)) {
    reason = "Too many connections max allowed is " + std::to_string(limits_.total_max);
  }
  if (reason.empty()) return true;
  rejected_.add();
  uint64_t suppressed = 0;
  if (refusals_.allow(peer.address, mono_ms(), suppressed)) {
    log_.warn(reason, {{"peer", peer_name(peer)}, {"not_logged_before", suppressed}});
  }
  return false;
}

// The caller holds the mutex.
void Connections::count(const PeerInfo& peer, int32_t change) {
  const auto at = per_address_.try_emplace(peer.address, 0).first;
  at->second += change;
  ZOOKERNEL_ASSERT(at->second >= 0);
  if (at->second == 0) per_address_.erase(at);
  (is_local(peer) ? local_count_ : remote_count_) += change;
  local_.set(local_count_);
  remote_.set(remote_count_);
}

Connections::Entry* Connections::find(ConnId conn) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(conn);
  return at == entries_.end() ? nullptr : &at->second;
}

size_t Connections::on_bytes(ConnId conn, Bytes bytes) {
  Entry* entry = find(conn);
  ZOOKERNEL_ASSERT(entry != nullptr);
  size_t consumed = 0;
  while (!entry->done) {
    wire::ClientFrame frame =
        wire::next_client_frame(bytes.substr(consumed), entry->framing, limits_.frame_bytes_max);
    if (frame.kind == wire::ClientFrame::Kind::kNeedMore && !limits_.trace_mask_allowed &&
        entry->framing == wire::FramingState::kHandshake &&
        bytes.substr(consumed).starts_with(kTraceMaskWord)) {
      // It is refused anyway, and who asks may not know that it takes an argument.
      frame = {.kind = wire::ClientFrame::Kind::kFourLetter,
               .consumed = kTraceMaskWord.size(),
               .word = kTraceMaskWord};
    }
    ClientSink::Flow flow = ClientSink::Flow::kMore;
    switch (frame.kind) {
      case wire::ClientFrame::Kind::kNeedMore:
        return consumed;
      case wire::ClientFrame::Kind::kFrame:
        flow = sink_.frame(conn, frame.payload);
        break;
      case wire::ClientFrame::Kind::kFourLetter:
        flow = sink_.word(conn, frame.word, frame.payload);
        break;
      case wire::ClientFrame::Kind::kBad:
        refuse_bytes(conn, *entry, frame.problem, bytes.substr(consumed));
        return bytes.size();
    }
    if (flow == ClientSink::Flow::kLater) return consumed;
    consumed += frame.consumed;
    if (entry->framing == wire::FramingState::kHandshake) {
      const std::lock_guard lock(mutex_);  // take_silent() looks
      entry->framing = wire::FramingState::kServing;
      entry->done = frame.kind == wire::ClientFrame::Kind::kFourLetter;
    }
    if (flow == ClientSink::Flow::kPause) return entry->done ? bytes.size() : consumed;
  }
  return bytes.size();
}

void Connections::refuse_bytes(ConnId conn, Entry& entry, const char* problem, Bytes bytes) {
  {
    const std::lock_guard lock(mutex_);
    entry.done = true;
    uint64_t suppressed = 0;
    if (nonsense_.allow(entry.peer.address, mono_ms(), suppressed)) {
      log_.warn(problem, {{"peer", peer_name(entry.peer)},
                          {"bytes", first_bytes(bytes)},
                          {"not_logged_before", suppressed}});
    }
  }
  sink_.nonsense(conn);
}

void Connections::on_close(ConnId conn, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(conn);
    ZOOKERNEL_ASSERT(at != entries_.end());
    log_.debug("connection closed",
               {{"peer", peer_name(at->second.peer)}, {"reason", why.message}});
    count(at->second.peer, -1);
    entries_.erase(at);
  }
  sink_.closed(conn);
}

std::vector<ConnId> Connections::take_silent(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  std::vector<ConnId> silent;
  while (!waiting_.empty()) {
    const auto [opened_ms, conn] = waiting_.front();
    const auto at = entries_.find(conn);
    const bool waits = at != entries_.end() &&
                       at->second.framing == wire::FramingState::kHandshake && !at->second.done;
    if (waits && now_ms - opened_ms < limits_.silent_ms_max) break;
    if (waits) silent.push_back(conn);
    waiting_.pop_front();
  }
  if (!silent.empty()) silent_.add(static_cast<int64_t>(silent.size()));
  return silent;
}

int64_t Connections::next_silent_ms() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() ? INT64_MAX : waiting_.front().first + limits_.silent_ms_max;
}

std::vector<ConnId> Connections::all() {
  const std::lock_guard lock(mutex_);
  std::vector<ConnId> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace zookernel::shell
