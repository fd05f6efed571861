// Consensus: in which order transactions become committed. A machine: inputs in, effects out; it knows no socket, file, clock, thread or
// random device. Equal inputs give equal effects. [core]
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

// ---- inputs

struct Tick {  // the only time there is
  int64_t mono_ms = 0;  // never goes back; for timeouts
  int64_t wall_ms = 0;  // since 1970; for ctime, mtime and logs
};
struct Opened {  // a connection of the quorum or election channel, ours or theirs
  ConnId conn;
  Channel channel;
  PeerInfo peer;
};
struct Closed {
  ConnId conn;
};
struct Received {  // bytes of a connection, borrowed for the step
  ConnId conn;
  Bytes bytes;
};
struct Propose {  // a transaction that the pipeline of a serving leader prepared
  LogRecord record;
};
struct Forward {  // a request that a follower's pipeline passes on
  Bytes request;
};
struct Durable {  // every Persist up to and with this ticket is on disk
  uint64_t ticket = 0;
};
using ConsensusInput = std::variant<Tick, Opened, Closed, Received, Propose, Forward, Durable>;

// ---- effects

struct Send {
  ConnId conn;
  Buffer bytes;
};

// Carried out in order. `then` leaves when all of it is durable; ticket comes back as Durable.
struct Persist {
  std::optional<Zxid> truncate_after;
  bool snapshot = false;  // of the tree as applied so far
  std::vector<LogRecord> append;
  std::optional<Epochs> epochs;
  std::vector<Send> then;
  uint64_t ticket = 0;  // grows with each Persist of a machine
};

enum class Role : uint8_t { kLooking, kStandalone, kLeading, kFollowing, kObserving, kReadOnly };

// From now on this server has this role. Prepared transactions get zxids from last.next() on (kStandalone and kLeading).
struct RoleChange {
  Role role = Role::kLooking;
  Zxid last;
};

struct ConsensusEffects {
  std::vector<RoleChange> roles;
  std::vector<Send> send;            // may leave at once
  std::vector<Persist> persist;
  std::vector<LogRecord> commit;     // apply in this order
  std::vector<std::pair<Channel, Endpoint>> dial;
  std::vector<ConnId> close;
  int64_t wake_at_ms = INT64_MAX;    // mono_ms of the next Tick that matters to the machine
};

class ConsensusMachine {
 public:
  virtual ~ConsensusMachine();
  virtual void step(const ConsensusInput& input, ConsensusEffects& effects) = 0;  // appends to effects
};

// One member of an ensemble, from a server.N line.
struct Member {
  ServerId id;
  std::vector<Endpoint> quorum, election;  // the same number of each
  std::optional<Endpoint> client;
  bool observer = false;
};

struct Ensemble {
  ServerId self;                 // 0 standalone
  std::vector<Member> members;   // empty standalone
  int64_t version = 0;
  int32_t tick_ms = 3000;
  int32_t init_limit_ticks = 0, sync_limit_ticks = 0;
};

class Consensus : public Extension {
 public:
  static constexpr const char* kId = "zookernel.consensus/1";
  // Makes the machine for a server whose log ends with last_logged. [startup]
  virtual Result<std::unique_ptr<ConsensusMachine>> open(const Ensemble& ensemble, const Epochs& epochs, Zxid last_logged,
                                                         uint64_t seed) = 0;
};

}  // namespace zookernel
