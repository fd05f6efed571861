// Transactions, as they stand in the log and in PROPOSAL packets:
//
//   transaction := TxnHeader (32 bytes) | body by header.type | [ TxnDigest (12 bytes) ]
//
// The digest is there when the leader wrote one; it is found by the bytes that remain. Source:
// org.apache.zookeeper.txn, SerializeUtils. The structs own what they hold; txn_views.h has the
// borrowed ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::wire {

struct TxnHeader {
  int64_t client_id = 0;  // session id
  int32_t cxid = 0;
  int64_t zxid = 0;
  int64_t time = 0;  // ms since 1970
  int32_t type = 0;  // an Opcode

  bool operator==(const TxnHeader&) const = default;
};
inline constexpr size_t kTxnHeaderBytes = 32;

inline constexpr int32_t kTxnDigestVersion = 2;

struct TxnDigest {
  int32_t version = kTxnDigestVersion;
  int64_t tree_digest = 0;

  bool operator==(const TxnDigest&) const = default;
};
inline constexpr size_t kTxnDigestBytes = 12;

// create (1) and create2 (15).
struct CreateTxn {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  bool ephemeral = false;
  int32_t parent_cversion = 0;  // the parent's stored cversion after the create

  bool operator==(const CreateTxn&) const = default;
};

// create (1) in logs of releases before 3.4: without the parent's cversion.
struct CreateTxnV0 {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  bool ephemeral = false;

  bool operator==(const CreateTxnV0&) const = default;
};

struct CreateContainerTxn {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  int32_t parent_cversion = 0;

  bool operator==(const CreateContainerTxn&) const = default;
};

struct CreateTtlTxn {
  std::string path;
  std::optional<std::string> data;
  std::vector<Acl> acl;
  int32_t parent_cversion = 0;
  int64_t ttl = 0;  // ms

  bool operator==(const CreateTtlTxn&) const = default;
};

// delete (2) and deleteContainer (20).
struct DeleteTxn {
  std::string path;

  bool operator==(const DeleteTxn&) const = default;
};

// setData (5) and reconfig (16).
struct SetDataTxn {
  std::string path;
  std::optional<std::string> data;
  int32_t version = 0;  // the new one

  bool operator==(const SetDataTxn&) const = default;
};

struct SetAclTxn {
  std::string path;
  std::vector<Acl> acl;
  int32_t version = 0;  // the new one

  bool operator==(const SetAclTxn&) const = default;
};

// check (13), only inside a multi.
struct CheckVersionTxn {
  std::string path;
  int32_t version = 0;  // the expected one + 1

  bool operator==(const CheckVersionTxn&) const = default;
};

struct CreateSessionTxn {
  int32_t timeout = 0;  // ms

  bool operator==(const CreateSessionTxn&) const = default;
};

// Absent before 3.6: then the session's ephemerals are looked up when it is applied.
struct CloseSessionTxn {
  Trailing<std::vector<std::string>> paths_to_delete;

  bool operator==(const CloseSessionTxn&) const = default;
};

struct ErrorTxn {
  int32_t err = 0;  // an ErrorCode

  bool operator==(const ErrorTxn&) const = default;
};

// One operation of a multi: a type and the body of that type.
struct Txn {
  int32_t type = 0;
  std::optional<std::string> data;

  bool operator==(const Txn&) const = default;
};

struct MultiTxn {
  std::vector<Txn> txns;

  bool operator==(const MultiTxn&) const = default;
};

}  // namespace zookernel::wire

#include "zookernel/wire/records/txn_views.h"  // IWYU pragma: export
