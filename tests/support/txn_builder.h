// Records of the log, made by hand: header, body, perhaps a digest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::test {

inline std::vector<wire::Acl> world_acl(int32_t permissions = 31) {
  return {{permissions, {"world", "anyone"}}};
}

// Type and body of one operation; goes into a record of its own or into a multi.
struct Body {
  wire::Opcode type;
  std::string bytes;
};

struct Create {
  std::string path;
  std::optional<std::string> data = "";
  std::vector<wire::Acl> acl = world_acl();
  bool ephemeral = false;
  int32_t parent_cversion = -1;
};

inline Body create(const Create& c, wire::Opcode type = wire::Opcode::kCreate) {
  return {type,
          wire::encoded(wire::CreateTxn{c.path, c.data, c.acl, c.ephemeral, c.parent_cversion})};
}
inline Body create(const std::string& path, std::optional<std::string> data = "") {
  return create(Create{path, std::move(data)});
}
inline Body create_container(const std::string& path, int32_t parent_cversion = -1) {
  return {wire::Opcode::kCreateContainer,
          wire::encoded(wire::CreateContainerTxn{path, "", world_acl(), parent_cversion})};
}
inline Body create_ttl(const std::string& path, int64_t ttl, int32_t parent_cversion = -1) {
  return {wire::Opcode::kCreateTtl,
          wire::encoded(wire::CreateTtlTxn{path, "", world_acl(), parent_cversion, ttl})};
}
inline Body erase(const std::string& path, wire::Opcode type = wire::Opcode::kDelete) {
  return {type, wire::encoded(wire::DeleteTxn{path})};
}
inline Body set_data(const std::string& path, std::optional<std::string> data, int32_t version,
                     wire::Opcode type = wire::Opcode::kSetData) {
  return {type, wire::encoded(wire::SetDataTxn{path, std::move(data), version})};
}
inline Body set_acl(const std::string& path, std::vector<wire::Acl> acl, int32_t version) {
  return {wire::Opcode::kSetAcl, wire::encoded(wire::SetAclTxn{path, std::move(acl), version})};
}
inline Body check(const std::string& path, int32_t version) {
  return {wire::Opcode::kCheck, wire::encoded(wire::CheckVersionTxn{path, version})};
}
inline Body error(int32_t code) {
  return {wire::Opcode::kError, wire::encoded(wire::ErrorTxn{code})};
}
inline Body create_session(int32_t timeout) {
  return {wire::Opcode::kCreateSession, wire::encoded(wire::CreateSessionTxn{timeout})};
}
inline Body close_session(std::vector<std::string> paths) {
  wire::CloseSessionTxn txn;
  txn.paths_to_delete = std::move(paths);
  return {wire::Opcode::kCloseSession, wire::encoded(txn)};
}
inline Body multi(const std::vector<Body>& parts) {
  wire::MultiTxn txn;
  for (const Body& part : parts) txn.txns.push_back({static_cast<int32_t>(part.type), part.bytes});
  return {wire::Opcode::kMulti, wire::encoded(txn)};
}

struct Stamp {
  int64_t zxid = 1;
  int64_t time = 1000;
  int64_t session = 0;
};

inline std::string record(const Stamp& stamp, const Body& body,
                          std::optional<uint64_t> digest = std::nullopt) {
  std::string bytes = wire::encoded(
      wire::TxnHeader{stamp.session, 0, stamp.zxid, stamp.time, static_cast<int32_t>(body.type)});
  bytes += body.bytes;
  if (digest)
    bytes += wire::encoded(wire::TxnDigest{wire::kTxnDigestVersion, static_cast<int64_t>(*digest)});
  return bytes;
}

}  // namespace zookernel::test
