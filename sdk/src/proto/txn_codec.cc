#include "zookernel/proto/txn_codec.h"

#include "zookernel/log.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::txn {
namespace {

using wire::Opcode;

// A protobuf string must be UTF-8; what Java writes for characters above U+FFFF, and what clients
// make up, is not. Such bytes go through `opaque`.
bool text(const wire::OptBytes& from, std::string* to) {
  if (from.null || !wire::utf8_is_plain(from.bytes)) return false;
  to->assign(from.bytes);
  return true;
}

template <typename Message>
void data(const wire::OptBytes& from, Message& to) {
  if (!from.null) to.set_data(from.bytes.data(), from.bytes.size());
}

template <typename Message>
bool acl(wire::Reader& reader, Message& to) {
  const int32_t count = reader.read_count(12);
  if (count < 0) return false;
  for (int32_t i = 0; i < count; ++i) {
    Acl& entry = *to.add_acl();
    entry.set_permissions(reader.read_int());
    if (!text(reader.read_string(), entry.mutable_scheme())) return false;
    if (!text(reader.read_string(), entry.mutable_id())) return false;
  }
  return reader.ok();
}

template <typename Message>
void write_acl(wire::Writer& writer, const Message& from) {
  writer.write_count(static_cast<size_t>(from.acl_size()));
  for (const Acl& entry : from.acl()) {
    writer.write_int(entry.permissions());
    writer.write_string(entry.scheme());
    writer.write_string(entry.id());
  }
}

template <typename Message>
void write_data(wire::Writer& writer, const Message& from) {
  if (!from.has_data()) return writer.write_null();
  writer.write_buffer(from.data());
}

bool is_create(Opcode type) {
  return type == Opcode::kCreate || type == Opcode::kCreate2 || type == Opcode::kCreateContainer ||
         type == Opcode::kCreateTtl;
}

// False when the bytes do not read as one. What they read as need not be what they are: the
// caller encodes them again and compares.
bool create(wire::Reader& reader, Opcode type, Create& to, bool before_3_4) {
  if (!text(reader.read_string(), to.mutable_path())) return false;
  data(reader.read_buffer(), to);
  if (!acl(reader, to)) return false;
  if (type == Opcode::kCreate || type == Opcode::kCreate2) to.set_ephemeral(reader.read_bool());
  if (!before_3_4) to.set_parent_cversion(reader.read_int());
  if (type == Opcode::kCreateTtl) to.set_ttl_ms(reader.read_long());
  return reader.ok();
}

void write(wire::Writer& writer, Opcode type, const Create& from) {
  writer.write_string(from.path());
  write_data(writer, from);
  write_acl(writer, from);
  if (type == Opcode::kCreate || type == Opcode::kCreate2) writer.write_bool(from.ephemeral());
  if (from.has_parent_cversion()) writer.write_int(from.parent_cversion());
  if (type == Opcode::kCreateTtl) writer.write_long(from.ttl_ms());
}

bool set_data(wire::Reader& reader, SetData& to) {
  if (!text(reader.read_string(), to.mutable_path())) return false;
  data(reader.read_buffer(), to);
  to.set_version(reader.read_int());
  return reader.ok();
}

bool set_acl(wire::Reader& reader, SetAcl& to) {
  if (!text(reader.read_string(), to.mutable_path())) return false;
  if (!acl(reader, to)) return false;
  to.set_version(reader.read_int());
  return reader.ok();
}

bool check_version(wire::Reader& reader, CheckVersion& to) {
  if (!text(reader.read_string(), to.mutable_path())) return false;
  to.set_version(reader.read_int());
  return reader.ok();
}

// The bodies that stand both alone and in a multi.
template <typename Message>
bool simple_body(wire::Reader& reader, Opcode type, Message& to, bool before_3_4) {
  if (is_create(type)) return create(reader, type, *to.mutable_create(), before_3_4);
  switch (type) {
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return text(reader.read_string(), to.mutable_delete_()->mutable_path());
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return set_data(reader, *to.mutable_set_data());
    case Opcode::kSetAcl:
      return set_acl(reader, *to.mutable_set_acl());
    case Opcode::kCheck:
      return check_version(reader, *to.mutable_check_version());
    case Opcode::kError:
      to.mutable_failed()->set_error(reader.read_int());
      return reader.ok();
    default:
      return false;
  }
}

// Nothing when the message has another body.
template <typename Message>
bool write_simple_body(wire::Writer& writer, Opcode type, const Message& from) {
  switch (from.body_case()) {
    case Message::kCreate:
      write(writer, type, from.create());
      return true;
    case Message::kDelete:
      writer.write_string(from.delete_().path());
      return true;
    case Message::kSetData:
      writer.write_string(from.set_data().path());
      write_data(writer, from.set_data());
      writer.write_int(from.set_data().version());
      return true;
    case Message::kSetAcl:
      writer.write_string(from.set_acl().path());
      write_acl(writer, from.set_acl());
      writer.write_int(from.set_acl().version());
      return true;
    case Message::kCheckVersion:
      writer.write_string(from.check_version().path());
      writer.write_int(from.check_version().version());
      return true;
    case Message::kFailed:
      writer.write_int(from.failed().error());
      return true;
    case Message::kOpaque:
      writer.write_raw(from.opaque());
      return true;
    default:
      return false;
  }
}

// An operation whose body is not what its type says is kept as it is. Null bodies do not come here.
void operation(Bytes bytes, Operation& to, Buffer& scratch) {
  const auto type = static_cast<Opcode>(to.type());
  for (const bool before_3_4 : {false, true}) {
    wire::Reader reader(bytes);
    if (simple_body(reader, type, to, before_3_4) && reader.remaining() == 0) {
      scratch.clear();
      wire::Writer writer(scratch);
      if (write_simple_body(writer, type, to) && scratch.view() == bytes) return;
    }
    to.clear_body();
    if (!is_create(type)) break;
  }
  to.set_opaque(bytes.data(), bytes.size());
}

bool multi(wire::Reader& reader, Multi& to, Buffer& scratch) {
  const int32_t count = reader.read_count(8);
  if (count < 0) return false;
  for (int32_t i = 0; i < count; ++i) {
    Operation& part = *to.add_operations();
    part.set_type(reader.read_int());
    const wire::OptBytes body = reader.read_buffer();
    if (!reader.ok() || body.null) return false;
    operation(body.bytes, part, scratch);
  }
  return true;
}

void write(wire::Writer& writer, const Multi& from) {
  writer.write_count(static_cast<size_t>(from.operations_size()));
  Buffer body;
  for (const Operation& part : from.operations()) {
    writer.write_int(part.type());
    body.clear();
    wire::Writer inner(body);
    write_simple_body(inner, static_cast<Opcode>(part.type()), part);
    writer.write_buffer(body.view());
  }
}

bool close_session(wire::Reader& reader, CloseSession& to) {
  wire::CloseSessionTxnView view;
  if (!wire::read(reader, view)) return false;
  to.set_has_paths(view.has_paths);
  for (const wire::OptBytes& path : view.paths) {
    if (!text(path, to.add_paths())) return false;
  }
  return true;
}

bool body(wire::Reader& reader, Transaction& to, bool before_3_4, Buffer& scratch) {
  switch (static_cast<Opcode>(to.type())) {
    case Opcode::kCreateSession:
      to.mutable_create_session()->set_timeout_ms(reader.read_int());
      return reader.ok();
    case Opcode::kCloseSession:
      return close_session(reader, *to.mutable_close_session());
    case Opcode::kMulti:
      return multi(reader, *to.mutable_multi(), scratch);
    default:
      return simple_body(reader, static_cast<Opcode>(to.type()), to, before_3_4);
  }
}

bool digest(wire::Reader& reader, Transaction& to) {
  if (reader.remaining() == 0) return true;
  if (reader.remaining() != wire::kTxnDigestBytes) return false;
  to.mutable_digest()->set_version(reader.read_int());
  to.mutable_digest()->set_tree_digest(reader.read_long());
  return reader.ok();
}

void add_line(std::string& lines, const std::string& path) {
  if (!lines.empty()) lines += '\n';
  lines += path;
}

template <typename Message>
void add_paths(const Message& from, std::string& lines) {
  if (from.has_create()) add_line(lines, from.create().path());
  if (from.has_delete_()) add_line(lines, from.delete_().path());
  if (from.has_set_data()) add_line(lines, from.set_data().path());
  if (from.has_set_acl()) add_line(lines, from.set_acl().path());
  if (from.has_check_version()) add_line(lines, from.check_version().path());
}

}  // namespace

