// A session with an ensemble as a pure machine: bytes, times and requests go in; bytes to send,
// replies and events come out. It knows no socket and no clock, so that tests and the fuzzer drive
// it as they like; Connection is what drives it in life.
//
// A request that is made while there is no connection waits for one. One that was sent when the
// connection is lost fails with kConnectionLoss: whether it was done is not known. Handlers and
// the event handler are called from within on_...(), submit() and the like; they may make further
// requests. Not thread-safe.
//
// Times are milliseconds of one monotonic clock. Source: ClientCnxn.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/watch_registry.h"
#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::client {

// What a server may send in one frame. Apache's clients stop at 1 MiB by default, which is less
// than the children of one large znode take.
inline constexpr uint32_t kFrameBytesMaxDefault = 64 * 1024 * 1024;

enum class SessionState {
  kConnecting,
  kConnected,
  kConnectedReadOnly,
  kClosed,  // closed by the user, or expired
  kAuthFailed,
};

// "CONNECTING", ... [any]
[[nodiscard]] std::string_view state_name(SessionState state);

struct WatchedEvent {
  wire::EventType type = wire::EventType::kNone;
  wire::KeeperState state = wire::KeeperState::kSyncConnected;
  std::optional<std::string> path;  // none for events of the session; without chroot
  int64_t zxid = -1;                // -1: not known
};

struct Reply {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  int64_t zxid = -1;
  Bytes body;  // valid during the call of the handler only
};
using ReplyHandler = std::function<void(const Reply&)>;
using EventHandler = std::function<void(const WatchedEvent&)>;

// The watch that a request sets if it succeeds. `kind` kData on an exists request becomes kExists
// when the node is not there.
struct WatchRequest {
  WatchKind kind = WatchKind::kNone;
  std::string path;  // the user's
};

class Session {
 public:
  enum class Access { kReadWrite, kReadOnlyAllowed };
  struct Settings {
    int32_t timeout_ms = 30000;
    Access access = Access::kReadWrite;
    uint32_t frame_bytes_max = kFrameBytesMaxDefault;
    std::string chroot;
    size_t servers = 1;  // a connection attempt gets its share of the timeout
  };

  Session(Settings settings, EventHandler on_event);

  // --- What the user asks ----------------------------------------------------------------------

  // `body` is the encoded record, with the server's paths.
  void submit(wire::Opcode opcode, Bytes body, WatchRequest watch, ReplyHandler handler);
  // Proves an identity, now and on each later connection. The handler hears of the first time only;
  // a refusal ends the session.
  void add_auth(std::string_view scheme, std::optional<std::string> auth, ReplyHandler handler);
  // Asks the server to end the session. Afterwards, or at once when not connected, it is closed.
  void close();

  [[nodiscard]] SessionState state() const { return state_; }
  [[nodiscard]] bool alive() const {
    return state_ != SessionState::kClosed && state_ != SessionState::kAuthFailed;
  }
  [[nodiscard]] bool connected() const {
    return state_ == SessionState::kConnected || state_ == SessionState::kConnectedReadOnly;
  }
  [[nodiscard]] SessionId id() const { return id_; }
  [[nodiscard]] int32_t timeout_ms() const { return timeout_ms_; }
  [[nodiscard]] const std::string& chroot() const { return settings_.chroot; }
  [[nodiscard]] WatchRegistry& watches() { return watches_; }

  // Tells the event handler of something that no server sent: a watch that was removed.
  void raise(wire::EventType type, std::string_view path);

  // --- What the connection reports -------------------------------------------------------------

  // A stream to a server is there. The handshake is in output() afterwards.
  void on_connect(int64_t now);
  // An error ends the connection: call on_disconnect() then. Bytes after the error are not read.
  [[nodiscard]] Status on_bytes(Bytes bytes, int64_t now);
  void on_disconnect();
  // Every server was tried: what waits for a connection fails now.
  void on_unreachable();
  // To be called at next_time() at the latest. An error as in on_bytes: the server is silent.
  [[nodiscard]] Status on_time(int64_t now);
  // When on_time() wants to be called; only while there is a stream.
  [[nodiscard]] int64_t next_time() const;
  // Bytes to send. The caller consumes them from the front, by whatever it could send.
  [[nodiscard]] Buffer& output() { return output_; }

 private:
  struct Request {
    int32_t xid = 0;
    wire::Opcode opcode = wire::Opcode::kPing;
    WatchRequest watch;
    ReplyHandler handler;
    std::string frame;  // empty once it is sent
  };
  struct Auth {
    std::string scheme;
    std::optional<std::string> auth;
    ReplyHandler handler;  // empty once it was answered
  };

  [[nodiscard]] Status on_frame(Bytes payload);
  [[nodiscard]] Status on_handshake(Bytes payload);
  [[nodiscard]] Status on_reply(Bytes payload);
  [[nodiscard]] Status on_notification(const wire::ReplyHeader& header, wire::Reader& reader);
  [[nodiscard]] Status on_auth_reply(const wire::ReplyHeader& header);
  [[nodiscard]] Status on_request_reply(const wire::ReplyHeader& header, Bytes body);

  void write_request(int32_t xid, wire::Opcode opcode, Bytes body);
  void send(Request request);
  void end(SessionState state, wire::KeeperState event);
  void fail_all(std::deque<Request>& requests, wire::ErrorCode error);
  [[nodiscard]] wire::ErrorCode loss_error() const;
  [[nodiscard]] int64_t read_timeout_ms() const;
  [[nodiscard]] int64_t ping_interval_ms() const;

  Settings settings_;
  EventHandler on_event_;
  SessionState state_ = SessionState::kConnecting;
  SessionId id_;
  std::string password_ = std::string(wire::kPasswordBytes, '\0');
  int32_t timeout_ms_ = 0;  // as negotiated; as wished until then
  int64_t last_zxid_ = 0;
  int32_t next_xid_ = 1;
  bool met_writable_ = false;  // a session of a read-only server is not known to the others
  bool has_stream_ = false;
  int64_t last_sent_ = 0;
  int64_t last_received_ = 0;
  int64_t now_ = 0;  // as of the last on_...() call
  Buffer input_;
  Buffer output_;
  std::deque<Request> waiting_;  // not sent yet
  std::deque<Request> sent_;     // in the order in which the server answers
  std::vector<Auth> auths_;
  std::deque<size_t> auths_sent_;  // indices into auths_, in the order sent
  WatchRegistry watches_;
};

}  // namespace zookernel::client
