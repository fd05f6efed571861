#include "tools/client/session.h"

#include <catch2/catch_test_macros.hpp>

#include "zookernel/wire/frame.h"

using namespace zookernel;
using namespace zookernel::client;
using wire::ErrorCode;
using wire::EventType;
using wire::KeeperState;
using wire::Opcode;

namespace {

std::string framed(const std::string& payload) {
  Buffer out;
  const size_t frame = wire::begin_frame(out);
  out.append(payload);
  wire::end_frame(out, frame);
  return std::string(out.view());
}

std::string accept(int32_t timeout_ms = 9000, bool read_only = false) {
  wire::ConnectResponse response;
  response.timeout = timeout_ms;
  response.session_id = 0x77;
  response.passwd = "0123456789abcdef";
  response.read_only = read_only;
  return framed(wire::encoded(response));
}

std::string reply(int32_t xid, ErrorCode error, const std::string& body = {}, int64_t zxid = 5) {
  return framed(wire::encoded(wire::ReplyHeader{xid, zxid, static_cast<int32_t>(error)}) + body);
}

std::string event(EventType type, const std::string& path, int64_t zxid = 12) {
  return reply(wire::kXidNotification, ErrorCode::kOk,
               wire::encoded(wire::WatcherEvent{static_cast<int32_t>(type), 3, path}), zxid);
}

// A session, what it told, and what it sent, frame by frame.
struct Harness {
  explicit Harness(Session::Settings settings = {})
      : session(std::move(settings), [this](const WatchedEvent& e) { events.push_back(e); }) {}

  void connect(int64_t now = 0, int32_t timeout_ms = 9000) {
    session.on_connect(now);
    take();
    REQUIRE(session.on_bytes(accept(timeout_ms), now).ok());
  }
  Status feed(const std::string& bytes, int64_t now = 0) { return session.on_bytes(bytes, now); }
  void ask(Opcode opcode, WatchRequest watch = {}) {
    session.submit(opcode, "", std::move(watch),
                   [this](const Reply& r) { replies.push_back(r.error); });
  }
  // The payloads of the frames in the output, which is emptied.
  std::vector<std::string> take() {
    std::vector<std::string> frames;
    Bytes out = session.output().view();
    while (true) {
      const auto frame = wire::next_length_frame(out, 0, 1 << 20);
      if (frame.kind != wire::LengthFrame::Kind::kFrame) break;
      frames.emplace_back(frame.payload);
      out.remove_prefix(frame.consumed);
    }
    CHECK(out.empty());
    session.output().clear();
    return frames;
  }
  std::vector<int32_t> taken_opcodes() {
    std::vector<int32_t> opcodes;
    for (const std::string& frame : take()) {
      wire::Reader reader(frame);
      wire::RequestHeader header;
      REQUIRE(wire::decode(reader, header));
      opcodes.push_back(header.type);
    }
    return opcodes;
  }

  Session session;
  std::vector<WatchedEvent> events;
  std::vector<ErrorCode> replies;
};

int32_t number(Opcode opcode) {
  return static_cast<int32_t>(opcode);
}

}  // namespace

TEST_CASE("Session: the handshake asks for what was set and takes what was given",
          "[client][session]") {
  Session::Settings settings;
  settings.timeout_ms = 1234;
  settings.access = Session::Access::kReadOnlyAllowed;
  Harness h(settings);

  h.session.on_connect(0);
  const auto sent = h.take();
  REQUIRE(sent.size() == 1);
  wire::Reader reader(sent[0]);
  wire::ConnectRequest request;
  REQUIRE(wire::decode(reader, request));
  REQUIRE(h.feed(accept(9000)).ok());

  CHECK(request.timeout == 1234);
  CHECK(request.session_id == 0);
  CHECK(request.read_only.value_or(false));
  CHECK(h.session.state() == SessionState::kConnected);
  CHECK(h.session.timeout_ms() == 9000);
  CHECK(h.session.id().value == 0x77);
  REQUIRE(h.events.size() == 1);
  CHECK(h.events[0].state == KeeperState::kSyncConnected);
  CHECK(!h.events[0].path);
}

TEST_CASE("Session: a request made before the connection is sent with it", "[client][session]") {
  Harness h;
  h.ask(Opcode::kGetData);

  h.connect();

  CHECK(h.taken_opcodes() == std::vector{number(Opcode::kGetData)});
  REQUIRE(h.feed(reply(1, ErrorCode::kNoNode)).ok());
  CHECK(h.replies == std::vector{ErrorCode::kNoNode});
}

