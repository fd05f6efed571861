#include "tools/client/session.h"

#include <algorithm>
#include <utility>

#include "tools/client/path.h"
#include "zookernel/wire/frame.h"

namespace zookernel::client {

using wire::ErrorCode;
using wire::EventType;
using wire::KeeperState;
using wire::Opcode;

namespace {

// A session is kept alive by a ping after this much silence of ours, however long its timeout.
constexpr int64_t kPingIntervalMax = 10000;
// A ping leaves this much earlier than half of what the server allows, for a slow network.
constexpr int64_t kPingMargin = 1000;

Error broken(std::string why) {
  return {Errc::kCorrupt, std::move(why)};
}

bool is_known(EventType type) {
  switch (type) {
    case EventType::kNone:
    case EventType::kNodeCreated:
    case EventType::kNodeDeleted:
    case EventType::kNodeDataChanged:
    case EventType::kNodeChildrenChanged:
    case EventType::kDataWatchRemoved:
    case EventType::kChildWatchRemoved:
    case EventType::kPersistentWatchRemoved:
      return true;
  }
  return false;
}

// Drops the bytes in front of `from`; the rest moves to the beginning.
void drop_front(Buffer& buffer, size_t count) {
  if (count == 0) return;
  const size_t rest = buffer.size() - count;
  if (rest != 0) std::memmove(buffer.data(), buffer.data() + count, rest);
  buffer.truncate(rest);
}

}  // namespace

std::string_view state_name(SessionState state) {
  switch (state) {
    case SessionState::kConnecting:
      return "CONNECTING";
    case SessionState::kConnected:
      return "CONNECTED";
    case SessionState::kConnectedReadOnly:
      return "CONNECTEDREADONLY";
    case SessionState::kClosed:
      return "CLOSED";
    case SessionState::kAuthFailed:
      return "AUTH_FAILED";
  }
  return "NOT_CONNECTED";
}

Session::Session(Settings settings, EventHandler on_event)
    : settings_(std::move(settings)),
      on_event_(std::move(on_event)),
      timeout_ms_(settings_.timeout_ms) {}

// --- What the user asks --------------------------------------------------------------------------

void Session::submit(Opcode opcode, Bytes body, WatchRequest watch, ReplyHandler handler) {
  if (!alive()) return handler(Reply{loss_error(), -1, {}});
  Request request{next_xid_, opcode, std::move(watch), std::move(handler), std::string(body)};
  // Negative numbers mean something else.
  next_xid_ = next_xid_ == INT32_MAX ? 1 : next_xid_ + 1;
  if (!connected()) return waiting_.push_back(std::move(request));
  send(std::move(request));
}

void Session::send(Request request) {
  write_request(request.xid, request.opcode, request.frame);
  request.frame.clear();
  sent_.push_back(std::move(request));
}

void Session::write_request(int32_t xid, Opcode opcode, Bytes body) {
  wire::Writer writer(output_);
  const size_t frame = wire::begin_frame(output_);
  wire::encode(writer, wire::RequestHeader{xid, static_cast<int32_t>(opcode)});
  writer.write_raw(body);
  wire::end_frame(output_, frame);
  last_sent_ = now_;
}

void Session::add_auth(std::string_view scheme, std::optional<std::string> auth,
                       ReplyHandler handler) {
  if (!alive()) return handler(Reply{loss_error(), -1, {}});
  auths_.push_back({std::string(scheme), std::move(auth), std::move(handler)});
  if (!connected()) return;
  auths_sent_.push_back(auths_.size() - 1);
  const Auth& made = auths_.back();
  write_request(wire::kXidAuth, Opcode::kAuth,
                wire::encoded(wire::AuthPacket{0, made.scheme, made.auth}));
}

void Session::close() {
  if (!alive()) return;
  if (!connected()) return end(SessionState::kClosed, KeeperState::kClosed);
  submit(Opcode::kCloseSession, {}, {}, [this](const Reply&) {
    if (alive()) end(SessionState::kClosed, KeeperState::kClosed);
  });
}

void Session::raise(EventType type, std::string_view path) {
  on_event_({type, KeeperState::kSyncConnected, std::string(path), -1});
}

// --- What the connection reports -----------------------------------------------------------------

void Session::on_connect(int64_t now) {
  now_ = last_sent_ = last_received_ = now;
  has_stream_ = true;
  input_.clear();
  output_.clear();
  wire::ConnectRequest request;
  request.last_zxid_seen = last_zxid_;
  request.timeout = settings_.timeout_ms;
  if (met_writable_) request.session_id = id_.value;
  request.passwd = password_;
  request.read_only = settings_.access == Access::kReadOnlyAllowed;
  wire::Writer writer(output_);
  const size_t frame = wire::begin_frame(output_);
  wire::encode(writer, request);
  wire::end_frame(output_, frame);
}

Status Session::on_bytes(Bytes bytes, int64_t now) {
  now_ = last_received_ = now;
  input_.append(bytes);
  size_t used = 0;
  while (has_stream_ && alive()) {
    const wire::LengthFrame frame =
        wire::next_length_frame(input_.view().substr(used), 0, settings_.frame_bytes_max);
    if (frame.kind == wire::LengthFrame::Kind::kBad) {
      return broken("the server sent a frame that cannot be: " + std::string(frame.problem) +
                    " (is this the client port of a ZooKeeper server? The limit for one frame is " +
                    std::to_string(settings_.frame_bytes_max) + " bytes: jute.maxbuffer)");
    }
    if (frame.kind == wire::LengthFrame::Kind::kNeedMore) break;
    used += frame.consumed;
    const Status status = on_frame(frame.payload);
    if (!status.ok()) return status;
  }
  // A handler may have ended the session, which empties the buffer.
  drop_front(input_, std::min(used, input_.size()));
  return Unit{};
}

Status Session::on_frame(Bytes payload) {
  return connected() ? on_reply(payload) : on_handshake(payload);
}

Status Session::on_handshake(Bytes payload) {
  wire::Reader reader(payload);
  wire::ConnectResponse response;
  if (!wire::decode(reader, response)) {
    return broken("the server's answer to the handshake is no ConnectResponse: " +
                  std::string(reader.error()));
  }
  if (response.timeout <= 0) {
    end(SessionState::kClosed, KeeperState::kExpired);
    return Unit{};
  }
  const bool read_only = response.read_only.has_value() && *response.read_only;
  id_ = SessionId{response.session_id};
  password_ = response.passwd.value_or(std::string(wire::kPasswordBytes, '\0'));
  timeout_ms_ = response.timeout;
  met_writable_ |= !read_only;
  state_ = read_only ? SessionState::kConnectedReadOnly : SessionState::kConnected;

  // Before the requests that wait: they may need the identities.
  auths_sent_.clear();
  for (size_t i = 0; i < auths_.size(); ++i) {
    auths_sent_.push_back(i);
    write_request(wire::kXidAuth, Opcode::kAuth,
                  wire::encoded(wire::AuthPacket{0, auths_[i].scheme, auths_[i].auth}));
  }
  for (const WatchReset& reset : watches_.reset_requests(last_zxid_, settings_.chroot)) {
    write_request(wire::kXidSetWatches, reset.opcode, reset.body);
  }
  while (!waiting_.empty()) {
    Request request = std::move(waiting_.front());
    waiting_.pop_front();
    send(std::move(request));
  }
  on_event_({EventType::kNone,
             read_only ? KeeperState::kConnectedReadOnly : KeeperState::kSyncConnected,
             std::nullopt, -1});
  return Unit{};
}

Status Session::on_reply(Bytes payload) {
  wire::Reader reader(payload);
  wire::ReplyHeader header;
  if (!wire::decode(reader, header)) {
    return broken("the server sent a reply without a header: " + std::string(reader.error()));
  }
  switch (header.xid) {
    case wire::kXidPing:
      return Unit{};
    case wire::kXidSetWatches:
      return Unit{};
    case wire::kXidNotification:
      return on_notification(header, reader);
    case wire::kXidAuth:
      return on_auth_reply(header);
    default:
      return on_request_reply(header, reader.rest());
  }
}

Status Session::on_notification(const wire::ReplyHeader& header, wire::Reader& reader) {
  wire::WatcherEvent event;
  if (!wire::decode(reader, event)) {
    return broken("the server sent a watch event that cannot be read: " +
                  std::string(reader.error()));
  }
  const auto type = static_cast<EventType>(event.type);
  if (!is_known(type)) {
    return broken("the server sent a watch event of the unknown type " +
                  std::to_string(event.type));
  }
  std::string path = without_chroot(settings_.chroot, event.path);
  if (!watches_.fire(type, path)) return Unit{};
  // Servers before 3.9 send -1.
  on_event_({type, KeeperState::kSyncConnected, std::move(path), header.zxid});
  return Unit{};
}

Status Session::on_auth_reply(const wire::ReplyHeader& header) {
  if (auths_sent_.empty()) return broken("the server answered an auth packet that was not sent");
  const size_t index = auths_sent_.front();
  auths_sent_.pop_front();
  const auto error = static_cast<ErrorCode>(header.err);
  const ReplyHandler handler = std::exchange(auths_[index].handler, nullptr);
  // The session ends first, so that the user who hears of the refusal sees it so.
  if (error == ErrorCode::kAuthFailed) end(SessionState::kAuthFailed, KeeperState::kAuthFailed);
  if (handler) handler(Reply{error, header.zxid, {}});
  return Unit{};
}

Status Session::on_request_reply(const wire::ReplyHeader& header, Bytes body) {
  if (sent_.empty()) {
    return broken("the server answered request " + std::to_string(header.xid) +
                  ", which was not asked");
  }
  if (sent_.front().xid != header.xid) {
    return broken("the server answered request " + std::to_string(header.xid) + " instead of " +
                  std::to_string(sent_.front().xid));
  }
  const Request request = std::move(sent_.front());
  sent_.pop_front();
  if (header.zxid > 0) last_zxid_ = header.zxid;
  const auto error = static_cast<ErrorCode>(header.err);
  if (error == ErrorCode::kOk) {
    watches_.add(request.watch.kind, request.watch.path);
  } else if (error == ErrorCode::kNoNode && request.opcode == Opcode::kExists &&
             request.watch.kind == WatchKind::kData) {
    watches_.add(WatchKind::kExists, request.watch.path);
  }
  request.handler(Reply{error, header.zxid, body});
  return Unit{};
}

void Session::on_disconnect() {
  has_stream_ = false;
  input_.clear();
  output_.clear();
  auths_sent_.clear();
  if (!alive()) return;
  const bool was_connected = connected();
  state_ = SessionState::kConnecting;
  fail_all(sent_, ErrorCode::kConnectionLoss);
  if (was_connected && alive()) {
    on_event_({EventType::kNone, KeeperState::kDisconnected, std::nullopt, -1});
  }
}

void Session::on_unreachable() {
  if (!alive()) return;
  fail_all(waiting_, ErrorCode::kConnectionLoss);
  for (Auth& auth : auths_) {
    // Kept for the connection that may come; only who waits for the answer is told.
    if (const ReplyHandler handler = std::exchange(auth.handler, nullptr)) {
      handler(Reply{ErrorCode::kConnectionLoss, -1, {}});
    }
  }
}

void Session::fail_all(std::deque<Request>& requests, ErrorCode error) {
  // A handler may make a new request, which does not belong to those that fail.
  std::deque<Request> failed = std::exchange(requests, {});
  for (Request& request : failed) request.handler(Reply{error, -1, {}});
}

void Session::end(SessionState state, KeeperState event) {
  state_ = state;
  has_stream_ = false;
  output_.clear();
  watches_.clear();
  fail_all(sent_, loss_error());
  fail_all(waiting_, loss_error());
  for (Auth& auth : auths_) {
    if (const ReplyHandler handler = std::exchange(auth.handler, nullptr)) {
      handler(Reply{loss_error(), -1, {}});
    }
  }
  on_event_({EventType::kNone, event, std::nullopt, -1});
}

ErrorCode Session::loss_error() const {
  switch (state_) {
    case SessionState::kAuthFailed:
      return ErrorCode::kAuthFailed;
    case SessionState::kClosed:
      return ErrorCode::kSessionExpired;
    default:
      return ErrorCode::kConnectionLoss;
  }
}

// --- Time ----------------------------------------------------------------------------------------

int64_t Session::read_timeout_ms() const {
  // Until the handshake is answered each server gets its share of the session's timeout, so that
  // all can be tried before it is over.
  if (!connected()) {
    return std::max<int64_t>(
        1, timeout_ms_ / std::max<int64_t>(1, static_cast<int64_t>(settings_.servers)));
  }
  return std::max<int64_t>(1, int64_t{timeout_ms_} * 2 / 3);
}

int64_t Session::ping_interval_ms() const {
  int64_t interval = read_timeout_ms() / 2;
  if (interval > 2 * kPingMargin) interval -= kPingMargin;
  return std::clamp<int64_t>(interval, 1, kPingIntervalMax);
}

int64_t Session::next_time() const {
  const int64_t silent_at = last_received_ + read_timeout_ms();
  return connected() ? std::min(silent_at, last_sent_ + ping_interval_ms()) : silent_at;
}

Status Session::on_time(int64_t now) {
  now_ = now;
  if (!has_stream_ || !alive()) return Unit{};
  if (now >= last_received_ + read_timeout_ms()) {
    return Error{Errc::kClosed,
                 "the server said nothing for " + std::to_string(now - last_received_) + " ms"};
  }
  if (connected() && now >= last_sent_ + ping_interval_ms()) {
    write_request(wire::kXidPing, Opcode::kPing, {});
  }
  return Unit{};
}

}  // namespace zookernel::client
