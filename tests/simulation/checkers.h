// What clients were promised, checked after every step of the server.
//
// The checker follows each input with a model: the tree as a map, each session's time, each
// connection's requests in their order, its watches. From these it knows every frame that the
// server may send, and when, so it compares:
//
//   the log        a proposal is what its request must become, byte for byte, digest included
//   recovery       everything that was told to be durable is there, with the bytes that were
//                  proposed, and the tree has the digest of the model's
//   replies        in the order of a connection's requests, with their xids; each equal to the
//                  model at its zxid
//   watches        of every kind; each event before the reply that shows the change, none lost,
//                  none twice
//   sessions       end when they may and must: never before their timeout, at most a tick after
//
// Any difference throws a Violation.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel/core/server.h"
#include "tests/simulation/model_tree.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/write_rules.h"

namespace zookernel::sim {

// What one step of the server added to the effects.
struct StepOutput {
  std::vector<std::pair<uint64_t, LogRecord>> proposed;  // with the ticket of their Persist
  std::vector<std::pair<ConnId, std::string>> frames;    // without their lengths
  std::vector<ConnId> closed;
  int64_t wake_at_ms = INT64_MAX;
};

class Checker {
 public:
  explicit Checker(const Plan& plan);

  // ---- recovery; attempts may fail and begin again

  void recovery_begins();
  void replayed(Bytes record);
  // The server is about to start.
  void recovered(const core::Server& server);

  // ---- serving

  void started(const core::Server& server, const Tick& now, const StepOutput& output);
  void stepped(const core::Server& server, const core::Input& input, const StepOutput& output);
  // The process has ended, in whatever way.
  void stopped();

  [[nodiscard]] uint64_t acknowledged_writes() const { return acknowledged_writes_; }
  // Requests that wait in the server. At the end of a healed run there must be none.
  [[nodiscard]] size_t pending() const;
  [[nodiscard]] bool session_alive(int64_t session) const { return sessions_.contains(session); }
  [[nodiscard]] const ModelTree& tree() const { return tree_; }
  [[nodiscard]] int64_t zxid() const { return zxid_; }

 private:
  struct Session {
    int32_t stored_timeout_ms = 0, timeout_ms = 0;
    int64_t touched_ms = 0;
    bool committed = false, closing = false;
    ConnId conn;  // 0: none
  };
  struct Request {
    wire::Opcode opcode = wire::Opcode::kPing;
    int32_t xid = 0;
    std::string body;
    size_t ids = 0;    // how many of the connection's ids count
    int64_t zxid = 0;  // of its transaction; 0 for a read
  };
  // By path; one path may be watched in several kinds.
  enum WatchKind : unsigned { kOnce = 1, kPersistent = 2, kRecursive = 4 };
  using Watches = std::map<std::string, unsigned>;
  struct Connection {
    bool open = false;   // has had its handshake
    bool ended = false;  // closed by the server
    bool has_read_only = true;
    int64_t session = 0;
    std::vector<wire::Id> ids;
    std::deque<Request> requests;
    Watches data_watches, child_watches;
  };
  // A transaction and where it came from.
  struct Proposal {
    uint64_t ticket = 0;
    std::string bytes;
    wire::Opcode opcode = wire::Opcode::kError;
    std::string request;  // of a client's write
    Writer writer;
    ConnId conn;  // that waits for its reply; 0: none
  };
  struct PartResult {
    wire::Opcode type;
    wire::ErrorCode error = wire::ErrorCode::kOk;
    std::string path;
    wire::Stat stat;
  };

  // checkers.cc
  void on(const Tick& tick);
  void on(const core::ClientOpened& opened);
  void on(const core::ClientClosed& closed);
  void on(const core::ClientFrame& frame);
  void on(const Durable& durable);
  void connect(ConnId id, Connection& connection, Bytes payload);
  void request(ConnId id, Connection& connection, const wire::RequestHeader& header, Bytes body);
  void authenticate(ConnId id, Connection& connection, int32_t xid, Bytes body);
  void end_connection(ConnId id);
  Session* session_of(const Connection& connection);
  [[nodiscard]] bool is_fresh_id(int64_t session) const;
  // The next proposal of this step must be there; its zxid.
  int64_t take_proposal(int64_t session, int32_t cxid, Proposal proposal);
  // Those that the server makes of its own accord when time passes.
  void take_expiry(const wire::TxnHeader& header);
  void take_container_end(wire::Reader& body);
  [[nodiscard]] std::map<std::string, ModelQuota> enforced_quotas() const;
  void check_wake(int64_t wake_at_ms) const;
  void compare_tree(const core::Server& server) const;
  void finish_step(const core::Server& server);

  // check_transactions.cc
  void apply(int64_t zxid, bool serving);
  std::vector<PartResult> apply_parts(const wire::TxnHeader& header, Bytes body,
                                      std::vector<ModelChange>& changes);
  ExpectedTxn expected_of(const Proposal& proposal, const wire::TxnHeader& header, Bytes body);
  void fire(const std::vector<ModelChange>& changes, int64_t zxid);
  // Takes the one-shot watch of each connection that has one, and expects the event of each that
  // watches where it may be seen.
  void fire_list(Watches Connection::*list, wire::EventType type, const std::string& path,
                 const std::vector<wire::Acl>& acl, int64_t zxid, std::set<ConnId>* told);
  void answer_write(ConnId id, Connection& connection, const wire::TxnHeader& header,
                    const std::vector<PartResult>& results);

  // check_reads.cc
  void run_reads(ConnId id, Connection& connection);
  void check_read(ConnId id, Connection& connection, const Request& request);
  // The body that the answer must have, when the error is kOk. Registers watches.
  wire::ErrorCode expected_read(Connection& connection, const Request& request, std::string& body);
  wire::ErrorCode reach(const std::vector<wire::Id>& ids, const std::string& path,
                        int32_t permissions) const;
  void check_children(const Request& request, Bytes actual);
  void check_multi_read(ConnId id, const std::vector<wire::Id>& ids, const Request& request);
  void check_ephemerals(ConnId id, const Connection& connection, const Request& request);
  void check_set_watches(ConnId id, Connection& connection, const Request& request);
  static wire::ErrorCode expected_watch(Connection& connection, const Request& request,
                                        std::string& body);

  void expect_frame(ConnId id, const std::string& expected, bool handshake = false);
  void expect_event(ConnId id, wire::EventType type, const std::string& path, int64_t zxid);
  std::string take_frame(ConnId id, const std::string& for_what);

  const Plan& plan_;
  ModelTree tree_;
  int64_t zxid_ = 0;               // of the model
  std::vector<Proposal> history_;  // by zxid - 1
  std::map<int64_t, Session> sessions_;
  std::map<int64_t, int64_t> ended_sessions_;  // and by which zxid
  std::map<int64_t, std::string> passwords_;   // of every session that ever was
  std::map<ConnId, Connection> connections_;
  int64_t first_known_ = 0;    // the server knows its transactions from here on, not only the tree
  int64_t replayed_zxid_ = 0;  // of the present recovery; 0: none yet
  int64_t now_ms_ = 0, wall_ms_ = 0;
  uint64_t acknowledged_writes_ = 0;

  // Of the step that is checked.
  std::map<ConnId, std::deque<std::string>> frames_;
  std::set<ConnId> expected_closes_;
  std::deque<std::pair<uint64_t, LogRecord>> proposed_;
};

}  // namespace zookernel::sim
