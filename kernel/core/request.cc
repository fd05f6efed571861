// Frames of clients: authentication, and the order in which a connection's requests are answered.
#include <algorithm>

#include "kernel/core/server_impl.h"
#include "kernel/core/well_formed.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

namespace {

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
    case Opcode::kMultiRead:
    case Opcode::kGetEphemerals:
    case Opcode::kGetAllChildrenNumber:
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
  if (connection->session == nullptr || connection->session->closing || connection->ending)
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
  if (!authenticated_enough(connection))
    return answer_at_once(connection, opcode, header.xid, ErrorCode::kSessionClosedRequireSaslAuth);
  Request request{header.xid,  opcode, body, static_cast<uint32_t>(connection.identities.size()), 0,
                  now_.mono_ms};
  const size_t bytes = wire::kRequestHeaderBytes + body.size();
  if (options_.large_request_bytes > 0 &&
      bytes > static_cast<size_t>(options_.large_request_bytes)) {
    if (!admit_large(bytes)) return close_connection(connection);
    request.large_bytes = static_cast<uint32_t>(bytes);
  }
  const RequestThrottleOptions& limits = options_.request_throttle;
  if (limits.requests_max > 0 && (!gate_.empty() || outstanding_ >= limits.requests_max))
    return wait_at_gate(connection, request);
  serve(connection, request);
}

void Server::Impl::serve(Connection& connection, const Request& request) {
  touch(*connection.session);
  if (is_write(request.opcode)) {
    if (disk_low_) [[unlikely]] {
      // The one old code that says: not executed, and this server only answers reads for now.
      statistics_.disk_reserve_refusals.add();
      return refuse(connection, request, ErrorCode::kNotReadOnly);
    }
    return write_request(connection, request);
  }
  if (request.opcode == Opcode::kCloseSession) {
    PendingRequest pending = pending_of(request);
    pending.kind = PendingRequest::Kind::kTransaction;
    if (!leads_) {
      connection.session->closing = pending.forwarded = true;
      queue(connection, std::move(pending));
      return forward(connection.session_id, request.xid, request.opcode, {}, connection.identities);
    }
    LogRecord record = prepare_close(*connection.session, request.xid, connection.identities);
    pending.zxid = record.zxid;
    queue(connection, std::move(pending));
    return propose(std::move(record));
  }
  if (request.opcode == Opcode::kSync && role_ != Role::kStandalone)
    return queue_sync(connection, request);
  if (connection.pending.empty()) {
    large_bytes_ -= request.large_bytes;
    return answer_read(connection, request.xid, request.opcode, request.body, request.identities,
                       request.received_ms);
  }
  PendingRequest pending = pending_of(request);
  pending.body = std::string(request.body);
  queue(connection, std::move(pending));
}

PendingRequest Server::Impl::pending_of(const Request& request) const {
  PendingRequest pending;
  pending.opcode = request.opcode;
  pending.xid = request.xid;
  pending.identities = request.identities;
  pending.large_bytes = request.large_bytes;
  pending.received_ms = request.received_ms;
  return pending;
}

void Server::Impl::write_request(Connection& connection, const Request& request) {
  if (!leads_) return forward_write(connection, request);
  const std::span<const Identity> identities(connection.identities.data(), request.identities);
  std::optional<LogRecord> record =
      preparer_.prepare({connection.session->id, request.xid, identities, now_.wall_ms},
                        request.opcode, request.body);
  if (std::string warning = preparer_.take_warning(); !warning.empty())
    effects_->warnings.push_back(std::move(warning));
  if (!record) return refuse(connection, request, ErrorCode::kMarshallingError);
  PendingRequest pending = pending_of(request);
  pending.kind = PendingRequest::Kind::kTransaction;
  pending.zxid = record->zxid;
  queue(connection, std::move(pending));
  propose(std::move(*record));
}

void Server::Impl::refuse(Connection& connection, const Request& request, ErrorCode error) {
  if (connection.pending.empty()) {
    large_bytes_ -= request.large_bytes;
    reply(connection, request.xid, tree_.last_zxid().value, error);
    return account(connection, request.opcode, request.xid, tree_.last_zxid().value,
                   request.received_ms);
  }
  PendingRequest pending = pending_of(request);
  pending.kind = PendingRequest::Kind::kRefusal;
  pending.error = error;
  queue(connection, std::move(pending));
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
  if (!proved) ++statistics_.auth_failed;
  answer_at_once(connection, Opcode::kAuth, header.xid,
                 proved ? ErrorCode::kOk : ErrorCode::kAuthFailed);
}

