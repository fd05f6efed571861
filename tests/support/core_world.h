// One server core with the real standalone machine and the real auth schemes, and clients that talk
// to it: no sockets, no threads, and a disk that makes things durable when the test says so.
#pragma once

#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/core/server.h"
#include "zookernel/metrics.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/multi.h"

namespace zookernel::test {

// Metrics that nobody looks at.
class DeafMetrics final : public Metrics {
 public:
  Counter& counter(std::string_view) override { return counter_; }
  Gauge& gauge(std::string_view) override { return gauge_; }
  Summary& summary(std::string_view) override { return summary_; }

 private:
  Counter counter_;
  Gauge gauge_;
  Summary summary_;
};

// Every auth scheme that comes with the server, configured with `settings`.
class Schemes {
 public:
  explicit Schemes(std::map<std::string, std::string> settings = {});
  ~Schemes();
  [[nodiscard]] std::vector<core::ServerParts::Scheme> parts() const;

 private:
  struct Loaded;
  std::vector<std::unique_ptr<Loaded>> loaded_;
};

struct Reply {
  wire::ReplyHeader header;
  std::string body;
};

class CoreWorld {
 public:
  explicit CoreWorld(core::Options options = {},
                     std::map<std::string, std::string> auth_settings = {},
                     std::vector<core::ServerParts::Command> commands = {});

  // Opens a connection; its handshake is up to the test.
  ConnId open(const std::string& address = "127.0.0.1");
  void close(ConnId conn);
  // One frame of a client, without its length.
  void frame(ConnId conn, Bytes payload);
  template <typename Request>
  void send(ConnId conn, int32_t xid, wire::Opcode opcode, const Request& request) {
    frame(conn, wire::encoded(wire::RequestHeader{xid, static_cast<int32_t>(opcode)}) +
                    wire::encoded(request));
  }
  void send(ConnId conn, int32_t xid, wire::Opcode opcode) {
    frame(conn, wire::encoded(wire::RequestHeader{xid, static_cast<int32_t>(opcode)}));
  }
  // Connects with a new session and takes the answer.
  ConnId connect(int32_t timeout_ms = 10000);
  wire::ConnectResponse connect(ConnId conn, const wire::ConnectRequest& request);

  // The clock moves and the server is told.
  void pass(int64_t ms);
  // Everything that waits to be durable is; only then are writes answered. Done by itself unless
  // `manual_disk`.
  void make_durable();
  void admin(ConnId conn, std::string_view word, Bytes argument = {});
  void step(const core::Input& input);

  // The next frame that the server sent to a client; empty when there is none.
  std::optional<std::string> next_frame(ConnId conn);
  std::optional<Reply> next(ConnId conn);
  // The next reply must be for this xid; its error.
  wire::ErrorCode error_of(ConnId conn, int32_t xid);
  template <typename Record>
  Record body_of(ConnId conn, int32_t xid) {
    Record record;
    const std::optional<Reply> reply = next(conn);
    ZOOKERNEL_ASSERT(reply.has_value());
    ZOOKERNEL_ASSERT(reply->header.xid == xid);
    ZOOKERNEL_ASSERT(reply->header.err == 0);
    wire::Reader reader(reply->body);
    const bool decoded = wire::decode(reader, record);
    ZOOKERNEL_ASSERT(decoded);
    return record;
  }
  [[nodiscard]] bool closed(ConnId conn) const;
  [[nodiscard]] std::string text(ConnId conn) { return std::move(sent_[conn]); }

  // The log so far: what a restart would read.
  [[nodiscard]] const std::vector<LogRecord>& log() const { return log_; }

  core::Server& server() { return *server_; }
  bool manual_disk = false;
  std::vector<core::ReadSwitch> reading;
  std::vector<std::string> warnings;
  std::vector<core::AdminRun> admin_runs;
  std::vector<core::AdminBlock> admin_blocks;

 private:
  void carry_out();
  void tick();

  DeafMetrics metrics_;
  Schemes schemes_;
  std::unique_ptr<core::Server> server_;
  core::Effects effects_;
  Tick now_{1000000, 1700000000000};
  uint64_t last_conn_ = 0;
  std::deque<uint64_t> tickets_;
  std::vector<LogRecord> log_;
  std::map<ConnId, std::string> sent_;
  std::map<ConnId, bool> closed_;
};

// An ACL that lets everybody do everything.
std::vector<wire::Acl> open_acl();

}  // namespace zookernel::test
