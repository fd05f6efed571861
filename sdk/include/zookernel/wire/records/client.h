// The records between a client and a server, with the jute names of their fields in our case. They
// own what they hold: for tools, tests and clients. A server reads requests through the views of
// client_views.h.
//
// std::optional marks fields where null has a meaning of its own. Source:
// org.apache.zookeeper.proto and .data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/wire/error.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::wire {

// --- Numbers -----------------------------------------------------------------------------------

inline constexpr int32_t kXidNotification = -1;
inline constexpr int32_t kXidPing = -2;
inline constexpr int32_t kXidAuth = -4;
inline constexpr int32_t kXidSetWatches = -8;

inline constexpr size_t kPasswordBytes = 16;

enum class CreateMode : int32_t {
  kPersistent = 0,
  kEphemeral = 1,
  kPersistentSequential = 2,
  kEphemeralSequential = 3,
  kContainer = 4,
  kPersistentTtl = 5,
  kPersistentSequentialTtl = 6,
};

inline constexpr int32_t kPermRead = 1;
inline constexpr int32_t kPermWrite = 2;
inline constexpr int32_t kPermCreate = 4;
inline constexpr int32_t kPermDelete = 8;
inline constexpr int32_t kPermAdmin = 16;
inline constexpr int32_t kPermAll = 31;

enum class EventType : int32_t {
  kNone = -1,
  kNodeCreated = 1,
  kNodeDeleted = 2,
  kNodeDataChanged = 3,
  kNodeChildrenChanged = 4,
  kDataWatchRemoved = 5,
  kChildWatchRemoved = 6,
  kPersistentWatchRemoved = 7,
};

// A server sends kSyncConnected only; the others are made up by clients.
enum class KeeperState : int32_t {
  kExpired = -112,
  kUnknown = -1,
  kDisconnected = 0,
  kNoSyncConnected = 1,
  kSyncConnected = 3,
  kAuthFailed = 4,
  kConnectedReadOnly = 5,
  kSaslAuthenticated = 6,
  kClosed = 7,
};

enum class AddWatchMode : int32_t { kPersistent = 0, kPersistentRecursive = 1 };

enum class WatcherType : int32_t {
  kChildren = 1,
  kData = 2,
  kAny = 3,
  kPersistent = 4,
  kPersistentRecursive = 5,
};

// --- Common pieces -----------------------------------------------------------------------------

struct Id {
  std::string scheme;
  std::string id;

  bool operator==(const Id&) const = default;
};

struct Acl {
  int32_t perms = 0;
  Id id;

  bool operator==(const Acl&) const = default;
};

struct Stat {
  int64_t czxid = 0;
  int64_t mzxid = 0;
  int64_t ctime = 0;  // ms since 1970
  int64_t mtime = 0;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeral_owner = 0;
  int32_t data_length = 0;
  int32_t num_children = 0;
  int64_t pzxid = 0;

  bool operator==(const Stat&) const = default;
};
inline constexpr size_t kStatBytes = 68;

struct ClientInfo {
  std::string auth_scheme;
  std::string user;

  bool operator==(const ClientInfo&) const = default;
};

// --- Handshake and headers ---------------------------------------------------------------------

// Without read_only the client is an "old" one, and the response leaves the byte out too.
struct ConnectRequest {
  int32_t protocol_version = 0;
  int64_t last_zxid_seen = 0;
  int32_t timeout = 0;  // ms
  int64_t session_id = 0;
  std::optional<std::string> passwd;
  Trailing<bool> read_only;

  bool operator==(const ConnectRequest&) const = default;
};

struct ConnectResponse {
  int32_t protocol_version = 0;
  int32_t timeout = 0;  // ms; 0: the session is gone
  int64_t session_id = 0;
  std::optional<std::string> passwd;
  Trailing<bool> read_only;

  bool operator==(const ConnectResponse&) const = default;
};

struct RequestHeader {
  int32_t xid = 0;
  int32_t type = 0;  // an Opcode, or any number

  bool operator==(const RequestHeader&) const = default;
};
inline constexpr size_t kRequestHeaderBytes = 8;

struct ReplyHeader {
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t err = 0;  // an ErrorCode

  bool operator==(const ReplyHeader&) const = default;
};
inline constexpr size_t kReplyHeaderBytes = 16;

struct WatcherEvent {
  int32_t type = 0;   // an EventType
  int32_t state = 0;  // a KeeperState
  std::string path;

  bool operator==(const WatcherEvent&) const = default;
};

// Goes before each operation and each result of a multi; done ends the list (see multi.h).
struct MultiHeader {
  int32_t type = 0;
  bool done = false;
  int32_t err = 0;

  bool operator==(const MultiHeader&) const = default;
};
inline constexpr size_t kMultiHeaderBytes = 9;

struct ErrorResponse {
  int32_t err = 0;

  bool operator==(const ErrorResponse&) const = default;
};

// --- Requests and replies, by opcode -----------------------------------------------------------

// create (1), create2 (15), createContainer (19).
struct CreateRequest {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  int32_t flags = 0;  // a CreateMode

  bool operator==(const CreateRequest&) const = default;
};

struct CreateTtlRequest {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  int32_t flags = 0;
  int64_t ttl = 0;  // ms

  bool operator==(const CreateTtlRequest&) const = default;
};

struct CreateResponse {
  std::string path;

  bool operator==(const CreateResponse&) const = default;
};

// create2, createContainer and createTTL.
struct Create2Response {
  std::string path;
  Stat stat;

  bool operator==(const Create2Response&) const = default;
};