// No SASL scheme is configured: the answer is a null token, and the connection stays.
void Server::Impl::sasl_packet(Connection& connection, const wire::RequestHeader& header,
                               Bytes body) {
  wire::Reader reader(body, options_.max_field_bytes);
  wire::SaslRequestView request;
  if (!wire::read(reader, request) || request.token.null) return close_connection(connection);
  answer_at_once(connection, Opcode::kSasl, header.xid, ErrorCode::kOk);
}

// Does not wait for the requests before it, only for the answer to the handshake, if that is still
// due. An error ends the connection.
void Server::Impl::answer_at_once(Connection& connection, Opcode opcode, int32_t xid,
                                  ErrorCode error) {
  if (!connection.pending.empty() && connection.pending.front().opcode == Opcode::kCreateSession) {
    PendingRequest pending;
    pending.kind = PendingRequest::Kind::kImmediate;
    pending.opcode = opcode;
    pending.xid = xid;
    pending.error = error;
    connection.ending = error != ErrorCode::kOk;
    return queue(connection, std::move(pending));
  }
  write_immediate(connection, opcode, xid, error);
}

void Server::Impl::write_immediate(Connection& connection, Opcode opcode, int32_t xid,
                                   ErrorCode error) {
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{xid, 0, static_cast<int32_t>(error)});
  if (opcode == Opcode::kSasl && error == ErrorCode::kOk) writer.write_null();
  wire::end_frame(out, frame);
  if (error != ErrorCode::kOk) close_connection(connection);
}

// ---- order

void Server::Impl::queue(Connection& connection, PendingRequest pending) {
  connection.pending.push_back(std::move(pending));
  ++outstanding_;
  if (outstanding_ > options_.outstanding_max) throttle(connection);
}

PendingRequest Server::Impl::take_pending(Connection& connection) {
  PendingRequest pending = std::move(connection.pending.front());
  connection.pending.pop_front();
  --outstanding_;
  large_bytes_ -= pending.large_bytes;
  return pending;
}

void Server::Impl::drop_pending(Connection& connection) {
  while (!connection.pending.empty()) {
    const PendingRequest pending = take_pending(connection);
    if (pending.forwarded) orphans_[connection.session_id].push_back(pending.xid);
  }
}

namespace {

// Not answered by being at the head.
bool waits(const PendingRequest& pending) {
  return pending.kind == PendingRequest::Kind::kTransaction ||
         pending.kind == PendingRequest::Kind::kRevalidation ||
         (pending.kind == PendingRequest::Kind::kSync && !pending.released);
}

}  // namespace

void Server::Impl::run_ready(Connection& connection) {
  while (!connection.pending.empty() && !waits(connection.pending.front())) {
    const PendingRequest pending = take_pending(connection);
    if (pending.kind == PendingRequest::Kind::kImmediate) {
      write_immediate(connection, pending.opcode, pending.xid, pending.error);
    } else if (pending.kind == PendingRequest::Kind::kRefusal) {
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

void Server::Impl::resume_if_room() {
  const int64_t waiting = outstanding_ + static_cast<int64_t>(gate_.size());
  if (!throttled_.empty() && waiting <= options_.outstanding_max) resume_reading();
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
  end_reply(out, frame);
}

void Server::Impl::end_reply(Buffer& out, size_t frame) {
  wire::end_frame(out, frame);
  statistics_.add_response(out.size() - frame - sizeof(int32_t));
}

void Server::Impl::account(Connection& connection, Opcode opcode, int32_t xid, int64_t zxid,
                           int64_t received_ms) {
  const int64_t latency = now_.mono_ms - received_ms;
  // One large reply is not the beginning of many.
  constexpr size_t kReserveMax = size_t{64} << 10;
  connection.reply_bytes =
      std::min(effects_->replies[connection.reply_index].bytes.size(), kReserveMax);
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
