#include "tests/simulation/checkers.h"

#include <algorithm>
#include <variant>

#include "plugins/auth/digest/hash.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"
#include "zookernel/log.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::sim {
namespace {

using wire::Opcode;

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
      return true;
    default:
      return false;
  }
}

std::string connect_response(int64_t session, int32_t timeout_ms, std::string password,
                             bool read_only) {
  wire::ConnectResponse response{0, timeout_ms, session, std::move(password), {}};
  if (read_only) response.read_only = false;
  return wire::encoded(response);
}

}  // namespace

Checker::Checker(const Plan& plan) : plan_(plan), tree_(plan.options.extended_types) {}

size_t Checker::pending() const {
  size_t count = 0;
  for (const auto& [id, connection] : connections_) count += connection.requests.size();
  return count;
}

// ---- recovery

void Checker::recovery_begins() {
  first_known_ = replayed_zxid_ = 0;
}

void Checker::replayed(Bytes record) {
  wire::Reader reader(record);
  wire::TxnHeader header;
  if (!wire::decode(reader, header))
    throw Violation("recovery reads what was written", "a record without a header");
  if (replayed_zxid_ != 0 && header.zxid != replayed_zxid_ + 1)
    throw Violation("recovery reads every transaction in order",
                    hex(header.zxid) + " after " + hex(replayed_zxid_));
  replayed_zxid_ = header.zxid;
  if (first_known_ == 0) first_known_ = header.zxid;
  if (header.zxid < 1 || header.zxid > static_cast<int64_t>(history_.size()))
    throw Violation("recovery reads what was written", hex(header.zxid) + " was never proposed");
  const std::string& proposed = history_[static_cast<size_t>(header.zxid - 1)].bytes;
  if (Bytes(proposed) != record)
    throw Violation("recovery reads what was written",
                    "read " + describe_record(record) + ", proposed " + describe_record(proposed));
}

void Checker::recovered(const core::Server& server) {
  const int64_t last = server.last_zxid().value;
  if (last < zxid_)
    throw Violation("what is durable survives", "recovered up to " + hex(last) + ", durable was " +
                                                    hex(zxid_) + ", proposed " +
                                                    hex(static_cast<int64_t>(history_.size())));
  if (last > static_cast<int64_t>(history_.size()))
    throw Violation("recovery reads what was written", hex(last) + " was never proposed");
  if (first_known_ == 0) first_known_ = last + 1;
  history_.resize(static_cast<size_t>(last));
  while (zxid_ < last) apply(zxid_ + 1, false);
  // Of those that were lost before anybody heard of them, the ids may come again.
  for (const auto& [id, session] : sessions_) {
    if (!session.committed) passwords_.erase(id);
  }
  std::erase_if(sessions_, [](const auto& each) { return !each.second.committed; });
  for (auto& [id, session] : sessions_) {
    session.timeout_ms = session.stored_timeout_ms;
    session.closing = false;
  }
  compare_tree(server);
}

void Checker::stopped() {
  connections_.clear();
  for (auto& [id, session] : sessions_) session.conn = ConnId{};
}

// ---- serving

void Checker::started(const core::Server& server, const Tick& now, const StepOutput& output) {
  now_ms_ = now.mono_ms;
  wall_ms_ = now.wall_ms;
  if (!server.serving()) throw Violation("a standalone server serves", "it does not");
  for (auto& [id, session] : sessions_) session.touched_ms = now_ms_;
  if (!output.frames.empty() || !output.proposed.empty())
    throw Violation("a server begins in silence", "it sends or proposes");
  compare_tree(server);
  check_wake(output.wake_at_ms);
}

void Checker::stepped(const core::Server& server, const core::Input& input,
                      const StepOutput& output) {
  for (const auto& [conn, frame] : output.frames) frames_[conn].push_back(frame);
  proposed_.assign(output.proposed.begin(), output.proposed.end());
  std::visit(
      [this](const auto& in) {
        if constexpr (requires { on(in); }) on(in);
      },
      input);
  if (std::holds_alternative<Tick>(input)) check_wake(output.wake_at_ms);
  for (const ConnId conn : output.closed) {
    if (expected_closes_.erase(conn) == 0)
      throw Violation("connections are closed for a reason", "one is closed and nobody knows why");
  }
  finish_step(server);
}