struct DeleteRequest {
  std::string path;
  int32_t version = -1;

  bool operator==(const DeleteRequest&) const = default;
};

struct DeleteContainerRequest {
  std::string path;

  bool operator==(const DeleteContainerRequest&) const = default;
};

struct ExistsRequest {
  std::string path;
  bool watch = false;

  bool operator==(const ExistsRequest&) const = default;
};

struct ExistsResponse {
  Stat stat;

  bool operator==(const ExistsResponse&) const = default;
};

struct GetDataRequest {
  std::string path;
  bool watch = false;

  bool operator==(const GetDataRequest&) const = default;
};

// getData, and reconfig: the new configuration with the Stat of /zookeeper/config.
struct GetDataResponse {
  std::optional<std::string> data;
  Stat stat;

  bool operator==(const GetDataResponse&) const = default;
};

struct SetDataRequest {
  std::string path;
  std::optional<std::string> data;
  int32_t version = -1;

  bool operator==(const SetDataRequest&) const = default;
};

struct SetDataResponse {
  Stat stat;

  bool operator==(const SetDataResponse&) const = default;
};

struct GetAclRequest {
  std::string path;

  bool operator==(const GetAclRequest&) const = default;
};

struct GetAclResponse {
  std::vector<Acl> acl;
  Stat stat;

  bool operator==(const GetAclResponse&) const = default;
};

struct SetAclRequest {
  std::string path;
  std::vector<Acl> acl;
  int32_t version = -1;

  bool operator==(const SetAclRequest&) const = default;
};

struct SetAclResponse {
  Stat stat;

  bool operator==(const SetAclResponse&) const = default;
};

struct GetChildrenRequest {
  std::string path;
  bool watch = false;

  bool operator==(const GetChildrenRequest&) const = default;
};

struct GetChildrenResponse {
  std::vector<std::string> children;

  bool operator==(const GetChildrenResponse&) const = default;
};

struct GetChildren2Request {
  std::string path;
  bool watch = false;

  bool operator==(const GetChildren2Request&) const = default;
};

struct GetChildren2Response {
  std::vector<std::string> children;
  Stat stat;

  bool operator==(const GetChildren2Response&) const = default;
};

// The path is echoed, null too.
struct SyncRequest {
  std::optional<std::string> path;

  bool operator==(const SyncRequest&) const = default;
};

struct SyncResponse {
  std::optional<std::string> path;

  bool operator==(const SyncResponse&) const = default;
};

struct CheckVersionRequest {
  std::string path;
  int32_t version = -1;

  bool operator==(const CheckVersionRequest&) const = default;
};

// Null: this part of the change is not asked for. Answered by a GetDataResponse.
struct ReconfigRequest {
  std::optional<std::string> joining_servers;
  std::optional<std::string> leaving_servers;
  std::optional<std::string> new_members;
  int64_t cur_config_id = -1;

  bool operator==(const ReconfigRequest&) const = default;
};

struct CheckWatchesRequest {
  std::string path;
  int32_t type = 0;  // a WatcherType

  bool operator==(const CheckWatchesRequest&) const = default;
};

struct RemoveWatchesRequest {
  std::string path;
  int32_t type = 0;  // a WatcherType

  bool operator==(const RemoveWatchesRequest&) const = default;
};

struct AuthPacket {
  int32_t type = 0;  // ignored
  std::string scheme;
  std::optional<std::string> auth;

  bool operator==(const AuthPacket&) const = default;
};

struct SetWatches {
  int64_t relative_zxid = 0;
  std::vector<std::string> data_watches;
  std::vector<std::string> exist_watches;
  std::vector<std::string> child_watches;

  bool operator==(const SetWatches&) const = default;
};

struct SetWatches2 {
  int64_t relative_zxid = 0;
  std::vector<std::string> data_watches;
  std::vector<std::string> exist_watches;
  std::vector<std::string> child_watches;
  std::vector<std::string> persistent_watches;
  std::vector<std::string> persistent_recursive_watches;

  bool operator==(const SetWatches2&) const = default;
};

struct GetSaslRequest {
  std::optional<std::string> token;

  bool operator==(const GetSaslRequest&) const = default;
};

struct SetSaslResponse {
  std::optional<std::string> token;

  bool operator==(const SetSaslResponse&) const = default;
};

// Null: all of the session's.
struct GetEphemeralsRequest {
  std::optional<std::string> prefix_path;

  bool operator==(const GetEphemeralsRequest&) const = default;
};

struct GetEphemeralsResponse {
  std::vector<std::string> ephemerals;

  bool operator==(const GetEphemeralsResponse&) const = default;
};

struct GetAllChildrenNumberRequest {
  std::string path;

  bool operator==(const GetAllChildrenNumberRequest&) const = default;
};

struct GetAllChildrenNumberResponse {
  int32_t total_number = 0;

  bool operator==(const GetAllChildrenNumberResponse&) const = default;
};

// Answered by an ErrorResponse.
struct AddWatchRequest {
  std::optional<std::string> path;
  int32_t mode = 0;  // an AddWatchMode

  bool operator==(const AddWatchRequest&) const = default;
};

struct WhoAmIResponse {
  std::vector<ClientInfo> client_info;

  bool operator==(const WhoAmIResponse&) const = default;
};

// The body of a createSession that a member forwards to the leader.
struct CreateSessionRequest {
  int32_t timeout = 0;  // ms

  bool operator==(const CreateSessionRequest&) const = default;
};

}  // namespace zookernel::wire

#include "zookernel/wire/records/client_views.h"  // IWYU pragma: export
