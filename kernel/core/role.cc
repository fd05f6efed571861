// A role begins and ends, and the tree that is replaced in between. Nothing of a role outlives it:
// connections, what they wait for, sessions that are not committed, who owns the others.
#include <algorithm>

#include "kernel/core/server_impl.h"

namespace zookernel::core {

void Server::Impl::take_role(const RoleChange& change) {
  effects_->roles.push_back(change);
  leave_role();
  role_ = change.role;
  leads_ = role_ == Role::kStandalone || role_ == Role::kLeading;
  serving_ = leads_ || learns();
  if (!serving_) return;
  // All that is committed was applied before: for a learner perhaps more than what the role began
  // with, when COMMITs came together with UPTODATE. A leader goes on with the first zxid of its
  // epoch.
  ZOOKERNEL_ASSERT(role_ == Role::kFollowing || role_ == Role::kObserving
                       ? change.last <= tree_.last_zxid()
                       : change.last >= tree_.last_zxid());
  tree_.settle_stream();
  if (const ConsensusConfig config = machine_->config(); !config.text.empty())
    tree_.set_config(config.text, config.version, now_.wall_ms);
  if (!leads_) return;
  leading_since_ms_ = now_.mono_ms;
  epoch_zxid_ = change.last;
  statistics_.reset_proposals();
  sweep_.start(now_.mono_ms);
  preparer_.reset(change.last);
  sessions_.track_all(now_.mono_ms);
}

void Server::Impl::leave_role() {
  install_.reset();
  streams_.clear();  // a leader sends trees before it serves
  if (!serving_) return;
  // In an order that does not depend on the hash table.
  std::vector<Connection*> all;
  for (auto& [id, connection] : connections_) all.push_back(connection.get());
  std::sort(all.begin(), all.end(),
            [](const Connection* a, const Connection* b) { return a->id < b->id; });
  for (Connection* connection : all) close_connection(*connection);
  serving_ = leads_ = false;
  open_gate();  // what waits there is dropped
  sweep_.stop();
  preparer_.reset(tree_.last_zxid());
  sessions_.leave_role();
  syncs_.clear();
  touched_.clear();
  orphans_.clear();
}

// ---- a tree for a learner

void Server::Impl::begin_streams() {
  const std::vector<ConnId>& asked = effects_->consensus.stream_snapshot;
  if (streams_batch_ != effects_->batch) streams_begun_ = 0;
  streams_batch_ = effects_->batch;
  for (; streams_begun_ < asked.size(); ++streams_begun_) {
    streams_[asked[streams_begun_]] = std::make_unique<SnapshotEncoder>(
        tree_, sessions_.stored(), SnapshotEncoder::Form::kStream);
  }
  for (const ConnId closed : effects_->consensus.close) end_stream(closed);
}

void Server::Impl::on(const StreamSlice& slice) {
  const auto at = streams_.find(slice.conn);
  if (at == streams_.end()) return;
  StreamPiece piece;
  piece.conn = slice.conn;
  piece.last = !at->second->slice(slice.node_budget, piece.bytes);
  if (piece.last) streams_.erase(at);
  effects_->streams.push_back(std::move(piece));
}

// ---- a tree from a leader

void Server::Impl::install(InstallSnapshot& piece, size_t persists_before) {
  if (piece.begin) {
    drop_snapshot();  // its tree is about to go
    install_ = std::make_unique<TreeInstall>(tree_.options());
  }
  if (install_ == nullptr) return;
  InstallPiece file;
  if (Status taken = install_->take(piece, file); !taken) {
    effects_->warnings.push_back("the leader's tree cannot be understood: " +
                                 taken.error().message);
    install_.reset();
    // What the machine built on it must not reach the disk.
    std::vector<Persist>& persists = effects_->consensus.persist;
    const auto built =
        std::find_if(persists.begin() + static_cast<int64_t>(persists_before), persists.end(),
                     [](const Persist& one) { return one.snapshot; });
    persists.erase(built, persists.end());
    return drive(ConsensusInput(InstallFailed{}));
  }
  effects_->installs.push_back(std::move(file));
  if (!piece.last) return;
  sessions_.clear();
  tree_.swap(install_->tree());
  for (const auto& [id, timeout] : install_->sessions()) {
    sessions_.add(SessionId{id}, timeout).committed = true;
    note_session_id(SessionId{id});
  }
  install_.reset();
}

void Server::Impl::begin_rebuild() {
  drop_snapshot();
  streams_.clear();
  install_.reset();
  sessions_.clear();
  DataTree empty(tree_.options());
  tree_.swap(empty);
}

// The file that is being written of the present tree.
void Server::Impl::drop_snapshot() {
  if (snapshot_ == nullptr && !snapshot_end_) return;
  SnapshotPiece end;
  end.zxid = snapshot_end_ ? snapshot_end_->zxid : snapshot_->name();
  end.last = end.abandoned = true;
  snapshot_.reset();
  snapshot_end_.reset();
  effects_->snapshot.push_back(std::move(end));
}

}  // namespace zookernel::core