TEST_CASE("Session: a frame may arrive byte by byte", "[client][session]") {
  Harness h;
  h.connect();
  h.ask(Opcode::kGetData);

  for (const char byte : reply(1, ErrorCode::kOk)) {
    CHECK(h.replies.empty());
    REQUIRE(h.feed(std::string(1, byte)).ok());
  }

  CHECK(h.replies == std::vector{ErrorCode::kOk});
}

TEST_CASE("Session: what was sent is lost with the connection, what waits is not",
          "[client][session]") {
  Harness h;
  h.connect();
  h.ask(Opcode::kSetData);

  h.session.on_disconnect();
  h.ask(Opcode::kGetData);

  CHECK(h.replies == std::vector{ErrorCode::kConnectionLoss});
  CHECK(h.events.back().state == KeeperState::kDisconnected);
  h.connect();
  CHECK(h.taken_opcodes() == std::vector{number(Opcode::kGetData)});
}

TEST_CASE("Session: what waits fails when no server can be reached", "[client][session]") {
  Harness h;
  h.ask(Opcode::kGetData);

  h.session.on_disconnect();
  CHECK(h.replies.empty());
  h.session.on_unreachable();

  CHECK(h.replies == std::vector{ErrorCode::kConnectionLoss});
  CHECK(h.events.empty());
  CHECK(h.session.alive());
}

TEST_CASE("Session: a reconnection takes up the session, proves identities and sets watches",
          "[client][session]") {
  Harness h;
  h.session.add_auth("digest", "u:p", [&](const Reply& r) { h.replies.push_back(r.error); });
  h.connect();
  REQUIRE(h.feed(reply(wire::kXidAuth, ErrorCode::kOk)).ok());
  h.ask(Opcode::kGetData, {WatchKind::kData, "/a"});
  REQUIRE(h.feed(reply(1, ErrorCode::kOk, "", 0x99)).ok());

  h.session.on_disconnect();
  h.ask(Opcode::kGetChildren);
  h.session.on_connect(0);
  const auto handshake = h.take();
  REQUIRE(h.feed(accept()).ok());

  wire::Reader reader(handshake.at(0));
  wire::ConnectRequest request;
  REQUIRE(wire::decode(reader, request));
  CHECK(request.session_id == 0x77);
  CHECK(request.passwd == "0123456789abcdef");
  CHECK(request.last_zxid_seen == 0x99);
  CHECK(h.taken_opcodes() == std::vector{number(Opcode::kAuth), number(Opcode::kSetWatches),
                                         number(Opcode::kGetChildren)});
  REQUIRE(h.feed(reply(wire::kXidAuth, ErrorCode::kOk)).ok());
  CHECK(h.replies == std::vector{ErrorCode::kOk, ErrorCode::kOk});
}

TEST_CASE("Session: the session of a read-only server is not taken up elsewhere",
          "[client][session]") {
  Session::Settings settings;
  settings.access = Session::Access::kReadOnlyAllowed;
  Harness h(settings);
  h.session.on_connect(0);
  REQUIRE(h.feed(accept(9000, true)).ok());
  CHECK(h.session.state() == SessionState::kConnectedReadOnly);

  h.session.on_disconnect();
  h.session.on_connect(0);

  wire::Reader reader(h.session.output().view().substr(4));
  wire::ConnectRequest request;
  REQUIRE(wire::decode(reader, request));
  CHECK(request.session_id == 0);
}

TEST_CASE("Session: an expired session ends everything that is under way", "[client][session]") {
  Harness h;
  h.ask(Opcode::kGetData);

  h.session.on_connect(0);
  REQUIRE(h.feed(accept(0)).ok());

  CHECK(h.session.state() == SessionState::kClosed);
  CHECK(h.replies == std::vector{ErrorCode::kSessionExpired});
  CHECK(h.events.back().state == KeeperState::kExpired);
  h.ask(Opcode::kGetData);
  CHECK(h.replies.size() == 2);
}

