#include "zookernel/wire/records/client_views.h"

namespace zookernel::wire {
namespace {

// perms, and the lengths of scheme and id.
constexpr size_t kAclBytesMin = 12;
constexpr size_t kStringBytesMin = 4;

}  // namespace

bool read(Reader& reader, RequestHeader& header) {
  header.xid = reader.read_int();
  header.type = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, ReplyHeader& header) {
  header.xid = reader.read_int();
  header.zxid = reader.read_long();
  header.err = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, MultiHeader& header) {
  header.type = reader.read_int();
  header.done = reader.read_bool();
  header.err = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, Stat& stat) {
  stat.czxid = reader.read_long();
  stat.mzxid = reader.read_long();
  stat.ctime = reader.read_long();
  stat.mtime = reader.read_long();
  stat.version = reader.read_int();
  stat.cversion = reader.read_int();
  stat.aversion = reader.read_int();
  stat.ephemeral_owner = reader.read_long();
  stat.data_length = reader.read_int();
  stat.num_children = reader.read_int();
  stat.pzxid = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, AclListView& acl) {
  const Bytes from = reader.rest();
  const size_t begin = reader.position();
  int32_t count = reader.read_count(kAclBytesMin);
  acl.entries.clear();
  acl.null = count < 0;
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    AclView& entry = acl.entries.emplace_back();
    entry.perms = reader.read_int();
    entry.scheme = reader.read_string();
    entry.id = reader.read_string();
  }
  acl.raw = from.substr(0, reader.position() - begin);
  return reader.ok();
}

bool read(Reader& reader, PathListView& paths) {
  int32_t count = reader.read_count(kStringBytesMin);
  paths.paths.clear();
  paths.null = count < 0;
  for (int32_t i = 0; i < count && reader.ok(); ++i) paths.paths.push_back(reader.read_string());
  return reader.ok();
}

bool read(Reader& reader, ConnectRequestView& request) {
  request.protocol_version = reader.read_int();
  request.last_zxid_seen = reader.read_long();
  request.timeout = reader.read_int();
  request.session_id = reader.read_long();
  request.passwd = reader.read_buffer();
  request.has_read_only = reader.remaining() != 0;
  request.read_only = request.has_read_only && reader.read_bool();
  return reader.ok();
}

bool read(Reader& reader, CreateRequestView& request) {
  request.path = reader.read_string();
  request.data = reader.read_buffer();
  if (!read(reader, request.acl)) return false;
  request.flags = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, CreateTtlRequestView& request) {
  request.path = reader.read_string();
  request.data = reader.read_buffer();
  if (!read(reader, request.acl)) return false;
  request.flags = reader.read_int();
  request.ttl = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, DeleteRequestView& request) {
  request.path = reader.read_string();
  request.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, PathWatchRequestView& request) {
  request.path = reader.read_string();
  request.watch = reader.read_bool();
  return reader.ok();
}

bool read(Reader& reader, SetDataRequestView& request) {
  request.path = reader.read_string();
  request.data = reader.read_buffer();
  request.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, PathRequestView& request) {
  request.path = reader.read_string();
  return reader.ok();
}

bool read(Reader& reader, SetAclRequestView& request) {
  request.path = reader.read_string();
  if (!read(reader, request.acl)) return false;
  request.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, CheckVersionRequestView& request) {
  request.path = reader.read_string();
  request.version = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, WatchesRequestView& request) {
  request.path = reader.read_string();
  request.type = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, AddWatchRequestView& request) {
  request.path = reader.read_string();
  request.mode = reader.read_int();
  return reader.ok();
}

bool read(Reader& reader, ReconfigRequestView& request) {
  request.joining_servers = reader.read_string();
  request.leaving_servers = reader.read_string();
  request.new_members = reader.read_string();
  request.cur_config_id = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, AuthPacketView& request) {
  request.type = reader.read_int();
  request.scheme = reader.read_string();
  request.auth = reader.read_buffer();
  return reader.ok();
}

bool read(Reader& reader, SaslRequestView& request) {
  request.token = reader.read_buffer();
  return reader.ok();
}

bool read(Reader& reader, SetWatchesRequestView& request) {
  request.relative_zxid = reader.read_long();
  if (!read(reader, request.data_watches)) return false;
  if (!read(reader, request.exist_watches)) return false;
  return read(reader, request.child_watches);
}

bool read(Reader& reader, SetWatches2RequestView& request) {
  request.relative_zxid = reader.read_long();
  if (!read(reader, request.data_watches)) return false;
  if (!read(reader, request.exist_watches)) return false;
  if (!read(reader, request.child_watches)) return false;
  if (!read(reader, request.persistent_watches)) return false;
  return read(reader, request.persistent_recursive_watches);
}

void write(Writer& writer, const RequestHeader& header) {
  char* to = writer.extend(kRequestHeaderBytes);
  store_be32(to, static_cast<uint32_t>(header.xid));
  store_be32(to + 4, static_cast<uint32_t>(header.type));
}

void write(Writer& writer, const ReplyHeader& header) {
  char* to = writer.extend(kReplyHeaderBytes);
  store_be32(to, static_cast<uint32_t>(header.xid));
  store_be64(to + 4, static_cast<uint64_t>(header.zxid));
  store_be32(to + 12, static_cast<uint32_t>(header.err));
}

void write(Writer& writer, const MultiHeader& header) {
  char* to = writer.extend(kMultiHeaderBytes);
  store_be32(to, static_cast<uint32_t>(header.type));
  to[4] = header.done ? '\1' : '\0';
  store_be32(to + 5, static_cast<uint32_t>(header.err));
}

void write(Writer& writer, const Stat& stat) {
  char* to = writer.extend(kStatBytes);
  store_be64(to, static_cast<uint64_t>(stat.czxid));
  store_be64(to + 8, static_cast<uint64_t>(stat.mzxid));
  store_be64(to + 16, static_cast<uint64_t>(stat.ctime));
  store_be64(to + 24, static_cast<uint64_t>(stat.mtime));
  store_be32(to + 32, static_cast<uint32_t>(stat.version));
  store_be32(to + 36, static_cast<uint32_t>(stat.cversion));
  store_be32(to + 40, static_cast<uint32_t>(stat.aversion));
  store_be64(to + 44, static_cast<uint64_t>(stat.ephemeral_owner));
  store_be32(to + 52, static_cast<uint32_t>(stat.data_length));
  store_be32(to + 56, static_cast<uint32_t>(stat.num_children));
  store_be64(to + 60, static_cast<uint64_t>(stat.pzxid));
}

void write(Writer& writer, const AclListView& acl) {
  if (acl.null) return writer.write_null();
  writer.write_count(acl.entries.size());
  for (const AclView& entry : acl.entries) {
    writer.write_int(entry.perms);
    writer.write_opt(entry.scheme);
    writer.write_opt(entry.id);
  }
}

void write_multi_end(Writer& writer) {
  write(writer, MultiHeader{-1, true, -1});
}

}  // namespace zookernel::wire
