#include "zookernel/wire/records/txn_views.h"

namespace zookernel::wire {
namespace {

constexpr size_t kStringBytesMin = 4;
constexpr size_t kTxnPartBytesMin = 8;  // type and length

// Moves the reader behind the body of a transaction of this type.
bool skip_body(Reader& reader, int32_t type) {
  switch (static_cast<Opcode>(type)) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl: {
      CreateTxnView txn;
      return read(reader, static_cast<Opcode>(type), txn);
    }
    case Opcode::kDelete:
    case Opcode::kDeleteContainer: {
      DeleteTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kSetData:
    case Opcode::kReconfig: {
      SetDataTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kSetAcl: {
      SetAclTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kCheck: {
      CheckVersionTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kCreateSession: {
      CreateSessionTxn txn;
      return read(reader, txn);
    }
    case Opcode::kCloseSession: {
      CloseSessionTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kMulti: {
      MultiTxnView txn;
      return read(reader, txn);
    }
    case Opcode::kError: {
      ErrorTxn txn;
      return read(reader, txn);
    }
    default:
      reader.fail("no transaction has this type");
      return false;
  }
}

}  // namespace

bool read(Reader& reader, TxnHeader& header) {
  header.client_id = reader.read_long();
  header.cxid = reader.read_int();
  header.zxid = reader.read_long();
  header.time = reader.read_long();
  header.type = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, TxnDigest& digest) {
  digest.version = reader.read_int();
  digest.tree_digest = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, Opcode type, CreateTxnView& txn) {
  txn.container = type == Opcode::kCreateContainer;
  txn.has_ttl = type == Opcode::kCreateTtl;
  txn.ephemeral = false;
  txn.ttl = 0;
  const bool plain = type == Opcode::kCreate || type == Opcode::kCreate2;
  if (!plain && !txn.container && !txn.has_ttl) {
    reader.fail("not a create transaction");
    return false;
  }
  txn.path = reader.read_string();
  txn.data = reader.read_buffer();
  if (!read(reader, txn.acl)) return false;
  if (plain) txn.ephemeral = reader.read_bool();
  // Releases before 3.4 knew create only, ended it here, and wrote no digest behind it.
  const bool before_34 = type == Opcode::kCreate && reader.ok() && reader.remaining() == 0;
  txn.parent_cversion = before_34 ? -1 : reader.read_int();
  if (txn.has_ttl) txn.ttl = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, DeleteTxnView& txn) {
  txn.path = reader.read_string();
  return reader.ok();
}

bool read(Reader& reader, SetDataTxnView& txn) {
  txn.path = reader.read_string();
  txn.data = reader.read_buffer();
  txn.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, SetAclTxnView& txn) {
  txn.path = reader.read_string();
  if (!read(reader, txn.acl)) return false;
  txn.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, CheckVersionTxnView& txn) {
  txn.path = reader.read_string();
  txn.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, CreateSessionTxn& txn) {
  txn.timeout = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, ErrorTxn& txn) {
  txn.err = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, CloseSessionTxnView& txn) {
  txn.paths.clear();
  txn.has_paths = false;
  if (!reader.ok()) return false;
  // On a copy: bytes that turn out to be no list belong to the digest and are left where they are.
  Reader attempt = reader;
  int32_t count = attempt.read_count(kStringBytesMin);
  for (int32_t i = 0; i < count && attempt.ok(); ++i) txn.paths.push_back(attempt.read_string());
  if (attempt.ok()) {
    txn.has_paths = count >= 0;
    reader = attempt;
  } else {
    txn.paths.clear();
  }
  return true;
}

bool read(Reader& reader, MultiTxnView& txn) {
  txn.parts.clear();
  int32_t count = reader.read_count(kTxnPartBytesMin);
  if (count < 0) reader.fail("null where a vector is needed");
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    MultiTxnPart& part = txn.parts.emplace_back();
    part.type = reader.read_int();
    part.body = reader.read_buffer();
  }
  return reader.ok();
}

bool read(Reader& reader, TxnView& txn) {
  txn.has_digest = false;
  txn.digest = {};
  if (!read(reader, txn.header)) return false;
  const Bytes from = reader.rest();
  const size_t begin = reader.position();
  if (!skip_body(reader, txn.header.type)) return false;
  txn.body = from.substr(0, reader.position() - begin);
  // Fewer bytes than a digest are ignored, as servers before 3.6 ignore all of them.
  if (reader.remaining() < kTxnDigestBytes) return true;
  txn.has_digest = true;
  return read(reader, txn.digest);
}

void write(Writer& writer, const TxnHeader& header) {
  char* to = writer.extend(kTxnHeaderBytes);
  store_be64(to, static_cast<uint64_t>(header.client_id));
  store_be32(to + 8, static_cast<uint32_t>(header.cxid));
  store_be64(to + 12, static_cast<uint64_t>(header.zxid));
  store_be64(to + 20, static_cast<uint64_t>(header.time));
  store_be32(to + 28, static_cast<uint32_t>(header.type));
}

void write(Writer& writer, const TxnDigest& digest) {
  char* to = writer.extend(kTxnDigestBytes);
  store_be32(to, static_cast<uint32_t>(digest.version));
  store_be64(to + 4, static_cast<uint64_t>(digest.tree_digest));
}

}  // namespace zookernel::wire
