// The server's hot path: requests read without a copy, replies written without a temporary.
//
// A view borrows from the bytes that its Reader was given. read() returns reader.ok(); on failure
// the view is unspecified but valid. Vectors in a view are cleared and filled again, so a view that
// is kept and reused allocates nothing in the long run. Null and malformed values are passed on:
// what they mean is the caller's to decide (client-protocol 5.3). [any]
#pragma once

#include <cstdint>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::wire {

struct AclView {
  int32_t perms = 0;
  OptBytes scheme;
  OptBytes id;

  bool operator==(const AclView&) const = default;
};

struct AclListView {
  std::vector<AclView> entries;
  bool null = false;
  Bytes raw = {};  // the vector as it was on the wire, count included
};

struct PathListView {
  std::vector<OptBytes> paths;
  bool null = false;
};

// The handshake. read() fails only before the end of passwd: a missing read_only is an old client.
struct ConnectRequestView {
  int32_t protocol_version = 0;
  int64_t last_zxid_seen = 0;
  int32_t timeout = 0;  // ms
  int64_t session_id = 0;
  OptBytes passwd;
  bool has_read_only = false;
  bool read_only = false;
};

// create (1), create2 (15), createContainer (19).
struct CreateRequestView {
  OptBytes path;
  OptBytes data;
  AclListView acl;
  int32_t flags = 0;
};

struct CreateTtlRequestView {
  OptBytes path;
  OptBytes data;
  AclListView acl;
  int32_t flags = 0;
  int64_t ttl = 0;
};

struct DeleteRequestView {
  OptBytes path;
  int32_t version = 0;
};

// exists, getData, getChildren, getChildren2.
struct PathWatchRequestView {
  OptBytes path;
  bool watch = false;
};

struct SetDataRequestView {
  OptBytes path;
  OptBytes data;
  int32_t version = 0;
};

// sync, getACL, getEphemerals, getAllChildrenNumber, deleteContainer: one string.
struct PathRequestView {
  OptBytes path;
};

struct SetAclRequestView {
  OptBytes path;
  AclListView acl;
  int32_t version = 0;
};

struct CheckVersionRequestView {
  OptBytes path;
  int32_t version = 0;
};

// checkWatches and removeWatches.
struct WatchesRequestView {
  OptBytes path;
  int32_t type = 0;
};

struct AddWatchRequestView {
  OptBytes path;
  int32_t mode = 0;
};

struct ReconfigRequestView {
  OptBytes joining_servers;
  OptBytes leaving_servers;
  OptBytes new_members;
  int64_t cur_config_id = 0;
};

struct AuthPacketView {
  int32_t type = 0;
  OptBytes scheme;
  OptBytes auth;
};

struct SaslRequestView {
  OptBytes token;
};

struct SetWatchesRequestView {
  int64_t relative_zxid = 0;
  PathListView data_watches;
  PathListView exist_watches;
  PathListView child_watches;
};

struct SetWatches2RequestView {
  int64_t relative_zxid = 0;
  PathListView data_watches;
  PathListView exist_watches;
  PathListView child_watches;
  PathListView persistent_watches;
  PathListView persistent_recursive_watches;
};

[[nodiscard]] bool read(Reader& reader, RequestHeader& header);
[[nodiscard]] bool read(Reader& reader, ReplyHeader& header);
[[nodiscard]] bool read(Reader& reader, MultiHeader& header);
[[nodiscard]] bool read(Reader& reader, Stat& stat);
[[nodiscard]] bool read(Reader& reader, AclListView& acl);
[[nodiscard]] bool read(Reader& reader, PathListView& paths);
[[nodiscard]] bool read(Reader& reader, ConnectRequestView& request);
[[nodiscard]] bool read(Reader& reader, CreateRequestView& request);
[[nodiscard]] bool read(Reader& reader, CreateTtlRequestView& request);
[[nodiscard]] bool read(Reader& reader, DeleteRequestView& request);
[[nodiscard]] bool read(Reader& reader, PathWatchRequestView& request);
[[nodiscard]] bool read(Reader& reader, SetDataRequestView& request);
[[nodiscard]] bool read(Reader& reader, PathRequestView& request);
[[nodiscard]] bool read(Reader& reader, SetAclRequestView& request);
[[nodiscard]] bool read(Reader& reader, CheckVersionRequestView& request);
[[nodiscard]] bool read(Reader& reader, WatchesRequestView& request);
[[nodiscard]] bool read(Reader& reader, AddWatchRequestView& request);
[[nodiscard]] bool read(Reader& reader, ReconfigRequestView& request);
[[nodiscard]] bool read(Reader& reader, AuthPacketView& request);
[[nodiscard]] bool read(Reader& reader, SaslRequestView& request);
[[nodiscard]] bool read(Reader& reader, SetWatchesRequestView& request);
[[nodiscard]] bool read(Reader& reader, SetWatches2RequestView& request);

// The same bytes as encode(), in one extend.
void write(Writer& writer, const RequestHeader& header);
void write(Writer& writer, const ReplyHeader& header);
void write(Writer& writer, const MultiHeader& header);
void write(Writer& writer, const Stat& stat);
void write(Writer& writer, const AclListView& acl);  // from the entries, not from raw

// A multi's end marker: ff ff ff ff 01 ff ff ff ff.
void write_multi_end(Writer& writer);

}  // namespace zookernel::wire
