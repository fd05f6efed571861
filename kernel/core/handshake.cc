// Connections and sessions: connect, re-attach, expiry, close.
#include <algorithm>

#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {
namespace {

// Apache's password: 16 bytes of java.util.Random seeded with the session id and a constant. A
// function of the id and nothing else, so that sessions can move between servers of both kinds.
void session_password(SessionId session, char* to) {
  constexpr uint64_t kMultiplier = 0x5DEECE66Dull;
  constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  uint64_t state = ((static_cast<uint64_t>(session.value) ^ 0xB3415C00ull) ^ kMultiplier) & kMask;
  for (int word = 0; word < 4; ++word) {
    state = (state * kMultiplier + 0xB) & kMask;
    const auto value = static_cast<uint32_t>(state >> 16);
    for (int byte = 0; byte < 4; ++byte) *to++ = static_cast<char>(value >> (8 * byte));
  }
}

bool is_password_of(SessionId session, Bytes password) {
  char expected[wire::kPasswordBytes];
  session_password(session, expected);
  return session.value != 0 && password == Bytes(expected, sizeof expected);
}

}  // namespace

void Server::Impl::on(const ClientOpened& opened) {
  auto connection = std::make_unique<Connection>();
  connection->id = opened.conn;
  connection->peer = opened.peer;
  connection->established_ms = now_.wall_ms;
  schemes_.connected(connection->peer.address, connection->identities);
  connections_.emplace(opened.conn, std::move(connection));
}

void Server::Impl::on(const ClientClosed& closed) {
  const auto at = connections_.find(closed.conn);
  if (at == connections_.end()) return;
  Connection& connection = *at->second;
  if (connection.session != nullptr) connection.session->connection = nullptr;
  watches_.remove_connection(connection.id);
  drop_pending(connection);
  std::erase(throttled_, connection.id);
  connections_.erase(at);
  resume_if_room();
}

void Server::Impl::close_connection(Connection& connection) {
  if (connection.state == Connection::State::kClosed) return;
  connection.state = Connection::State::kClosed;
  if (connection.session != nullptr) connection.session->connection = nullptr;
  connection.session = nullptr;
  watches_.remove_connection(connection.id);
  drop_pending(connection);
  effects_->close.push_back(connection.id);
}

void Server::Impl::connect(Connection& connection, Bytes payload) {
  statistics_.connection_requests.add();
  wire::Reader reader(payload, options_.max_field_bytes);
  wire::ConnectRequestView request;
  if (!wire::read(reader, request)) return close_connection(connection);
  const auto kind = request.session_id == 0 ? ConnectionThrottle::Handshake::kNewSession
                                            : ConnectionThrottle::Handshake::kRenewedSession;
  const bool admitted = connection_throttle_.admit(kind, now_.mono_ms);
  statistics_.connection_token_deficit.add(connection_throttle_.deficit());
  // A client that has seen more than we have must not be taken back in time.
  if (!admitted || request.last_zxid_seen > tree_.last_zxid().value)
    return close_connection(connection);
  connection.has_read_only_byte = request.has_read_only;
  const int32_t timeout_ms = std::min(std::max(request.timeout, options_.min_session_timeout_ms),
                                      options_.max_session_timeout_ms);
  if (request.session_id == 0) return open_session(connection, request, timeout_ms);

  const SessionId id{request.session_id};
  const bool known = is_password_of(id, request.passwd.bytes);
  Session* session = known ? sessions_.find(id) : nullptr;
  statistics_.revalidations.add();
  if (learns() && known && (session == nullptr || !session->closing))
    return ask_about_session(connection, id, timeout_ms);
  if (session == nullptr || session->closing || !session->committed) {
    answer_connect(connection, SessionId{}, 0);
    return close_connection(connection);
  }
  attach_session(connection, *session, timeout_ms);
  answer_connect(connection, id, timeout_ms);
}

