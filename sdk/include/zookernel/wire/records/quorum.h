// Between servers: packets of the quorum port, messages of the election port.
//
//   QuorumPacket := int type | long zxid | buffer data | vector<Id> authinfo
//   a PING: 00000005 0000000100000002 ffffffff ffffffff
//   There is no length before it.
//
// Source: org.apache.zookeeper.server.quorum (QuorumPacket, Leader, Learner, QuorumCnxManager,
// FastLeaderElection, QuorumAuth).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::wire {

// --- Quorum port -------------------------------------------------------------------------------

enum class PacketType : int32_t {
  kRequest = 1,
  kProposal = 2,
  kAck = 3,
  kCommit = 4,
  kPing = 5,
  kRevalidate = 6,
  kSync = 7,
  kInform = 8,
  kCommitAndActivate = 9,
  kNewLeader = 10,
  kFollowerInfo = 11,
  kUpToDate = 12,
  kDiff = 13,
  kTrunc = 14,
  kSnap = 15,
  kObserverInfo = 16,
  kLeaderInfo = 17,
  kAckEpoch = 18,
  kInformAndActivate = 19,
};

// "REQUEST", "PROPOSAL", ...; "UNKNOWN" for other numbers. [any]
[[nodiscard]] std::string_view packet_type_name(PacketType type);

inline constexpr int32_t kLearnerProtocolVersion = 0x10000;
// A ustring after the nodes of a SNAP stream.
inline constexpr Bytes kSnapshotStreamEnd = "BenWasHere";

struct QuorumPacket {
  int32_t type = 0;  // a PacketType
  int64_t zxid = 0;
  std::optional<std::string> data;
  std::optional<std::vector<Id>> authinfo;  // null except in REQUEST

  bool operator==(const QuorumPacket&) const = default;
};

struct IdView {
  OptBytes scheme;
  OptBytes id;

  bool operator==(const IdView&) const = default;
};

// Borrowed from the reader's bytes.
struct QuorumPacketView {
  int32_t type = 0;
  int64_t zxid = 0;
  OptBytes data;
  std::vector<IdView> authinfo;
  bool authinfo_null = true;
};

// Data of FOLLOWERINFO and OBSERVERINFO. 3.4 leaves out config_version, older releases more.
// Learners that say nothing at all (null data) get an id from the leader.
struct LearnerInfo {
  Trailing<int64_t> server_id;
  Trailing<int32_t> protocol_version;
  Trailing<int64_t> config_version;

  bool operator==(const LearnerInfo&) const = default;
};

// From as much of the three fields as is there: never fails.
[[nodiscard]] LearnerInfo read_learner_info(Bytes data);

// Data of LEADERINFO.
struct LeaderInfo {
  int32_t protocol_version = kLearnerProtocolVersion;

  bool operator==(const LeaderInfo&) const = default;
};

// Data of ACKEPOCH; -1: does not count.
struct AckEpochInfo {
  int32_t current_epoch = 0;

  bool operator==(const AckEpochInfo&) const = default;
};

// Data of COMMITANDACTIVATE; in INFORMANDACTIVATE the transaction follows it.
struct DesignatedLeader {
  int64_t server_id = 0;

  bool operator==(const DesignatedLeader&) const = default;
};

// Data of REVALIDATE, learner to leader. A PING reply is any number of these.
struct SessionTouch {
  int64_t session_id = 0;
  int32_t timeout = 0;  // ms

  bool operator==(const SessionTouch&) const = default;
};

// Data of REVALIDATE, leader to learner.
struct RevalidateAnswer {
  int64_t session_id = 0;
  bool valid = false;

  bool operator==(const RevalidateAnswer&) const = default;
};

// Head of the data of REQUEST; the client's request body follows it unchanged.
struct ForwardedRequest {
  int64_t session_id = 0;
  int32_t cxid = 0;
  int32_t type = 0;  // an Opcode

  bool operator==(const ForwardedRequest&) const = default;
};

// SASL between servers, on both ports, before everything else but the election's initial message.
inline constexpr int64_t kQuorumAuthMagic = 0x5F2435013501EDCCll;

enum class QuorumAuthStatus : int32_t { kInProgress = 0, kSuccess = 1, kError = -1 };

struct QuorumAuthPacket {
  int64_t magic = kQuorumAuthMagic;
  int32_t status = 0;  // a QuorumAuthStatus
  std::optional<std::string> token;

  bool operator==(const QuorumAuthPacket&) const = default;
};

// At most this many ids ride on one REQUEST.
inline constexpr int32_t kQuorumIdsMax = 65536;

[[nodiscard]] bool read(Reader& reader, QuorumPacketView& packet);

// A packet without authinfo around `data`, in one extend.
void write_quorum_packet(Writer& writer, PacketType type, int64_t zxid, const OptBytes& data);

// --- Election port -----------------------------------------------------------------------------

enum class ServerState : int32_t { kLooking = 0, kFollowing = 1, kLeading = 2, kObserving = 3 };

inline constexpr int64_t kElectionProtocolV1 = -65536;
inline constexpr int64_t kElectionProtocolV2 = -65535;  // several addresses
inline constexpr size_t kElectionAddressBytesMax = 2048;
inline constexpr size_t kElectionMessageBytesMax = 524288;
inline constexpr int64_t kAnonymousObserverId = std::numeric_limits<int64_t>::max();

// What the dialling side says first.
//
//   3.4   := long sid (>= 0)
//   3.5+  := long -65536 or -65535 | long sid | int n (1..2048) | n bytes
//
// The bytes are host:port; V2 joins several by '|'.
struct ElectionHello {
  int64_t protocol = kElectionProtocolV1;  // 0: only the id (3.4)
  int64_t server_id = 0;
  std::string addresses;  // the text as on the wire; empty from 3.4

  bool operator==(const ElectionHello&) const = default;
};

// A vote. The frame's length tells the release that wrote it:
//
//   int state | long leader | long zxid | long election_epoch | long peer_epoch
//   | int version | int n | n bytes: config
//
// 28 bytes (before 3.4: no peer_epoch, it is the zxid's epoch), 40 (3.4.6+: no config; version is
// not believed and read as 0, as Apache does), 44 + n (3.5+).
struct Notification {
  int32_t state = 0;  // a ServerState
  int64_t leader = 0;
  int64_t zxid = 0;
  int64_t election_epoch = 0;
  int64_t peer_epoch = 0;
  int32_t version = 2;
  std::string config;

  bool operator==(const Notification&) const = default;
};
inline constexpr int32_t kNotificationVersion = 2;
inline constexpr size_t kNotificationBytesMin = 28;

// Reads the whole of `message` (a frame's payload). False for one that Apache skips too; `why` (may
// be null) is set to a constant text.
[[nodiscard]] bool read_notification(Bytes message, Notification& notification, const char** why);

// With the 4-byte length before it: election messages must leave in one write.
void write_notification(Writer& writer, const Notification& notification);
void write_hello(Writer& writer, const ElectionHello& hello);

}  // namespace zookernel::wire
