// Consensus: in which order transactions become committed. A machine: inputs in, effects out; it
// knows no socket, file, clock, thread or random device. Equal inputs give equal effects. [core]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/plugin.h"
#include "zookernel/storage.h"
#include "zookernel/transport.h"

namespace zookernel {

// ---- who takes part

// One member of an ensemble, from a server.N line.
struct Member {
  ServerId id;
  std::vector<Endpoint> quorum, election;  // the same number of each
  std::optional<Endpoint> client;
  bool observer = false;
};

// A group.N line of a hierarchical quorum.
struct MemberGroup {
  int64_t id = 0;
  std::vector<ServerId> members;
};

struct Ensemble {
  ServerId self;                                      // 0 standalone
  std::vector<Member> members;                        // empty standalone
  std::vector<MemberGroup> groups;                    // empty: majority
  std::vector<std::pair<ServerId, int64_t>> weights;  // 1 where none is given; only with groups
  int64_t version = 0;
  int32_t tick_ms = 3000;
  int32_t init_limit_ticks = 0, sync_limit_ticks = 0;
  int32_t notification_min_ms = 200,
          notification_max_ms = 60000;  // minNotificationInterval, maxNotificationInterval
  int32_t observer_delay_ms = 200;      // observer.election.DelayMs
  int32_t committed_log_max = 500;      // commitLogCount
  bool force_snapshot_sync = false;     // forceSnapshotSync
  bool log_sync = true;                 // snapshotSizeFactor >= 0
  bool multi_address = false;           // multiAddress.enabled
  bool reconfig_enabled = false;        // reconfigEnabled; without it the members never change
  std::string proposed;  // what the file .next holds: may be in force elsewhere; empty: nothing
  uint32_t packet_bytes_max =
      2 * 1048575;  // of one field between servers: jute.maxbuffer and its slack
};

// ---- inputs

struct Tick {           // the only time there is
  int64_t mono_ms = 0;  // never goes back; for timeouts
  int64_t wall_ms = 0;  // since 1970; for ctime, mtime and logs
};
struct Opened {  // a connection of the quorum or election channel, ours or theirs
  ConnId conn;
  Channel channel;
  PeerInfo peer;
  uint64_t dial = 0;  // the token of the Dial that it answers; 0: the other side dialled
};
struct DialFailed {  // no connection came of this Dial
  uint64_t dial = 0;
};
struct Closed {
  ConnId conn;
};
struct Received {  // bytes of a connection, borrowed for the step; all of them are taken
  ConnId conn;
  Bytes bytes;
};
struct Propose {  // a transaction that the pipeline of a serving leader prepared
  LogRecord record;
};
// A client's request (or one made by a server for a session) that a learner passes on to the
// leader, unchanged.
struct ForwardedRequest {
  SessionId session;
  int32_t cxid = 0;
  int32_t type = 0;                          // an opcode
  Bytes body;                                // what follows the client's request header
  std::vector<std::pair<Bytes, Bytes>> ids;  // scheme, id
};
struct Forward {  // of a learner's pipeline; everything in it is borrowed for the step
  ForwardedRequest request;
};
struct Durable {  // every Persist up to and with this ticket is on disk
  uint64_t ticket = 0;
};
struct Sync {    // behind all that was proposed so far: of a client of the leader, answered by one count of `synced`, or a learner's
  ConnId learner;  // 0: a client of ours
};
struct Touch {   // a session whose client is connected to this learner gave a sign of life
  SessionId session;
  int32_t timeout_ms = 0;
};
struct Revalidate {  // may this learner serve the session? Answered in `revalidated`
  SessionId session;
  int32_t timeout_ms = 0;
};
struct RevalidateAnswer {  // the leader's answer to a RevalidateAsk
  ConnId learner;
  SessionId session;
  bool valid = false;
};
struct SnapshotSent {  // the stream for this connection was handed to the transport, to its last
                       // byte
  ConnId conn;
};
// What a ReadLog found: the next records in zxid order. `missing`: the log does not reach back that
// far, is damaged, or is longer than Apache would send (snapshotSizeFactor); nothing more comes
// then. Ignored for a connection that is gone.
struct LogRead {
  ConnId conn;
  std::vector<LogRecord> records;
  bool last = false;
  bool missing = false;
};
struct InstallFailed {
};  // the tree that was handed out as `install` cannot be understood; the present one stays
struct Rewound {  // a rewind was carried out: the tree, and the log below it, now end here; -1:
                  // nothing was left, though something should be
  Zxid last;
};
using ConsensusInput =
    std::variant<Tick, Opened, DialFailed, Closed, Received, Propose, Forward, Durable, Sync, Touch,
                 Revalidate, RevalidateAnswer, SnapshotSent, LogRead, InstallFailed, Rewound>;

// ---- effects

struct Send {
  ConnId conn;
  Buffer bytes;
};

struct Dial {
  Channel channel = Channel::kQuorum;
  Endpoint to;
  uint64_t token = 0;  // comes back with Opened or DialFailed, exactly once
};

// The members of the ensemble, as text (wire/ensemble_text.h), for the dynamic configuration file
// that has the version in its name
// (`in_force`), or for the one that ends in .next; empty: there is nothing proposed any more.
struct ConfigFile {
  std::string text;
  bool in_force = false;
};

// Carried out in order, and inside one: config files, truncate, snapshot, append, sync, epochs.
// `then` leaves when all of it is durable; ticket comes back as Durable. The snapshot comes before
// the records because they may not follow on from the log that it replaces: after a crash between
// the two there must be no log with a hole.
struct Persist {
  std::vector<ConfigFile> config;      // only with reconfig_enabled
  std::optional<Zxid> truncate_after;  // of the log; snapshots beyond it go too
  bool snapshot = false;  // of the tree that was installed last; older logs and snapshots are
                          // served to nobody any more
  std::vector<LogRecord> append;
  std::optional<Epochs> epochs;
  std::vector<Send> then;
  uint64_t ticket = 0;  // grows with each Persist of a machine
};

enum class Role : uint8_t { kLooking, kStandalone, kLeading, kFollowing, kObserving, kReadOnly };

// From now on this server has this role; a server with kLooking serves nobody. Prepared
// transactions get zxids from last.next() on (kStandalone and kLeading).
struct RoleChange {
  Role role = Role::kLooking;
  Zxid last;
  const char* why = "";  // a constant text for the log
};

// These are the members from now on. /zookeeper/config holds `text` if it does not already;
// addresses of this server that changed are listened on; the client port too.
struct Reconfigured {
  Ensemble ensemble;
  std::string text;
};

// A piece of a tree that replaces ours: the tree section of a snapshot without file header and
// seal, as the leader streams it. Built beside the present tree, which is replaced after the last
// piece: a transfer that breaks off (begin comes again, or a role change) leaves nothing.
struct InstallSnapshot {
  Zxid zxid;
  Buffer bytes;
  bool begin = false;
  bool last = false;
};

// Something that a learner sent to the leader's pipeline, in the order in which it came.
struct RevalidateAsk {
  SessionId session;
  int32_t timeout_ms = 0;
};
struct FromLearner {
  ConnId learner;
  SharedBytes bytes;  // what the views in `what` borrow from
  std::variant<ForwardedRequest, RevalidateAsk, Touch> what;
};

struct RevalidatedSession {
  SessionId session;
  bool valid = false;
};

// Records of our log from the last one at or before `from` on, up to and with `to`: answered by
// LogRead.
struct ReadLog {
  ConnId conn;
  Zxid from, to;
};

// What a step of the machine wants done. Order matters between these: `commit` is applied before
// `reconfigured`, that before `roles` are taken and before `install`, `rewind` and
// `stream_snapshot`; everything else is independent.
struct ConsensusEffects {
  std::vector<RoleChange> roles;
  std::vector<Send> send;  // may leave at once
  std::vector<Persist> persist;
  std::vector<LogRecord> commit;  // apply in this order
  std::vector<Reconfigured> reconfigured;
  size_t synced = 0;  // so many of the oldest syncs of our clients are answered, after `commit`
  std::vector<Dial> dial;
  std::vector<ConnId> close;  // after what was sent
  std::vector<InstallSnapshot> install;
  // The tree must lose what was truncated: rebuild it from storage when every Persist so far is
  // durable, then say Rewound.
  bool rewind = false;
  std::vector<ConnId> stream_snapshot;  // write our tree, as after `commit`, and the end mark to
                                        // this connection, then say SnapshotSent
  std::vector<ReadLog> read_log;
  std::vector<FromLearner> from_learners;
  std::vector<RevalidatedSession> revalidated;
  int64_t wake_at_ms = INT64_MAX;  // mono_ms of the next Tick that matters to the machine

