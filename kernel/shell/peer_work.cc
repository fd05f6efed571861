#include "kernel/shell/peer_work.h"

#include <algorithm>
#include <utility>

#include "kernel/shell/clock.h"
#include "kernel/shell/slice_size.h"

namespace zookernel::shell {
namespace {

constexpr size_t kSliceNodesMin = 64;
constexpr size_t kSliceNodesMax = 1 << 16;
// How soon it is looked again whether a learner has taken what was sent: a transport tells when
// all of it has left, and that would let the connection fall idle.
constexpr int64_t kRoomCheckMs = 5;

const char* name_of(Role role) {
  switch (role) {
    case Role::kLooking:
      return "looking for a leader";
    case Role::kStandalone:
      return "standalone";
    case Role::kLeading:
      return "leading";
    case Role::kFollowing:
      return "following";
    case Role::kObserving:
      return "observing";
    case Role::kReadOnly:
      return "read-only";
  }
  return "";
}

std::vector<ConnId> sorted_keys(const auto& of) {
  std::vector<ConnId> keys;
  for (const auto& [conn, pace] : of) keys.push_back(conn);
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

void InboxPeerSink::peer_bytes(ConnId conn, Bytes bytes) {
  PeerBytes copy{conn, Buffer(bytes.size())};
  copy.bytes.append(bytes);
  inbox_.post_peer(std::move(copy));
}

void PeerWork::begin(Partners partners, Step step) {
  partners_.emplace(std::move(partners));
  partners_->snapshotter.allow_purging(false);
  step_ = std::move(step);
}

// ---- inputs

void PeerWork::peer_bytes(ConnId conn, Bytes bytes) {
  step_(core::Input(Received{conn, bytes}));
}

void PeerWork::peer_closed(ConnId conn) {
  streams_.erase(conn);
  if (log_reads_.erase(conn) != 0) partners_->log_reads.end(conn);
  step_(core::Input(Closed{conn}));
}

void PeerWork::take(PeerMessage& message) {
  if (const auto* opened = std::get_if<Opened>(&message)) return peer_opened(*opened);
  if (const auto* arrived = std::get_if<PeerBytes>(&message))
    return peer_bytes(arrived->conn, arrived->bytes.view());
  if (const auto* closed = std::get_if<Closed>(&message)) return peer_closed(closed->conn);
  dial_failed(std::get<DialFailed>(message).dial);
}

void PeerWork::take(LogPiece& piece) {
  const auto at = log_reads_.find(piece.read.conn);
  if (at == log_reads_.end()) return;  // the connection is gone
  if (piece.read.last) {
    log_reads_.erase(at);
  } else {
    at->second = Pace::kDue;
  }
  step_(core::Input(std::move(piece.read)));
}

void PeerWork::advance(bool all_durable, int64_t now_ms) {
  partners_->peers.end_overdue(now_ms);
  for (const ConnId conn : std::exchange(sent_, {})) step_(core::Input(SnapshotSent{conn}));
  next_slices();
  next_log_pieces();
  hold_back();
  // The snapshot thread gives up what it writes of the tree that goes.
  if (!rewinding_ || !all_durable || partners_->snapshotter.busy()) return;
  rewinding_ = false;
  step_(core::Input(Rewound{partners_->rebuild()}));
}

bool PeerWork::has_room(ConnId conn) const {
  return transport_.queued_bytes(conn) <= kUnsentHigh;
}

void PeerWork::next_slices() {
  if (streams_.empty()) return;
  for (const ConnId conn : sorted_keys(streams_)) {
    Pace& pace = streams_.at(conn);
    if (pace == Pace::kAsked || !has_room(conn)) continue;
    pace = Pace::kAsked;
    const int64_t began = nanoseconds(CLOCK_MONOTONIC);
    step_(core::Input(core::StreamSlice{conn, slice_nodes_}));
    const int64_t took = nanoseconds(CLOCK_MONOTONIC) - began;
    slice_nodes_ = std::clamp(adapted(slice_nodes_, slice_nodes_, kSliceNs, took), kSliceNodesMin,
                              kSliceNodesMax);
  }
}

void PeerWork::next_log_pieces() {
  for (auto& [conn, pace] : log_reads_) {
    if (pace == Pace::kAsked || !has_room(conn)) continue;
    pace = Pace::kAsked;
    partners_->log_reads.next(conn);
  }
}

void PeerWork::hold_back() {
  const size_t backlog = partners_->log_writer.backlog_bytes();
  const bool behind = !partners_->snapshotter.has_room() ||
                      backlog > (held_back_ ? kLogBacklogLow : kLogBacklogHigh);
  if (behind == held_back_) return;
  held_back_ = behind;
  for (const ConnId conn : partners_->peers.open(Channel::kQuorum)) transport_.read(conn, !behind);
}

// ---- effects

void PeerWork::before_persists(core::Effects& effects) {
  for (core::InstallPiece& piece : effects.installs) partners_->snapshotter.put(std::move(piece));
}

void PeerWork::carry_out(core::Effects& effects, int64_t now_ms) {
  ConsensusEffects& wanted = effects.consensus;
  send(wanted.send);
  note_pieces(effects);
  for (core::StreamPiece& piece : effects.streams)
    transport_.send(piece.conn, std::move(piece.bytes));
  for (const ConnId conn : wanted.close) transport_.close(conn);
  for (const Dial& dial : wanted.dial) partners_->peers.dial(dial, now_ms);
  begin_works(wanted);
  tell_changes(effects);
  tell_roles(effects);
}

// Many small packets for one connection leave in one piece.
void PeerWork::send(std::vector<Send>& sends) {
  std::unordered_map<ConnId, Buffer> joined;
  for (Send& each : sends) {
    if (sends.size() == 1) return transport_.send(each.conn, std::move(each.bytes));
    Buffer& waiting = joined[each.conn];
    if (waiting.empty()) {
      waiting = std::move(each.bytes);
    } else {
      waiting.append(each.bytes.view());
    }
    if (waiting.size() >= kJoinedBytesMax) {
      transport_.send(each.conn, std::move(waiting));
      waiting = Buffer();
    }
  }
  for (auto& [conn, bytes] : joined) {
    if (!bytes.empty()) transport_.send(conn, std::move(bytes));
  }
}

// A slice that brought no piece was asked for in vain: its stream has ended.
void PeerWork::note_pieces(const core::Effects& effects) {
  for (const core::StreamPiece& piece : effects.streams) {
    const auto at = streams_.find(piece.conn);
    if (at == streams_.end()) continue;
    at->second = Pace::kDue;
    if (!piece.last) continue;
    streams_.erase(at);
    sent_.push_back(piece.conn);
  }
  std::erase_if(streams_, [](const auto& stream) { return stream.second == Pace::kAsked; });
}

void PeerWork::begin_works(const ConsensusEffects& effects) {
  for (const ConnId conn : effects.stream_snapshot) streams_[conn] = Pace::kDue;
  for (const ReadLog& read : effects.read_log) {
    log_reads_[read.conn] = Pace::kAsked;
    partners_->log_reads.begin(read);
  }
  rewinding_ = rewinding_ || effects.rewind;
}

void PeerWork::tell_changes(const core::Effects& effects) {
  for (const Reconfigured& change : effects.consensus.reconfigured) {
    log_.info("the ensemble is another one", {{"members", change.text}});
    const std::vector<Member>& members = change.ensemble.members;
    const auto self = std::find_if(members.begin(), members.end(), [&change](const Member& each) {
      return each.id == change.ensemble.self;
    });
    if (self == members.end() || !self_) continue;
    if (self->quorum != self_->quorum || self->election != self_->election ||
        self->client != self_->client)
      log_.warn("this server's own addresses are others now; restart it to listen there", {});
  }
}

void PeerWork::tell_roles(const core::Effects& effects) {
  for (const RoleChange& change : effects.roles) {
    log_.info(name_of(change.role), {{"zxid", hex(change.last.value)}, {"why", change.why}});
    partners_->snapshotter.allow_purging(change.role != Role::kLooking);
  }
}

int64_t PeerWork::wake_at_ms(int64_t now_ms) {
  if (!sent_.empty()) return now_ms;
  int64_t wake = partners_->peers.next_overdue_ms();
  for (const auto* works : {&streams_, &log_reads_}) {
    for (const auto& [conn, pace] : *works) {
      if (pace == Pace::kDue)
        wake = std::min(wake, has_room(conn) ? now_ms : now_ms + kRoomCheckMs);
    }
  }
  if (held_back_) wake = std::min(wake, now_ms + kRoomCheckMs);
  return wake;
}

void PeerWork::close_all() {
  for (const ConnId conn : partners_->peers.all()) transport_.close(conn);
}

}  // namespace zookernel::shell
