// Frames of clients: authentication, and the order in which a connection's requests are answered.
#include <algorithm>

#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
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
    case Opcode::kReconfig:
      return true;
    default:
      return false;
  }
}

bool is_read(Opcode opcode) {
  switch (opcode) {
    case Opcode::kExists:
    case Opcode::kGetData:
    case Opcode::kGetAcl:
    case Opcode::kGetChildren:
    case Opcode::kGetChildren2:
    case Opcode::kSync:
    case Opcode::kPing:
    case Opcode::kSetWatches:
    case Opcode::kSetWatches2:
    case Opcode::kAddWatch:
    case Opcode::kCheckWatches:
    case Opcode::kRemoveWatches:
    case Opcode::kWhoAmI:
      return true;
    default:
      return false;
  }
}

}  // namespace

Connection* Server::Impl::find(ConnId id) {
  const auto at = connections_.find(id);
  return at == connections_.end() ? nullptr : at->second.get();
}

void Server::Impl::on(const ClientFrame& frame) {
  Connection* connection = find(frame.conn);
  if (connection == nullptr || connection->state == Connection::State::kClosed) return;
  if (!serving_) return close_connection(*connection);
  ++connection->received;
  ++statistics_.packets_received;
  statistics_.bytes_received.add(static_cast<int64_t>(frame.payload.size()) + 4);
  if (connection->state == Connection::State::kHandshake)
    return connect(*connection, frame.payload);
  if (connection->session == nullptr || connection->session->closing)
    return;  // nothing is served behind a closeSession

  wire::Reader reader(frame.payload, options_.max_field_bytes);
  wire::RequestHeader header;
  if (!wire::read(reader, header)) return close_connection(*connection);
  request(*connection, header, reader.rest());
}

void Server::Impl::request(Connection& connection, const wire::RequestHeader& header, Bytes body) {
  const auto opcode = static_cast<Opcode>(header.type);
  // Both are answered as soon as they are read, before requests that still wait.
  if (opcode == Opcode::kAuth) return auth_packet(connection, header, body);
  if (opcode == Opcode::kSasl) return sasl_packet(connection, header, body);
  if (!authenticated_enough(connection)) {
    reply(connection, header.xid, 0, ErrorCode::kSessionClosedRequireSaslAuth);
    return close_connection(connection);
  }
  sessions_.touch(*connection.session, now_.mono_ms);
  if (is_write(opcode)) return write_request(connection, header, body);
  if (opcode == Opcode::kCloseSession) {
    PendingRequest pending;
    pending.kind = PendingRequest::Kind::kTransaction;
    pending.opcode = opcode;
    pending.xid = header.xid;
    pending.received_ms = now_.mono_ms;
    LogRecord record = prepare_close(*connection.session, header.xid, connection.identities);
    pending.zxid = record.zxid;
    queue(connection, std::move(pending));
    return propose(std::move(record));
  }

  const auto identities = static_cast<uint32_t>(connection.identities.size());
  if (connection.pending.empty())
    return answer_read(connection, header.xid, opcode, body, identities, now_.mono_ms);
  PendingRequest pending;
  pending.opcode = opcode;
  pending.xid = header.xid;
  pending.identities = identities;
  pending.received_ms = now_.mono_ms;
  pending.body = std::string(body);
  queue(connection, std::move(pending));
}

void Server::Impl::write_request(Connection& connection, const wire::RequestHeader& header,
                                 Bytes body) {
  const auto opcode = static_cast<Opcode>(header.type);
  PendingRequest pending;
  pending.opcode = opcode;
  pending.xid = header.xid;
  pending.received_ms = now_.mono_ms;
  std::optional<LogRecord> record = preparer_.prepare(
      {connection.session->id, header.xid, connection.identities, now_.wall_ms}, opcode, body);
  if (!record) {
    if (connection.pending.empty()) {
      reply(connection, header.xid, tree_.last_zxid().value, ErrorCode::kMarshallingError);
      return account(connection, opcode, header.xid, tree_.last_zxid().value, now_.mono_ms);
    }
    pending.kind = PendingRequest::Kind::kRefusal;
    pending.error = ErrorCode::kMarshallingError;
    return queue(connection, std::move(pending));
  }
  pending.kind = PendingRequest::Kind::kTransaction;
  pending.zxid = record->zxid;
  queue(connection, std::move(pending));
  propose(std::move(*record));
}

