// The inside of Server: its parts, and what each input does. One class, several files:
//
//   server.cc     construction, recovery, routing of inputs, consensus
//   handshake.cc  connections and sessions: connect, re-attach, expiry, close
//   request.cc    frames, authentication, the order of a connection's requests
//   request_gate.cc   requests that wait before they are worked on, and large ones
//   read.cc       what is answered from the tree; multi_read.cc: several such in one
//   watch_requests.cc  what sets, asks for and removes watches
//   role.cc       a role begins and ends; the tree that is replaced
//   leader.cc     what learners send to the leader
//   learner.cc    what a learner sends to its leader, and the answers
//   deliver.cc    applied transactions: replies and watch events
//   view.cc       what admin commands may see
//   admin_calls.cc  admin words: which are run, and where
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/core/auth_schemes.h"
#include "kernel/core/connection.h"
#include "kernel/core/container_sweep.h"
#include "kernel/core/data_tree.h"
#include "kernel/core/preparer.h"
#include "kernel/core/server.h"
#include "kernel/core/session_table.h"
#include "kernel/core/snapshot_encoder.h"
#include "kernel/core/statistics.h"
#include "kernel/core/tree_install.h"
#include "kernel/core/watch_table.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::core {

class Server::Impl final : private TreeListener {
 public:
  explicit Impl(ServerParts parts);

  Status load_snapshot(Zxid name, const ReadBytes& read);
  Status replay(Bytes record);
  void begin_rebuild();
  void start(std::unique_ptr<ConsensusMachine> machine, const Tick& now, Effects& effects);
  void step(const Input& input, Effects& effects);

  // server.cc
  void on(const Tick& tick);
  void on(const Durable& durable);
  void on(const Opened& opened) { drive(ConsensusInput(opened)); }
  void on(const Closed& closed);
  void on(const Received& received);
  void on(const DialFailed& failed) { drive(ConsensusInput(failed)); }
  void on(const LogRead& read) { drive(ConsensusInput(read)); }
  void on(const SnapshotSent& sent) { drive(ConsensusInput(sent)); }
  void on(const Rewound& rewound) { drive(ConsensusInput(rewound)); }
  void on(const StreamSlice& slice);
  void on(const DiskLow& disk);
  void on(const SnapshotBegin&);
  void on(const SnapshotSlice& slice);
  // handshake.cc
  void on(const ClientOpened& opened);
  void on(const ClientClosed& closed);
  // request.cc
  void on(const ClientFrame& frame);
  // admin_calls.cc
  void on(const AdminCall& call);
  void on(const AdminRead& read);
  void on(const AdminAction& action);
  void on(const AdminAnswer& answer);

