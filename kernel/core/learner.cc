// What a follower or observer sends to its leader, and the answers. A write is passed on and waits
// in its connection's queue until the transaction with its session and xid is applied here. Source:
// FollowerRequestProcessor, CommitProcessor, Learner.
#include <algorithm>

#include "kernel/core/server_impl.h"
#include "kernel/core/well_formed.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

void Server::Impl::forward_write(Connection& connection, const Request& request) {
  // One that a leader of Apache's cannot read stops all writes of the ensemble.
  if (!well_formed(request.opcode, request.body, options_.max_field_bytes))
    return refuse(connection, request, ErrorCode::kMarshallingError);
  PendingRequest pending = pending_of(request);
  pending.kind = PendingRequest::Kind::kTransaction;
  pending.forwarded = true;
  queue(connection, std::move(pending));
  forward(connection.session_id, request.xid, request.opcode, request.body,
          {connection.identities.data(), request.identities});
}

void Server::Impl::forward(SessionId session, int32_t cxid, Opcode opcode, Bytes body,
                           std::span<const Identity> identities) {
  ForwardedRequest request;
  request.session = session;
  request.cxid = cxid;
  request.type = static_cast<int32_t>(opcode);
  request.body = body;
  for (const Identity& identity : identities)
    request.ids.emplace_back(identity.scheme, identity.id);
  drive(ConsensusInput(Forward{std::move(request)}));
}

// ---- sessions

// A client comes with a session, perhaps from another server: the leader knows whether it lives.
void Server::Impl::ask_about_session(Connection& connection, SessionId id, int32_t timeout_ms) {
  Session& session = sessions_.add(id, timeout_ms);
  attach_session(connection, session, timeout_ms);
  PendingRequest pending;
  pending.kind = PendingRequest::Kind::kRevalidation;
  pending.opcode = Opcode::kCreateSession;
  pending.received_ms = now_.mono_ms;
  queue(connection, std::move(pending));
  drive(ConsensusInput(Revalidate{id, timeout_ms}));
}

void Server::Impl::revalidated(const RevalidatedSession& answer) {
  Session* session = sessions_.find(answer.session);
  if (session == nullptr) return;
  Connection* connection = session->connection;
  if (connection != nullptr && !connection->pending.empty() &&
      connection->pending.front().kind == PendingRequest::Kind::kRevalidation) {
    take_pending(*connection);
    if (answer.valid) {
      answer_connect(*connection, answer.session, connection->timeout_ms);
      run_ready(*connection);
    } else {
      answer_connect(*connection, SessionId{}, 0);
      close_connection(*connection);
    }
  }
  // Entered only to ask about it.
  if (!answer.valid && !session->committed && session->connection == nullptr)
    sessions_.erase(answer.session);
}

void Server::Impl::tell_touches() {
  for (const SessionId id : std::exchange(touched_, {})) {
    Session* session = sessions_.find(id);
    if (session == nullptr) continue;
    session->touched = false;
    drive(ConsensusInput(Touch{id, session->timeout_ms}));
  }
}

// ---- answers

void Server::Impl::queue_sync(Connection& connection, const Request& request) {
  PendingRequest pending = pending_of(request);
  pending.kind = PendingRequest::Kind::kSync;
  pending.body = std::string(request.body);
  queue(connection, std::move(pending));
  syncs_.push_back(connection.id);
  if (leads_) return drive(ConsensusInput(Sync{}));
  forward(connection.session_id, request.xid, Opcode::kSync, request.body,
          {connection.identities.data(), request.identities});
}

void Server::Impl::release_syncs(size_t count) {
  for (; count != 0 && !syncs_.empty(); --count) {
    Connection* connection = find(syncs_.front());
    syncs_.pop_front();
    if (connection == nullptr) continue;
    const auto waiting = std::find_if(
        connection->pending.begin(), connection->pending.end(), [](const PendingRequest& pending) {
          return pending.kind == PendingRequest::Kind::kSync && !pending.released;
        });
    if (waiting == connection->pending.end()) continue;
    waiting->released = true;
    run_ready(*connection);
  }
}

// Of the transaction that was applied last: is it what this request was passed on for? Another
// server may have made one for the same session: it expires, or its client has come here from
// there.
bool Server::Impl::is_answer(const PendingRequest& pending) const {
  return pending.forwarded && pending.xid == applied_.header.cxid &&
         (pending.opcode == Opcode::kCreateSession) == applied_.session_created &&
         (pending.opcode == Opcode::kCloseSession) == applied_.session_closed;
}

// The same for requests whose connection is gone.
bool Server::Impl::take_orphan() {
  const auto at = orphans_.find(SessionId{applied_.header.client_id});
  if (at == orphans_.end() || at->second.front() != applied_.header.cxid) return false;
  at->second.pop_front();
  if (at->second.empty()) orphans_.erase(at);
  return true;
}

}  // namespace zookernel::core