bool Server::Impl::authenticated_enough(const Connection& connection) const {
  if (options_.required_auth_schemes.empty()) return true;
  return std::any_of(connection.identities.begin(), connection.identities.end(),
                     [&](const Identity& identity) {
                       return std::find(options_.required_auth_schemes.begin(),
                                        options_.required_auth_schemes.end(),
                                        identity.scheme) != options_.required_auth_schemes.end();
                     });
}

void Server::Impl::auth_packet(Connection& connection, const wire::RequestHeader& header,
                               Bytes body) {
  wire::Reader reader(body, options_.max_field_bytes);
  wire::AuthPacketView packet;
  if (!wire::read(reader, packet)) return close_connection(connection);
  std::string why;
  const bool proved = !packet.scheme.null &&
                      schemes_.authenticate(packet.scheme.bytes, packet.auth.bytes,
                                            connection.peer.address, connection.identities, why);
  reply(connection, header.xid, 0, proved ? ErrorCode::kOk : ErrorCode::kAuthFailed);
  if (proved) return;
  ++statistics_.auth_failed;
  close_connection(connection);
}

// No SASL scheme is configured: the answer is a null token, and the connection stays.
void Server::Impl::sasl_packet(Connection& connection, const wire::RequestHeader& header,
                               Bytes body) {
  wire::Reader reader(body, options_.max_field_bytes);
  wire::SaslRequestView request;
  if (!wire::read(reader, request) || request.token.null) return close_connection(connection);
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{header.xid, 0, 0});
  writer.write_null();
  wire::end_frame(out, frame);
}

// ---- order

void Server::Impl::queue(Connection& connection, PendingRequest pending) {
  connection.pending.push_back(std::move(pending));
  ++outstanding_;
  if (outstanding_ > options_.outstanding_max) throttle(connection);
}

void Server::Impl::run_ready(Connection& connection) {
  while (!connection.pending.empty() &&
         connection.pending.front().kind != PendingRequest::Kind::kTransaction) {
    const PendingRequest pending = std::move(connection.pending.front());
    connection.pending.pop_front();
    --outstanding_;
    if (pending.kind == PendingRequest::Kind::kRefusal) {
      reply(connection, pending.xid, tree_.last_zxid().value, pending.error);
      account(connection, pending.opcode, pending.xid, tree_.last_zxid().value,
              pending.received_ms);
    } else {
      answer_read(connection, pending.xid, pending.opcode, pending.body, pending.identities,
                  pending.received_ms);
    }
  }
}

// Nothing is refused: the server stops reading from those who have requests outstanding until there
// is room.
void Server::Impl::throttle(Connection& connection) {
  if (!connection.reading) return;
  connection.reading = false;
  throttled_.push_back(connection.id);
  effects_->reading.push_back({connection.id, false});
}

void Server::Impl::resume_reading() {
  for (const ConnId id : throttled_) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    connection->reading = true;
    effects_->reading.push_back({id, true});
  }
  throttled_.clear();
}

// ---- replies

Buffer& Server::Impl::output(Connection& connection) {
  if (connection.reply_batch != effects_->batch) {
    connection.reply_batch = effects_->batch;
    connection.reply_index = effects_->replies.size();
    // About as much as last time: a pipelining client gets its replies without the buffer growing
    // step by step.
    effects_->replies.push_back({connection.id, Buffer(connection.reply_bytes)});
  }
  return effects_->replies[connection.reply_index].bytes;
}

void Server::Impl::reply(Connection& connection, int32_t xid, int64_t zxid, ErrorCode error) {
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{xid, zxid, static_cast<int32_t>(error)});
  wire::end_frame(out, frame);
}

void Server::Impl::account(Connection& connection, Opcode opcode, int32_t xid, int64_t zxid,
                           int64_t received_ms) {
  const int64_t latency = now_.mono_ms - received_ms;
  connection.reply_bytes = effects_->replies[connection.reply_index].bytes.size();
  ++connection.sent;
  connection.last_opcode = opcode;
  if (xid >= 0) connection.last_cxid = xid;
  connection.last_zxid = zxid;
  connection.last_response_ms = now_.wall_ms;
  connection.last_latency = latency;
  connection.min_latency = std::min(connection.min_latency, latency);
  connection.max_latency = std::max(connection.max_latency, latency);
  connection.latency_sum += latency;
  ++connection.latency_count;
  ++statistics_.packets_sent;
  statistics_.add_latency(latency);
  (is_read(opcode) ? statistics_.read_latency : statistics_.update_latency).add(latency);
}

}  // namespace zookernel::core