  [[nodiscard]] bool serving() const { return serving_; }
  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] const DataTree& tree() const { return tree_; }
  [[nodiscard]] bool snapshot_running() const { return snapshot_ != nullptr; }
  [[nodiscard]] size_t connection_count() const { return connections_.size(); }
  [[nodiscard]] size_t session_count() const { return sessions_.size(); }

 private:
  friend class View;

  struct Request {
    int32_t xid;
    wire::Opcode opcode;
    Bytes body;
    uint32_t identities;   // how many of the connection's ids count
    uint32_t large_bytes;  // 0: not a large one
    int64_t received_ms;   // mono
  };

  // server.cc
  void drive(const ConsensusInput& input);  // one step of the machine, and all that follows from it
  void follow_up(size_t persists_before);   // the rarer things that a step leads to
  void apply_committed();
  void propose(LogRecord record);
  void note_wake();
  void sweep_containers();
  [[nodiscard]] uint64_t session_id_space() const;
  void note_session_id(SessionId id);

  // role.cc
  void take_role(const RoleChange& change);
  void leave_role();
  void install(InstallSnapshot& piece, size_t persists_before);
  void begin_streams();
  void end_stream(ConnId conn) { streams_.erase(conn); }
  void drop_snapshot();
  // leader.cc
  void from_learner(const FromLearner& sent);
  void forwarded_request(ConnId learner, const ForwardedRequest& request);
  [[nodiscard]] LogRecord prepare_forwarded(ConnId learner, const ForwardedRequest& request);
  void revalidate_for(ConnId learner, const RevalidateAsk& ask);
  // learner.cc
  [[nodiscard]] bool learns() const {
    return role_ == Role::kFollowing || role_ == Role::kObserving;
  }
  void forward_write(Connection& connection, const Request& request);
  void forward(SessionId session, int32_t cxid, wire::Opcode opcode, Bytes body,
               std::span<const Identity> identities);
  void ask_about_session(Connection& connection, SessionId id, int32_t timeout_ms);
  void revalidated(const RevalidatedSession& answer);
  void queue_sync(Connection& connection, const Request& request);
  void release_syncs(size_t count);
  void tell_touches();
  [[nodiscard]] bool is_answer(const PendingRequest& pending) const;
  bool take_orphan();

  // handshake.cc
  void touch(Session& session);
  void connect(Connection& connection, Bytes payload);
  void open_session(Connection& connection, const wire::ConnectRequestView& request,
                    int32_t timeout_ms);
  void attach_session(Connection& connection, Session& session, int32_t timeout_ms);
  void answer_connect(Connection& connection, SessionId session, int32_t timeout_ms);
  void expire_sessions();
  LogRecord prepare_close(Session& session, int32_t cxid, std::span<const Identity> identities);
  void session_ended(SessionId id);
  SessionId next_session_id();
  // Ends a connection from our side: what was written to it still leaves. The session stays.
  void close_connection(Connection& connection);

  // request.cc
  void request(Connection& connection, const wire::RequestHeader& header, Bytes body);
  void serve(Connection& connection, const Request& request);
  void auth_packet(Connection& connection, const wire::RequestHeader& header, Bytes body);
  void sasl_packet(Connection& connection, const wire::RequestHeader& header, Bytes body);
  void answer_at_once(Connection& connection, wire::Opcode opcode, int32_t xid,
                      wire::ErrorCode error);
  void write_immediate(Connection& connection, wire::Opcode opcode, int32_t xid,
                       wire::ErrorCode error);
  void write_request(Connection& connection, const Request& request);
  [[nodiscard]] PendingRequest pending_of(const Request& request) const;
  // An error that takes no zxid, in the order of the connection's replies.
  void refuse(Connection& connection, const Request& request, wire::ErrorCode error);
  [[nodiscard]] bool authenticated_enough(const Connection& connection) const;
  void queue(Connection& connection, PendingRequest pending);
  void run_ready(Connection& connection);  // answers what now stands at the head of the queue
  // The first of a connection's pending requests has been answered, or all of them never will.
  PendingRequest take_pending(Connection& connection);
  void drop_pending(Connection& connection);
  void throttle(Connection& connection);
  void resume_reading();
  void resume_if_room();
  // request_gate.cc
  [[nodiscard]] bool admit_large(size_t bytes);
  void wait_at_gate(Connection& connection, const Request& request);
  void open_gate();  // works on what waits, as far as there is room
  void pass_gate(Connection& connection, const ThrottledRequest& waited);

  // read.cc: answers a request that is not a write. `identities`: how many of the connection's ids
  // count.
  void answer_read(Connection& connection, int32_t xid, wire::Opcode opcode, Bytes body,
                   uint32_t identities, int64_t received_ms);
  wire::ErrorCode read(Connection& connection, wire::Opcode opcode, Bytes body, uint32_t identities,
                       wire::Writer& reply, const Buffer& out);
  wire::ErrorCode exists(Connection& connection, wire::Reader& in, uint32_t identities,
                         wire::Writer& reply);
  wire::ErrorCode get_data(Connection& connection, wire::Reader& in, uint32_t identities,
                           wire::Writer& reply);
  wire::ErrorCode get_acl(Connection& connection, wire::Reader& in, uint32_t identities,
                          wire::Writer& reply);
  wire::ErrorCode get_children(Connection& connection, wire::Reader& in, uint32_t identities,
                               bool with_stat, wire::Writer& reply);
  wire::ErrorCode get_ephemerals(const Connection& connection, wire::Reader& in,
                                 wire::Writer& reply);
  wire::ErrorCode get_all_children_number(const Connection& connection, wire::Reader& in,
                                          uint32_t identities, wire::Writer& reply);
  void put_data(NodeId node, wire::Writer& reply);  // as getData's body has them
  void put_children(NodeId node, wire::Writer& reply);
  // multi_read.cc; `out` is what `reply` writes to. Leaves a body behind some errors.
  wire::ErrorCode multi_read(const Connection& connection, wire::Reader& in, uint32_t identities,
                             wire::Writer& reply, const Buffer& out);
  wire::ErrorCode sync(wire::Reader& in, wire::Writer& reply);
  wire::ErrorCode who_am_i(const Connection& connection, uint32_t identities, wire::Writer& reply);
  // The znode, if it is there and one of the ids may do what needs `permissions`.
  wire::ErrorCode reach(const Connection& connection, const wire::OptBytes& path,
                        uint32_t identities, int32_t permissions, NodeId& node) const;

  // watch_requests.cc. `node` is what stands at the path, kNoNode if nothing does.
  void watch(const Connection& connection, Bytes path, NodeId node, WatchList list);
  wire::ErrorCode set_watches(Connection& connection, wire::Opcode opcode, wire::Reader& in);
  wire::ErrorCode add_watch(const Connection& connection, wire::Reader& in, wire::Writer& reply);
  wire::ErrorCode check_watches(const Connection& connection, wire::Reader& in);
  wire::ErrorCode remove_watches(const Connection& connection, wire::Reader& in);
  // Tells of what the client has missed; the header says no zxid.
  void replay_event(Connection& connection, wire::EventType type, Bytes path);

  // deliver.cc
  void apply(const LogRecord& record);
  void deliver(Connection& connection, const PendingRequest& pending);
  void write_result(wire::Writer& writer, const OpResult& result, wire::Opcode opcode);
  void write_multi_results(wire::Writer& writer);
  void on_created(const ChangedNode& node, const ChangedNode& parent) override;
  void on_deleted(const ChangedNode& node, const ChangedNode& parent) override;
  void on_data_changed(const ChangedNode& node) override;
  void fire(wire::EventType type, const ChangedNode& node, WatchList list, WatchTable::Told told,
            Summary& watches);
  static void write_event(Buffer& out, wire::EventType type, Bytes path, int64_t zxid);
  void send_event(Connection& connection, Bytes event);

  // admin_calls.cc
  bool run_command(const AdminCall& call, const ZookernelAdminCommand* command,
                   std::string& answer);

  // Replies. A header only, or around a body that `fill` appends.
  Buffer& output(Connection& connection);
  void reply(Connection& connection, int32_t xid, int64_t zxid, wire::ErrorCode error);
  void end_reply(Buffer& out, size_t frame);
  void account(Connection& connection, wire::Opcode opcode, int32_t xid, int64_t zxid,
               int64_t received_ms);
  [[nodiscard]] Connection* find(ConnId id);

  // Rows that a command may visit in one go on the core thread: about a millisecond of work.
  static constexpr size_t kRowsAtOnceMax = 1000;
  // A command that runs on the admin thread.
  struct HandedOver {
    const ZookernelAdminCommand* command = nullptr;
    WatchTable::Position watches;  // how far its listing is
  };

  const Options options_;
  const AuthSchemes schemes_;
  std::vector<ServerParts::Command> commands_;
  Outside* const outside_;

  DataTree tree_;
  SessionTable sessions_;
  WatchTable watches_;
  Preparer preparer_;
  ContainerSweep sweep_;
  Statistics statistics_;

  std::unique_ptr<ConsensusMachine> machine_;
  bool serving_ = false;
  bool leads_ = false;  // makes transactions: leads, or stands alone
  Role role_ = Role::kLooking;
  int64_t leading_since_ms_ = 0;  // mono
  Zxid epoch_zxid_;               // of a leader: before the first of its epoch
  bool disk_low_ = false;         // clients may not write
  Tick now_;
  int64_t last_session_id_ = 0;

  std::unordered_map<ConnId, std::unique_ptr<Connection>> connections_;
  std::vector<ConnId> throttled_;      // connections that are not read until there is room
  int64_t outstanding_ = 0;            // requests of clients that are queued or in flight
  std::deque<ThrottledRequest> gate_;  // wait to be worked on; no more than clients may send unread
  int64_t large_bytes_ = 0;            // of large requests in process
  ConnectionThrottle connection_throttle_;
  std::unordered_map<ConnId, HandedOver> handed_over_;

  std::unique_ptr<SnapshotEncoder> snapshot_;
  std::optional<SnapshotPiece> snapshot_end_;  // waits for its transactions to be durable here
  uint64_t snapshot_end_ticket_ = 0;
  uint64_t last_ticket_ = 0, durable_ticket_ = 0;               // of Persists: asked for, and done
  std::map<ConnId, std::unique_ptr<SnapshotEncoder>> streams_;  // to learners
  uint64_t streams_batch_ = 0;  // of the effects in which streams_begun_ of them were begun
  size_t streams_begun_ = 0;
  std::unique_ptr<TreeInstall> install_;  // a leader's tree, arriving
  // Of a learner, or, the syncs, a leader: what it passed on and has no answer to.
  std::deque<ConnId> syncs_;        // whose
  std::vector<SessionId> touched_;  // sessions that the leader is to hear of
  // Writes whose connection is gone, by session: their transactions answer nobody, though a later
  // request on another connection may look like them.
  std::unordered_map<SessionId, std::deque<int32_t>> orphans_;
  Effects* effects_ = nullptr;      // of the step that is running
  Applied applied_;                 // what the transaction that is being delivered did
  std::vector<SessionId> expired_;  // scratch
  std::vector<ConnId> fired_;       // scratch
  Buffer event_;                    // scratch
  int64_t trace_mask_ = 306;
};

}  // namespace zookernel::core
