// One core whose consensus machine is moved by hand: a test says what the machine wants done, and
// sees what it was told.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/core_world.h"
#include "tests/support/txn_builder.h"

namespace zookernel::test {

class HandMachine final : public ConsensusMachine {
 public:
  struct Forwarded {
    SessionId session;
    int32_t cxid = 0;
    wire::Opcode opcode = wire::Opcode::kError;
    std::string body;
    std::vector<std::pair<std::string, std::string>> ids;
  };

  void step(const ConsensusInput& input, ConsensusEffects& effects) override {
    if (const auto* propose = std::get_if<Propose>(&input)) proposed.push_back(propose->record);
    if (const auto* forward = std::get_if<Forward>(&input)) {
      const ForwardedRequest& request = forward->request;
      forwarded.push_back({request.session,
                           request.cxid,
                           static_cast<wire::Opcode>(request.type),
                           std::string(request.body),
                           {}});
      for (const auto& [scheme, id] : request.ids)
        forwarded.back().ids.emplace_back(std::string(scheme), std::string(id));
    }
    if (const auto* ask = std::get_if<Revalidate>(&input)) asked.push_back(ask->session);
    if (const auto* answer = std::get_if<RevalidateAnswer>(&input)) answers.push_back(*answer);
    if (const auto* touch = std::get_if<Touch>(&input)) touches.push_back(touch->session);
    if (std::holds_alternative<Sync>(input)) ++syncs;
    if (std::holds_alternative<InstallFailed>(input)) ++failed_installs;
    // Only what comes over the wire moves it.
    if (!std::holds_alternative<Received>(input) || !next) return;
    std::exchange(next, nullptr)(effects);
  }
  [[nodiscard]] ConsensusConfig config() const override { return {config_text, 7}; }

  std::function<void(ConsensusEffects&)> next;
  std::string config_text;
  std::vector<LogRecord> proposed;
  std::vector<Forwarded> forwarded;
  std::vector<SessionId> asked, touches;
  std::vector<RevalidateAnswer> answers;
  int syncs = 0, failed_installs = 0;
};

class EnsembleWorld {
 public:
  explicit EnsembleWorld(core::Options options = {}) {
    core::ServerParts parts;
    parts.options = std::move(options);
    if (parts.options.self.value == 0) parts.options.self = ServerId{2};
    parts.auth_schemes = schemes_.parts();
    parts.metrics = &metrics_;
    server_ = std::make_unique<core::Server>(std::move(parts));
    auto made = std::make_unique<HandMachine>();
    machine = made.get();
    server_->start(std::move(made), now_, effects_);
    carry_out();
  }

  // The machine wants this.
  void wants(std::function<void(ConsensusEffects&)> effects) {
    machine->next = std::move(effects);
    step(Received{ConnId{1}, {}});
  }
  void commit(LogRecord record) {
    wants([&record](ConsensusEffects& effects) { effects.commit.push_back(std::move(record)); });
  }
  void role(Role role, Zxid last) {
    wants([=](ConsensusEffects& effects) { effects.roles.push_back({role, last, "test"}); });
  }
  // As a server does that was just started: nobody has anything.
  void follow() { role(Role::kFollowing, server_->last_zxid()); }
  void lead() { role(Role::kLeading, Zxid{(server_->last_zxid().epoch() + 1) << 32}); }
  void step(const core::Input& input) {
    server_->step(input, effects_);
    carry_out();
  }
  void pass(int64_t ms) {
    now_.mono_ms += ms;
    now_.wall_ms += ms;
    step(core::Input(now_));
  }