TEST_CASE("Session: a refused identity ends the session", "[client][session]") {
  Harness h;
  h.connect();
  h.session.add_auth("bad", "x", [&](const Reply& r) { h.replies.push_back(r.error); });
  h.ask(Opcode::kGetData);

  REQUIRE(h.feed(reply(wire::kXidAuth, ErrorCode::kAuthFailed)).ok());

  CHECK(h.session.state() == SessionState::kAuthFailed);
  CHECK(h.replies == std::vector{ErrorCode::kAuthFailed, ErrorCode::kAuthFailed});
  CHECK(h.events.back().state == KeeperState::kAuthFailed);
}

TEST_CASE("Session: events are told to those who watch, without the chroot", "[client][session]") {
  Session::Settings settings;
  settings.chroot = "/app";
  Harness h(settings);
  h.connect();
  h.ask(Opcode::kExists, {WatchKind::kData, "/a"});
  REQUIRE(h.feed(reply(1, ErrorCode::kNoNode)).ok());
  h.events.clear();

  REQUIRE(h.feed(event(EventType::kNodeCreated, "/app/b")).ok());
  CHECK(h.events.empty());
  REQUIRE(h.feed(event(EventType::kNodeCreated, "/app/a", 0x55)).ok());

  REQUIRE(h.events.size() == 1);
  CHECK(h.events[0].path == "/a");
  CHECK(h.events[0].zxid == 0x55);
}

TEST_CASE("Session: a failed request sets no watch", "[client][session]") {
  Harness h;
  h.connect();
  h.ask(Opcode::kGetData, {WatchKind::kData, "/a"});

  REQUIRE(h.feed(reply(1, ErrorCode::kNoNode)).ok());

  CHECK_FALSE(h.session.watches().contains("/a", wire::WatcherType::kAny));
}

TEST_CASE("Session: closing waits for the answer of the server", "[client][session]") {
  Harness h;
  h.connect();

  h.session.close();
  CHECK(h.taken_opcodes() == std::vector{number(Opcode::kCloseSession)});
  CHECK(h.session.alive());
  REQUIRE(h.feed(reply(1, ErrorCode::kOk)).ok());

  CHECK(h.session.state() == SessionState::kClosed);
  CHECK(h.events.back().state == KeeperState::kClosed);
}

TEST_CASE("Session: a quiet session pings, and a silent server is given up", "[client][session]") {
  Harness h;
  h.connect(1000, 9000);

  CHECK(h.session.next_time() == 1000 + 2000);
  REQUIRE(h.session.on_time(2999).ok());
  CHECK(h.take().empty());
  REQUIRE(h.session.on_time(3000).ok());
  CHECK(h.taken_opcodes() == std::vector{number(Opcode::kPing)});
  REQUIRE(h.feed(reply(wire::kXidPing, ErrorCode::kOk), 4000).ok());
  CHECK(h.session.on_time(9999).ok());
  CHECK_FALSE(h.session.on_time(10000).ok());
}

TEST_CASE("Session: bytes that no server should send end the connection with a reason",
          "[client][session]") {
  const auto problem = [](const std::vector<std::string>& chunks, bool ask = false) {
    Session::Settings settings;
    settings.frame_bytes_max = 1000;
    Harness h(settings);
    h.session.on_connect(0);
    if (ask) h.ask(Opcode::kGetData);
    for (const std::string& chunk : chunks) {
      const Status status = h.feed(chunk);
      if (!status.ok()) return status.error().message;
    }
    return std::string("accepted");
  };
  const auto has = [](const std::string& text, const char* part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };

  has(problem({"HTTP/1.1 400"}), "frame that cannot be");
  has(problem({std::string("\xff\xff\xff\xff", 4)}), "frame that cannot be");
  has(problem({std::string("\0\0\x03\xe9", 4)}), "jute.maxbuffer");
  has(problem({framed("abc")}), "no ConnectResponse");
  has(problem({accept(), framed("abc")}), "without a header");
  has(problem({accept(), reply(1, ErrorCode::kOk)}), "request 1, which was not asked");
  has(problem({accept(), reply(2, ErrorCode::kOk)}, true), "request 2 instead of 1");
  has(problem({accept(), reply(wire::kXidAuth, ErrorCode::kOk)}), "auth packet");
  has(problem({accept(), reply(wire::kXidNotification, ErrorCode::kOk, "xyz")}), "cannot be read");
  has(problem({accept(), event(static_cast<EventType>(99), "/a")}), "unknown type 99");
}