Status from_record(Bytes record, Transaction& to, Buffer& scratch) {
  to.Clear();
  wire::Reader head(record);
  wire::TxnHeader header;
  if (!wire::read(head, header)) {
    return Error{Errc::kCorrupt, "a record of " + std::to_string(record.size()) +
                                     " bytes is too short for a transaction"};
  }
  to.set_session_id(header.client_id);
  to.set_cxid(header.cxid);
  to.set_zxid(header.zxid);
  to.set_time_ms(header.time);
  to.set_type(header.type);
  const Bytes rest = head.rest();
  for (const bool before_3_4 : {false, true}) {
    wire::Reader reader(rest);
    if (body(reader, to, before_3_4, scratch) && digest(reader, to)) {
      scratch.clear();
      if (to_record(to, scratch).ok() && scratch.view() == record) return Unit{};
    }
    to.clear_body();
    to.clear_digest();
    if (!is_create(static_cast<Opcode>(header.type))) break;
  }
  to.set_opaque(rest.data(), rest.size());
  return Unit{};
}

Status to_record(const Transaction& from, Buffer& out) {
  wire::Writer writer(out);
  wire::write(writer, wire::TxnHeader{from.session_id(), from.cxid(), from.zxid(), from.time_ms(),
                                      from.type()});
  switch (from.body_case()) {
    case Transaction::kCreateSession:
      writer.write_int(from.create_session().timeout_ms());
      break;
    case Transaction::kCloseSession:
      if (!from.close_session().has_paths()) break;
      writer.write_count(static_cast<size_t>(from.close_session().paths_size()));
      for (const std::string& path : from.close_session().paths()) writer.write_string(path);
      break;
    case Transaction::kMulti:
      write(writer, from.multi());
      break;
    default:
      if (!write_simple_body(writer, static_cast<Opcode>(from.type()), from)) {
        return Error{Errc::kCorrupt, "transaction " + hex(from.zxid()) + " has no body"};
      }
  }
  if (from.has_digest()) {
    wire::write(writer, wire::TxnDigest{from.digest().version(), from.digest().tree_digest()});
  }
  return Unit{};
}

std::string paths_of(const Transaction& transaction) {
  std::string lines;
  add_paths(transaction, lines);
  for (const std::string& path : transaction.close_session().paths()) add_line(lines, path);
  for (const Operation& part : transaction.multi().operations()) add_paths(part, lines);
  return lines;
}

}  // namespace zookernel::txn