  // Begins anew; keeps capacity.
  void clear() {
    roles.clear(), send.clear(), persist.clear(), commit.clear(), reconfigured.clear(),
        dial.clear(), close.clear(), install.clear();
    stream_snapshot.clear(), read_log.clear(), from_learners.clear(), revalidated.clear();
    synced = 0;
    rewind = false;
    wake_at_ms = INT64_MAX;
  }
};

// What operators want to know of an ensemble.
struct ConsensusStatus {
  size_t voters = 0;
  // Of a leader; 0 otherwise.
  size_t learners = 0;  // with a connection
  size_t synced_followers = 0, synced_observers = 0;
  size_t pending_syncs = 0;
};
// The members as text, which is the data of /zookeeper/config; empty standalone.
struct ConsensusConfig {
  std::string text;
  int64_t version = 0;
};

class ConsensusMachine {
 public:
  virtual ~ConsensusMachine();
  virtual void step(const ConsensusInput& input,
                    ConsensusEffects& effects) = 0;  // appends to effects
  [[nodiscard]] virtual ConsensusStatus status() const { return {}; }
  [[nodiscard]] virtual ConsensusConfig config() const { return {}; }

  // ---- for the pipeline of a leader that is asked to change the ensemble

  [[nodiscard]] virtual const Ensemble* ensemble() const {
    return nullptr;
  }  // in force; null: the server is alone
  [[nodiscard]] virtual bool change_pending() const {
    return false;
  }  // another one was proposed and is not committed
  // Has a quorum of these voters, this server counted where it is one, a connection to us and our
  // history?
  [[nodiscard]] virtual bool has_synced_quorum_of(const Ensemble& /*next*/) const { return false; }
};

class Consensus : public Extension {
 public:
  static constexpr const char* kId = "zookernel.consensus/1";
  // Makes the machine for a server whose log ends with last_logged. [startup]
  virtual Result<std::unique_ptr<ConsensusMachine>> open(const Ensemble& ensemble,
                                                         const Epochs& epochs, Zxid last_logged,
                                                         uint64_t seed) = 0;
};

}  // namespace zookernel