void Checker::finish_step(const core::Server& server) {
  for (const auto& [conn, frames] : frames_) {
    if (!frames.empty())
      throw Violation("the server sends nothing of its own accord",
                      describe_reply(frames.front(), false));
  }
  frames_.clear();
  if (!expected_closes_.empty())
    throw Violation("connections are closed when their time has come", "one is not");
  if (!proposed_.empty())
    throw Violation("transactions have a reason",
                    describe_record(proposed_.front().second.body.view()));
  compare_tree(server);
}

void Checker::compare_tree(const core::Server& server) const {
  if (server.last_zxid().value != zxid_)
    throw Violation("the tree is as far as what is durable",
                    hex(server.last_zxid().value) + ", not " + hex(zxid_));
  if (server.node_count() != tree_.size() || server.tree_digest() != tree_.digest())
    throw Violation("the tree equals the model",
                    "at " + hex(zxid_) + ": " + std::to_string(server.node_count()) +
                        " znodes, digest " + hex(static_cast<int64_t>(server.tree_digest())) +
                        "; model: " + std::to_string(tree_.size()) + ", " +
                        hex(static_cast<int64_t>(tree_.digest())));
}

// A server that is not told the time until it asks for it must ask in time for every session.
void Checker::check_wake(int64_t wake_at_ms) const {
  for (const auto& [id, session] : sessions_) {
    const int64_t latest = session.touched_ms + session.timeout_ms + plan_.options.tick_ms;
    if (!session.closing && wake_at_ms > latest)
      throw Violation("a session ends at most a tick after its timeout",
                      "the server sleeps until " + std::to_string(wake_at_ms) + ", session " +
                          hex(id) + " is due by " + std::to_string(latest));
  }
}

void Checker::on(const Tick& tick) {
  now_ms_ = tick.mono_ms;
  wall_ms_ = tick.wall_ms;
  while (!proposed_.empty()) {
    wire::Reader reader(proposed_.front().second.body.view());
    wire::TxnHeader header;
    const bool whole = wire::decode(reader, header);
    if (whole && header.type == static_cast<int32_t>(Opcode::kDeleteContainer)) {
      take_container_end(reader);
    } else if (whole && header.type == static_cast<int32_t>(Opcode::kCloseSession)) {
      take_expiry(header);
    } else {
      throw Violation("transactions have a reason",
                      describe_record(proposed_.front().second.body.view()));
    }
  }
  for (const auto& [id, session] : sessions_) {
    if (!session.closing &&
        now_ms_ >= session.touched_ms + session.timeout_ms + plan_.options.tick_ms)
      throw Violation("a session ends at most a tick after its timeout",
                      hex(id) + " after " + std::to_string(now_ms_ - session.touched_ms) + " of " +
                          std::to_string(session.timeout_ms) + " ms");
  }
}

void Checker::take_expiry(const wire::TxnHeader& header) {
  const auto at = sessions_.find(header.client_id);
  if (at == sessions_.end() || at->second.closing)
    throw Violation("only sessions that live expire",
                    describe_record(proposed_.front().second.body.view()));
  Session& session = at->second;
  if (now_ms_ < session.touched_ms + session.timeout_ms)
    throw Violation("a session never ends before its timeout",
                    hex(header.client_id) + " after " +
                        std::to_string(now_ms_ - session.touched_ms) + " of " +
                        std::to_string(session.timeout_ms) + " ms");
  Proposal proposal;
  proposal.opcode = Opcode::kCloseSession;
  take_proposal(header.client_id, 0, std::move(proposal));
  session.closing = true;
}

void Checker::take_container_end(wire::Reader& body) {
  const std::string path(body.read_string().bytes);
  if (!tree_.is_due(path, wall_ms_, plan_.options.container_unused_max_ms))
    throw Violation("containers and TTL znodes go when their time has come", path);
  Proposal proposal;
  proposal.opcode = Opcode::kDeleteContainer;
  proposal.request = path;
  take_proposal(0, 0, std::move(proposal));
}

std::map<std::string, ModelQuota> Checker::enforced_quotas() const {
  std::map<std::string, ModelQuota> quotas;
  if (!plan_.options.enforce_quota) return quotas;
  for (const char* path : {"/n0", "/n1"}) {
    if (std::optional<ModelQuota> quota = tree_.quota_of(path)) quotas[path] = *std::move(quota);
  }
  return quotas;
}

