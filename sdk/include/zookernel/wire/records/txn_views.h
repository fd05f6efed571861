// Transactions read without a copy, for applying them. What client_views.h says about views holds
// here too.
#pragma once

#include <cstdint>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client_views.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::wire {

// create, create2, createContainer, createTTL.
struct CreateTxnView {
  OptBytes path;
  OptBytes data;
  AclListView acl;
  bool ephemeral = false;        // create and create2 only
  int32_t parent_cversion = -1;  // -1: not there (logs before 3.4), add one to the parent's
  int64_t ttl = 0;               // ms; createTTL only
  bool container = false;        // by the type
  bool has_ttl = false;          // by the type
};

// delete and deleteContainer.
struct DeleteTxnView {
  OptBytes path;
};

// setData and reconfig.
struct SetDataTxnView {
  OptBytes path;
  OptBytes data;
  int32_t version = 0;
};

struct SetAclTxnView {
  OptBytes path;
  AclListView acl;
  int32_t version = 0;
};

struct CheckVersionTxnView {
  OptBytes path;
  int32_t version = 0;
};

// Without paths (before 3.6) the session's ephemerals are looked up when it is applied.
struct CloseSessionTxnView {
  bool has_paths = false;
  std::vector<OptBytes> paths;
};

struct MultiTxnPart {
  int32_t type = 0;
  OptBytes body;
};

struct MultiTxnView {
  std::vector<MultiTxnPart> parts;
};

// A whole transaction, cut into its three parts.
struct TxnView {
  TxnHeader header;
  Bytes body = {};
  bool has_digest = false;
  TxnDigest digest;
};

[[nodiscard]] bool read(Reader& reader, TxnHeader& header);
[[nodiscard]] bool read(Reader& reader, TxnDigest& digest);
// `type` is one of the four create types; anything else fails.
[[nodiscard]] bool read(Reader& reader, Opcode type, CreateTxnView& txn);
[[nodiscard]] bool read(Reader& reader, DeleteTxnView& txn);
[[nodiscard]] bool read(Reader& reader, SetDataTxnView& txn);
[[nodiscard]] bool read(Reader& reader, SetAclTxnView& txn);
[[nodiscard]] bool read(Reader& reader, CheckVersionTxnView& txn);
[[nodiscard]] bool read(Reader& reader, CreateSessionTxn& txn);
[[nodiscard]] bool read(Reader& reader, ErrorTxn& txn);
// Never fails for want of a body: bytes that are no list of paths (a digest alone, as a writer with
// closeSessionTxn.enabled=false leaves it) stay in the reader, and has_paths is false.
[[nodiscard]] bool read(Reader& reader, CloseSessionTxnView& txn);
[[nodiscard]] bool read(Reader& reader, MultiTxnView& txn);
// Finds the body's end by its type; fails for a type that no transaction has. Reads to the end of
// the digest.
[[nodiscard]] bool read(Reader& reader, TxnView& txn);

// The same bytes as encode(), in one extend.
void write(Writer& writer, const TxnHeader& header);
void write(Writer& writer, const TxnDigest& digest);

}  // namespace zookernel::wire
