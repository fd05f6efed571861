#include "tools/db/txn_json.h"

#include "zookernel/log.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::db_tool {
namespace {

using wire::Opcode;

bool describe_create(Json& to, Opcode type, wire::Reader& reader) {
  wire::CreateTxnView txn;
  if (!read(reader, type, txn)) return false;
  put(to, "path", txn.path);
  put(to, "data", txn.data);
  to["acl"] = describe_acl(txn.acl);
  if (type == Opcode::kCreate || type == Opcode::kCreate2) to["ephemeral"] = txn.ephemeral;
  to["parentCVersion"] = txn.parent_cversion;
  if (txn.has_ttl) to["ttl"] = txn.ttl;
  return true;
}

bool describe_delete(Json& to, wire::Reader& reader) {
  wire::DeleteTxnView txn;
  if (!read(reader, txn)) return false;
  put(to, "path", txn.path);
  return true;
}

bool describe_set_data(Json& to, wire::Reader& reader) {
  wire::SetDataTxnView txn;
  if (!read(reader, txn)) return false;
  put(to, "path", txn.path);
  put(to, "data", txn.data);
  to["version"] = txn.version;
  return true;
}

bool describe_set_acl(Json& to, wire::Reader& reader) {
  wire::SetAclTxnView txn;
  if (!read(reader, txn)) return false;
  put(to, "path", txn.path);
  to["acl"] = describe_acl(txn.acl);
  to["version"] = txn.version;
  return true;
}

bool describe_check(Json& to, wire::Reader& reader) {
  wire::CheckVersionTxnView txn;
  if (!read(reader, txn)) return false;
  put(to, "path", txn.path);
  to["version"] = txn.version;
  return true;
}

bool describe_create_session(Json& to, wire::Reader& reader) {
  wire::CreateSessionTxn txn;
  if (!read(reader, txn)) return false;
  to["timeout"] = txn.timeout;
  return true;
}

bool describe_close_session(Json& to, wire::Reader& reader) {
  wire::CloseSessionTxnView txn;
  if (!read(reader, txn)) return false;
  if (!txn.has_paths) return true;
  to["paths"] = Json::array();
  for (const wire::OptBytes& path : txn.paths) {
    Json entry;
    put(entry, "path", path);
    to["paths"].push_back(std::move(entry));
  }
  return true;
}

bool describe_error(Json& to, wire::Reader& reader) {
  wire::ErrorTxn txn;
  if (!read(reader, txn)) return false;
  to["err"] = txn.err;
  return true;
}

bool describe_body(Json& to, Opcode type, wire::Reader& reader);

bool describe_multi(Json& to, wire::Reader& reader) {
  wire::MultiTxnView txn;
  if (!read(reader, txn)) return false;
  to["ops"] = Json::array();
  for (const wire::MultiTxnPart& part : txn.parts) {
    const auto type = static_cast<Opcode>(part.type);
    Json op;
    op["type"] = wire::opcode_name(type);
    wire::Reader inner(part.body.bytes);
    // Java skips such an operation, and so does replay; to hide it here would help nobody.
    if (type == Opcode::kMulti || !describe_body(op, type, inner)) {
      op["typeNumber"] = part.type;
      op["body64"] = base64(part.body.bytes);
    }
    to["ops"].push_back(std::move(op));
  }
  return true;
}

bool describe_body(Json& to, Opcode type, wire::Reader& reader) {
  switch (type) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      return describe_create(to, type, reader);
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return describe_delete(to, reader);
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return describe_set_data(to, reader);
    case Opcode::kSetAcl:
      return describe_set_acl(to, reader);
    case Opcode::kCheck:
      return describe_check(to, reader);
    case Opcode::kMulti:
      return describe_multi(to, reader);
    case Opcode::kCreateSession:
      return describe_create_session(to, reader);
    case Opcode::kCloseSession:
      return describe_close_session(to, reader);
    case Opcode::kError:
      return describe_error(to, reader);
    default:
      return false;
  }
}

}  // namespace

std::string permission_letters(int32_t perms) {
  constexpr std::pair<int32_t, char> kLetters[] = {
      {4, 'c'}, {8, 'd'}, {1, 'r'}, {2, 'w'}, {16, 'a'}};
  std::string text;
  for (const auto& [bit, letter] : kLetters) {
    if ((perms & bit) != 0) text += letter;
  }
  if ((perms & ~31) != 0) text += "+" + std::to_string(perms & ~31);
  return text;
}

Json describe_acl(const wire::AclListView& acl) {
  if (acl.null) return nullptr;
  Json list = Json::array();
  for (const wire::AclView& entry : acl.entries) {
    Json one;
    one["perms"] = permission_letters(entry.perms);
    put(one, "scheme", entry.scheme);
    put(one, "id", entry.id);
    list.push_back(std::move(one));
  }
  return list;
}

Result<Json> describe_txn(Bytes record) {
  wire::Reader reader(record);
  wire::TxnView txn;
  if (!read(reader, txn)) {
    return Error{Errc::kCorrupt, std::string("the transaction is not understood: ") +
                                     (reader.error() == nullptr ? "?" : reader.error())};
  }
  Json to;
  to["zxid"] = hex(txn.header.zxid);
  to["time"] = iso_time(txn.header.time);
  to["session"] = hex(txn.header.client_id);
  to["cxid"] = txn.header.cxid;
  const auto type = static_cast<Opcode>(txn.header.type);
  to["type"] = wire::opcode_name(type);
  wire::Reader body(txn.body);
  if (!describe_body(to, type, body)) {
    return Error{Errc::kCorrupt, std::string("the transaction's body is not understood: ") +
                                     (body.error() == nullptr ? "unknown type" : body.error())};
  }
  if (txn.has_digest) to["digest"] = hex(txn.digest.tree_digest);
  return to;
}

}  // namespace zookernel::db_tool
