#include "kernel/core/server.h"

#include <algorithm>
#include <utility>

#include "kernel/core/server_impl.h"
#include "kernel/core/snapshot_decoder.h"

namespace zookernel::core {
namespace {

std::vector<AuthSchemes::Entry> entries_of(const std::vector<ServerParts::Scheme>& schemes) {
  std::vector<AuthSchemes::Entry> entries;
  for (const ServerParts::Scheme& scheme : schemes) entries.push_back({scheme.name, scheme.table});
  return entries;
}

}  // namespace

Server::Impl::Impl(ServerParts parts)
    : options_(std::move(parts.options)),
      schemes_(entries_of(parts.auth_schemes), options_.skip_acl),
      commands_(std::move(parts.admin_commands)),
      outside_(parts.outside),
      tree_({.extended_types = options_.extended_types,
             .digest = options_.digest,
             .hash_seed = parts.seed,
             .emulate_353 = options_.emulate_353}),
      sessions_(options_.tick_ms),
      watches_(tree_.nodes(), parts.seed),
      preparer_(options_, tree_, sessions_, schemes_),
      sweep_(options_, tree_),
      statistics_(*parts.metrics),
      connection_throttle_(options_.connection_throttle, parts.seed) {}

// ---- recovery

Status Server::Impl::load_snapshot(Zxid name, const ReadBytes& read) {
  std::vector<std::pair<int64_t, int32_t>> stored;
  if (Status loaded = SnapshotDecoder::load(name, read, tree_, stored); !loaded) return loaded;
  for (const auto& [id, timeout] : stored) {
    sessions_.add(SessionId{id}, timeout).committed = true;
    note_session_id(SessionId{id});
  }
  return Unit{};
}

Status Server::Impl::replay(Bytes record) {
  if (Status applied = tree_.apply(record, nullptr, applied_); !applied) return applied;
  const SessionId session{applied_.header.client_id};
  if (applied_.session_created) {
    sessions_.add(session, applied_.session_timeout_ms).committed = true;
    note_session_id(session);
  }
  if (applied_.session_closed) sessions_.erase(session);
  return Unit{};
}

// The first byte of this server's session ids.
uint64_t Server::Impl::session_id_space() const {
  return static_cast<uint64_t>(options_.self.value == 0 ? 1 : options_.self.value) << 56;
}

void Server::Impl::note_session_id(SessionId id) {
  if ((static_cast<uint64_t>(id.value) >> 56) != (session_id_space() >> 56)) return;
  last_session_id_ = last_session_id_ == 0 ? id.value : std::max(last_session_id_, id.value);
}

void Server::Impl::start(std::unique_ptr<ConsensusMachine> machine, const Tick& now,
                         Effects& effects) {
  effects_ = &effects;
  now_ = now;
  // An ephemeral whose session is gone can never be deleted by it.
  tree_.remove_orphan_ephemerals([this](SessionId id) { return sessions_.find(id) != nullptr; });
  machine_ = std::move(machine);
  preparer_.use(*machine_);
  // Ids do not repeat: they begin at the wall clock, and after every id that recovery came upon, in
  // use or not, because the clock may have been set back.
  const auto clock =
      static_cast<int64_t>(session_id_space() | ((static_cast<uint64_t>(now.wall_ms) << 24) >> 8));
  last_session_id_ = last_session_id_ == 0 ? clock : std::max(last_session_id_, clock);
  drive(ConsensusInput(now));
  note_wake();
}

// ---- routing

void Server::Impl::step(const Input& input, Effects& effects) {
  effects_ = &effects;
  std::visit([this](const auto& in) { on(in); }, input);
}

void Server::Impl::on(const Tick& tick) {
  now_ = tick;
  drive(ConsensusInput(tick));
  if (leads_ && sessions_.next_expiry_ms() <= tick.mono_ms) expire_sessions();
  open_gate();
  sweep_containers();
  note_wake();
}

void Server::Impl::note_wake() {
  // Not at once, should the sweep wait for the disk.
  const int64_t sweep_ms = disk_low_ ? INT64_MAX : std::max(sweep_.next_ms(), now_.mono_ms + 1);
  effects_->wake_at_ms = std::min(
      {effects_->consensus.wake_at_ms, sweep_ms, leads_ ? sessions_.next_expiry_ms() : INT64_MAX});
}

// The clients' requests that change something are refused in request.cc; what the server itself
// does for good order has time.
void Server::Impl::on(const DiskLow& disk) {
  disk_low_ = disk.low;
  sweep_containers();
  note_wake();
}

// Containers and TTL znodes whose time has come. With the disk far behind they wait, too.
void Server::Impl::sweep_containers() {
  if (disk_low_) return;
  constexpr size_t kOutstandingMax = 1000;
  while (sweep_.next_ms() <= now_.mono_ms && preparer_.outstanding() < kOutstandingMax) {
    const std::optional<std::string> path = sweep_.next(now_);
    if (!path) continue;
    if (std::optional<LogRecord> record = preparer_.delete_container(*path, now_.wall_ms))
      propose(std::move(*record));
  }
}

// ---- consensus

void Server::Impl::drive(const ConsensusInput& input) {
  ConsensusEffects& effects = effects_->consensus;
  const size_t persists_before = effects.persist.size();
  machine_->step(input, effects);
  if (!effects.persist.empty()) last_ticket_ = effects.persist.back().ticket;
  if (!effects.commit.empty()) apply_committed();
  const bool more = !effects.roles.empty() || effects.synced != 0 || !effects.revalidated.empty() ||
                    !effects.from_learners.empty() || !effects.install.empty() ||
                    !effects.stream_snapshot.empty() || !streams_.empty();
  if (more) [[unlikely]]
    follow_up(persists_before);
}

void Server::Impl::follow_up(size_t persists_before) {
  ConsensusEffects& effects = effects_->consensus;
  for (const RoleChange& change : std::exchange(effects.roles, {})) take_role(change);
  release_syncs(std::exchange(effects.synced, 0));
  for (const RevalidatedSession& answer : std::exchange(effects.revalidated, {}))
    revalidated(answer);
  for (InstallSnapshot& piece : std::exchange(effects.install, {})) install(piece, persists_before);
  begin_streams();
  // Leads to more steps, so last.
  for (const FromLearner& sent : std::exchange(effects.from_learners, {})) from_learner(sent);
}

void Server::Impl::apply_committed() {
  ConsensusEffects& effects = effects_->consensus;
  // apply() may end sessions and propose more, but never commits by itself: the list does not grow
  // under us.
  std::vector<LogRecord> committed = std::move(effects.commit);
  effects.commit.clear();
  for (const LogRecord& record : committed) apply(record);
  open_gate();
  resume_if_room();
}

void Server::Impl::on(const Received& received) {
  // It may be a PING, which is answered with what is known by now.
  if (!touched_.empty()) tell_touches();
  drive(ConsensusInput(received));
}

void Server::Impl::on(const Closed& closed) {
  end_stream(closed.conn);
  drive(ConsensusInput(closed));
}

void Server::Impl::propose(LogRecord record) {
  statistics_.add_proposal(record.body.size());
  drive(ConsensusInput(Propose{std::move(record)}));
}

// ---- snapshots

void Server::Impl::on(const SnapshotBegin&) {
  // Who looks for a leader may have what is never committed, and may lose its tree to another one.
  if (snapshot_ == nullptr && !snapshot_end_ && (serving_ || machine_ == nullptr))
    snapshot_ = std::make_unique<SnapshotEncoder>(tree_, sessions_.stored());
}

void Server::Impl::on(const SnapshotSlice& slice) {
  if (snapshot_ == nullptr) return;
  SnapshotPiece piece;
  piece.zxid = snapshot_->name();
  piece.last = !snapshot_->slice(slice.node_budget, piece.bytes);
  if (piece.last) snapshot_.reset();
  // A learner's tree may hold what a quorum has on disk and this server does not yet: after a crash
  // the log would end before what a finished snapshot holds.
  if (piece.last && durable_ticket_ < last_ticket_) {
    snapshot_end_ = std::move(piece);
    snapshot_end_ticket_ = last_ticket_;
    return;
  }
  effects_->snapshot.push_back(std::move(piece));
}

void Server::Impl::on(const Durable& durable) {
  durable_ticket_ = durable.ticket;
  if (snapshot_end_ && durable_ticket_ >= snapshot_end_ticket_) {
    effects_->snapshot.push_back(std::move(*snapshot_end_));
    snapshot_end_.reset();
  }
  drive(ConsensusInput(durable));
}

// ---- the face

Server::Server(ServerParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Server::~Server() = default;
Status Server::load_snapshot(Zxid name, const ReadBytes& read) {
  return impl_->load_snapshot(name, read);
}
Status Server::replay(Bytes record) {
  return impl_->replay(record);
}
void Server::begin_rebuild() {
  impl_->begin_rebuild();
}
bool Server::replay_incomplete() const {
  return impl_->tree().in_fuzzy_range();
}
Zxid Server::last_zxid() const {
  return impl_->tree().last_zxid();
}
void Server::start(std::unique_ptr<ConsensusMachine> machine, const Tick& now, Effects& effects) {
  impl_->start(std::move(machine), now, effects);
}
void Server::step(const Input& input, Effects& effects) {
  impl_->step(input, effects);
}
bool Server::serving() const {
  return impl_->serving();
}
Role Server::role() const {
  return impl_->role();
}
bool Server::snapshot_running() const {
  return impl_->snapshot_running();
}
size_t Server::node_count() const {
  return impl_->tree().nodes().size();
}
uint64_t Server::tree_digest() const {
  return impl_->tree().digest();
}
size_t Server::connection_count() const {
  return impl_->connection_count();
}
size_t Server::session_count() const {
  return impl_->session_count();
}
size_t Server::ephemeral_count() const {
  return impl_->tree().ephemeral_count();
}

}  // namespace zookernel::core