  ConnId open() {
    const ConnId conn{++last_conn_};
    step(core::ClientOpened{conn, {"127.0.0.1", 40000, false}});
    return conn;
  }
  void frame(ConnId conn, Bytes payload) { step(core::ClientFrame{conn, payload}); }
  template <typename Request>
  void send(ConnId conn, int32_t xid, wire::Opcode opcode, const Request& request) {
    frame(conn, wire::encoded(wire::RequestHeader{xid, static_cast<int32_t>(opcode)}) +
                    wire::encoded(request));
  }
  void create(ConnId conn, int32_t xid, const std::string& path, int32_t flags = 0) {
    send(conn, xid, wire::Opcode::kCreate, wire::CreateRequest{path, "d", open_acl(), flags});
  }
  void exists(ConnId conn, int32_t xid, const std::string& path) {
    send(conn, xid, wire::Opcode::kExists, wire::ExistsRequest{path, false});
  }
  void handshake(ConnId conn, int64_t session = 0,
                 const std::string& password = std::string(16, '\0')) {
    frame(conn, wire::encoded(wire::ConnectRequest{0, 0, 10000, session, password, false}));
  }
  std::optional<wire::ConnectResponse> greeting(ConnId conn) {
    const std::optional<std::string> answer = next_frame(conn);
    if (!answer) return std::nullopt;
    wire::ConnectResponse response;
    wire::Reader reader(*answer);
    if (!wire::decode(reader, response)) return std::nullopt;
    return response;
  }
  // A new session at a follower, to its end.
  struct Client {
    ConnId conn;
    SessionId session;
    std::string password;
  };
  Client connect_to_follower() {
    Client client{open(), {}, {}};
    handshake(client.conn);
    client.session = machine->forwarded.back().session;
    commit(next_record(client.session, 0, create_session(10000)));
    client.password = greeting(client.conn).value().passwd.value_or("");
    return client;
  }

  // The transaction after the last one that was applied.
  LogRecord next_record(SessionId session, int32_t cxid, const Body& body) {
    const Zxid zxid = server_->last_zxid().next();
    std::string bytes = wire::encoded(wire::TxnHeader{session.value, cxid, zxid.value, 1000,
                                                      static_cast<int32_t>(body.type)}) +
                        body.bytes;
    return {zxid, SharedBytes(bytes)};
  }

  std::optional<std::string> next_frame(ConnId conn) {
    std::string& sent = sent_[conn];
    if (sent.size() < 4) return std::nullopt;
    const size_t size = load_be32(sent.data());
    std::string frame = sent.substr(4, size);
    sent.erase(0, 4 + size);
    return frame;
  }
  std::optional<Reply> next(ConnId conn) {
    const std::optional<std::string> frame = next_frame(conn);
    if (!frame) return std::nullopt;
    Reply reply;
    wire::Reader reader(*frame);
    if (!wire::decode(reader, reply.header)) return std::nullopt;
    reply.body = std::string(reader.rest());
    return reply;
  }
  [[nodiscard]] bool closed(ConnId conn) const { return closed_.contains(conn); }
  [[nodiscard]] std::string text(ConnId conn) { return std::move(sent_[conn]); }
  core::Server& server() { return *server_; }

  HandMachine* machine = nullptr;
  std::vector<core::SnapshotPiece> snapshot;
  std::vector<core::StreamPiece> streams;
  std::vector<core::InstallPiece> installs;
  std::vector<Persist> persists;

 private:
  void carry_out() {
    for (Send& send : effects_.replies) sent_[send.conn].append(send.bytes.view());
    for (const ConnId conn : effects_.close) closed_.emplace(conn, true);
    std::move(effects_.snapshot.begin(), effects_.snapshot.end(), std::back_inserter(snapshot));
    std::move(effects_.streams.begin(), effects_.streams.end(), std::back_inserter(streams));
    std::move(effects_.installs.begin(), effects_.installs.end(), std::back_inserter(installs));
    std::move(effects_.consensus.persist.begin(), effects_.consensus.persist.end(),
              std::back_inserter(persists));
    effects_.clear();
  }

  DeafMetrics metrics_;
  Schemes schemes_;
  std::unique_ptr<core::Server> server_;
  core::Effects effects_;
  Tick now_{1000000, 1700000000000};
  uint64_t last_conn_ = 100;
  std::map<ConnId, std::string> sent_;
  std::map<ConnId, bool> closed_;
};

}  // namespace zookernel::test