SessionId Server::Impl::next_session_id() {
  ++last_session_id_;
  if (last_session_id_ == INT64_MIN || last_session_id_ == 0)
    ++last_session_id_;  // means "container", and "none"
  return SessionId{last_session_id_};
}

void Server::Impl::open_session(Connection& connection, const wire::ConnectRequestView&,
                                int32_t timeout_ms) {
  Session& session = sessions_.add(next_session_id(), timeout_ms);
  attach_session(connection, session, timeout_ms);
  PendingRequest pending;
  pending.kind = PendingRequest::Kind::kTransaction;
  pending.opcode = wire::Opcode::kCreateSession;
  pending.received_ms = now_.mono_ms;
  if (!leads_) {
    pending.forwarded = true;
    queue(connection, std::move(pending));
    char timeout[4];
    store_be32(timeout, static_cast<uint32_t>(timeout_ms));
    return forward(session.id, 0, wire::Opcode::kCreateSession, Bytes(timeout, sizeof timeout),
                   connection.identities);
  }
  LogRecord record = preparer_.create_session(session.id, timeout_ms, now_.wall_ms);
  pending.zxid = record.zxid;
  queue(connection, std::move(pending));
  propose(std::move(record));
}

// The session's client lives. Only who makes transactions counts the time of sessions; a learner
// tells its leader.
void Server::Impl::touch(Session& session) {
  if (leads_) [[likely]]
    return sessions_.touch(session, now_.mono_ms);
  if (std::exchange(session.touched, true)) return;
  touched_.push_back(session.id);
}

void Server::Impl::attach_session(Connection& connection, Session& session, int32_t timeout_ms) {
  // A session has one connection: the one that it had is closed without a word, as if the network
  // had cut it.
  if (session.connection != nullptr && session.connection != &connection)
    close_connection(*session.connection);
  session.connection = &connection;
  session.timeout_ms = timeout_ms;
  session.owner = kOwnClients;
  touch(session);
  connection.session = &session;
  connection.session_id = session.id;
  connection.timeout_ms = timeout_ms;
  connection.state = Connection::State::kOpen;
}

// Without a session: timeout 0, id 0 and an empty password, which clients read as "expired".
void Server::Impl::answer_connect(Connection& connection, SessionId session, int32_t timeout_ms) {
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  writer.write_int(0);  // protocol version
  writer.write_int(timeout_ms);
  writer.write_long(session.value);
  char password[wire::kPasswordBytes] = {};
  if (session.value != 0) session_password(session, password);
  writer.write_buffer(Bytes(password, sizeof password));
  if (connection.has_read_only_byte) writer.write_bool(false);
  wire::end_frame(out, frame);
  connection.last_opcode = wire::Opcode::kCreateSession;
  connection.last_zxid = tree_.last_zxid().value;
  connection.last_response_ms = now_.wall_ms;
  ++connection.sent;
  ++statistics_.packets_sent;
}

void Server::Impl::expire_sessions() {
  expired_.clear();
  sessions_.take_expired(now_.mono_ms, expired_);
  for (const SessionId id : expired_) {
    Session* session = sessions_.find(id);
    if (session == nullptr || session->closing || !leads_) continue;
    statistics_.sessions_expired.add();
    propose(prepare_close(*session, 0, {}));
  }
}

// From now on the session accepts nothing; it ends when the transaction is applied.
LogRecord Server::Impl::prepare_close(Session& session, int32_t cxid,
                                      std::span<const Identity> identities) {
  LogRecord record = preparer_.close_session({session.id, cxid, identities, now_.wall_ms});
  session.closing = true;
  return record;
}

// The closeSession transaction was applied.
void Server::Impl::session_ended(SessionId id) {
  if (Session* session = sessions_.find(id); session != nullptr) {
    if (session->connection != nullptr) close_connection(*session->connection);
    sessions_.erase(id);
  }
  if (!orphans_.empty()) orphans_.erase(id);
}

}  // namespace zookernel::core