void Checker::on(const core::ClientOpened& opened) {
  connections_[opened.conn].ids = {{"ip", opened.peer.address}};
}

void Checker::on(const core::ClientClosed& closed) {
  const auto at = connections_.find(closed.conn);
  if (at == connections_.end()) return;
  if (Session* session = session_of(at->second); session != nullptr && session->conn == closed.conn)
    session->conn = ConnId{};
  connections_.erase(at);
}

void Checker::on(const core::ClientFrame& frame) {
  const auto at = connections_.find(frame.conn);
  if (at == connections_.end() || at->second.ended) return;
  Connection& connection = at->second;
  if (!connection.open) return connect(frame.conn, connection, frame.payload);
  const Session* session = session_of(connection);
  if (session == nullptr || session->closing) return;
  wire::Reader reader(frame.payload);
  wire::RequestHeader header;
  const bool whole = wire::decode(reader, header);
  ZOOKERNEL_ASSERT(whole);  // our clients send no nonsense
  request(frame.conn, connection, header, reader.rest());
}

void Checker::on(const Durable& durable) {
  while (zxid_ < static_cast<int64_t>(history_.size()) &&
         history_[static_cast<size_t>(zxid_)].ticket <= durable.ticket)
    apply(zxid_ + 1, true);
}

Checker::Session* Checker::session_of(const Connection& connection) {
  const auto at = sessions_.find(connection.session);
  return at == sessions_.end() ? nullptr : &at->second;
}

void Checker::end_connection(ConnId id) {
  const auto at = connections_.find(id);
  if (at == connections_.end() || at->second.ended) return;
  Connection& connection = at->second;
  connection.ended = true;
  connection.requests.clear();
  connection.data_watches.clear();
  connection.child_watches.clear();
  if (Session* session = session_of(connection); session != nullptr && session->conn == id)
    session->conn = ConnId{};
  expected_closes_.insert(id);
}

// What was forgotten because a snapshot took its place cannot be known again. Only a clock that is
// set back leads there.
bool Checker::is_fresh_id(int64_t session) const {
  if (session == 0 || sessions_.contains(session)) return false;
  const auto ended = ended_sessions_.find(session);
  if (ended == ended_sessions_.end()) return true;
  return plan_.has(Fault::kWallJump) && ended->second < first_known_;
}

void Checker::connect(ConnId id, Connection& connection, Bytes payload) {
  wire::ConnectRequest request;
  wire::Reader reader(payload);
  const bool whole = wire::decode(reader, request);
  ZOOKERNEL_ASSERT(whole);
  connection.has_read_only = request.read_only.has_value();
  // Who has seen more than we have must look elsewhere.
  if (request.last_zxid_seen > zxid_) return end_connection(id);
  const int32_t timeout_ms = std::clamp(request.timeout, plan_.options.min_session_timeout_ms,
                                        plan_.options.max_session_timeout_ms);

  if (request.session_id == 0) {
    if (proposed_.empty()) throw Violation("a new session is proposed", "it is not");
    const int64_t session =
        static_cast<int64_t>(load_be64(proposed_.front().second.body.view().data()));
    if (!is_fresh_id(session)) throw Violation("a session id is used once", hex(session));
    Proposal proposal;
    proposal.opcode = Opcode::kCreateSession;
    proposal.conn = id;
    const int64_t zxid = take_proposal(session, 0, std::move(proposal));
    sessions_[session] = {timeout_ms, timeout_ms, now_ms_, false, false, id};
    connection.session = session;
    connection.open = true;
    connection.requests.push_back({Opcode::kCreateSession, 0, "", 0, zxid});
    return;
  }

  const auto at = sessions_.find(request.session_id);
  const bool known = at != sessions_.end() && at->second.committed && !at->second.closing &&
                     request.passwd.value_or("") == passwords_.at(request.session_id);
  if (!known) {
    expect_frame(
        id,
        connect_response(0, 0, std::string(wire::kPasswordBytes, '\0'), connection.has_read_only),
        true);
    return end_connection(id);
  }
  Session& session = at->second;
  if (session.conn != ConnId{}) end_connection(session.conn);
  session.conn = id;
  session.timeout_ms = timeout_ms;
  session.touched_ms = now_ms_;
  connection.session = request.session_id;
  connection.open = true;
  expect_frame(id,
               connect_response(request.session_id, timeout_ms, passwords_.at(request.session_id),
                                connection.has_read_only),
               true);
}

void Checker::request(ConnId id, Connection& connection, const wire::RequestHeader& header,
                      Bytes body) {
  const auto opcode = static_cast<Opcode>(header.type);
  if (opcode == Opcode::kAuth) return authenticate(id, connection, header.xid, body);
  Session& session = *session_of(connection);
  session.touched_ms = now_ms_;
  Request made{opcode, header.xid, std::string(body), connection.ids.size(), 0};
  if (is_write(opcode) || opcode == Opcode::kCloseSession) {
    Proposal proposal;
    proposal.opcode = opcode;
    proposal.request = made.body;
    proposal.writer = {connection.session, connection.ids, enforced_quotas()};
    proposal.conn = id;
    made.zxid = take_proposal(connection.session, header.xid, std::move(proposal));
    if (opcode == Opcode::kCloseSession) session.closing = true;
  }
  connection.requests.push_back(std::move(made));
  run_reads(id, connection);
}

// Answered at once, whatever else waits.
void Checker::authenticate(ConnId id, Connection& connection, int32_t xid, Bytes body) {
  wire::AuthPacket packet;
  wire::Reader reader(body);
  const bool whole = wire::decode(reader, packet);
  ZOOKERNEL_ASSERT(whole);
  const bool known = packet.scheme == "digest";
  const auto error = known ? wire::ErrorCode::kOk : wire::ErrorCode::kAuthFailed;
  expect_frame(id, wire::encoded(wire::ReplyHeader{xid, 0, static_cast<int32_t>(error)}));
  if (!known) return end_connection(id);
  const std::string credentials = packet.auth.value_or("");
  const std::string user = credentials.substr(0, credentials.find(':'));
  const wire::Id proved{
      "digest",
      user + ":" + auth::hash_base64(auth::hash_algorithm("SHA1"), credentials).value_or("")};
  if (std::find(connection.ids.begin(), connection.ids.end(), proved) == connection.ids.end())
    connection.ids.push_back(proved);
}

int64_t Checker::take_proposal(int64_t session, int32_t cxid, Proposal proposal) {
  if (proposed_.empty())
    throw Violation("each write is proposed at once",
                    std::string(wire::opcode_name(proposal.opcode)) + " is not");
  const auto [ticket, record] = std::move(proposed_.front());
  proposed_.pop_front();
  wire::TxnHeader header;
  wire::Reader reader(record.body.view());
  const auto next = static_cast<int64_t>(history_.size()) + 1;
  if (!wire::decode(reader, header) || header.zxid != next || record.zxid.value != next ||
      header.client_id != session || header.cxid != cxid || header.time != wall_ms_)
    throw Violation("proposals are numbered and signed",
                    describe_record(record.body.view()) + ", where " + hex(next) + " of session " +
                        hex(session) + " was due");
  proposal.ticket = ticket;
  proposal.bytes = std::string(record.body.view());
  history_.push_back(std::move(proposal));
  return next;
}

// ---- frames

std::string Checker::take_frame(ConnId id, const std::string& for_what) {
  std::deque<std::string>& frames = frames_[id];
  if (frames.empty()) throw Violation("every request is answered and every event told", for_what);
  std::string frame = std::move(frames.front());
  frames.pop_front();
  return frame;
}

void Checker::expect_frame(ConnId id, const std::string& expected, bool handshake) {
  const std::string frame = take_frame(id, describe_reply(expected, handshake) + " is missing");
  if (frame != expected)
    throw Violation("replies come in order and equal the model",
                    "sent " + describe_reply(frame, handshake) + ", due was " +
                        describe_reply(expected, handshake));
}

void Checker::expect_event(ConnId id, wire::EventType type, const std::string& path, int64_t zxid) {
  expect_frame(id, wire::encoded(wire::ReplyHeader{wire::kXidNotification, zxid, 0}) +
                       wire::encoded(wire::WatcherEvent{
                           static_cast<int32_t>(type),
                           static_cast<int32_t>(wire::KeeperState::kSyncConnected), path}));
}

}  // namespace zookernel::sim
