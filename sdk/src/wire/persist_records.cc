#include "record_codec.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::wire {

ZOOKERNEL_WIRE_RECORD(FileHeader);
ZOOKERNEL_WIRE_RECORD(StatPersisted);
ZOOKERNEL_WIRE_RECORD(SessionEntry);
ZOOKERNEL_WIRE_RECORD(AclEntry);
ZOOKERNEL_WIRE_RECORD(SnapshotDigest);
ZOOKERNEL_WIRE_RECORD(Seal);

bool read(Reader& reader, FileHeader& header) {
  header.magic = reader.read_int();
  header.version = reader.read_int();
  header.dbid = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, StatPersisted& stat) {
  stat.czxid = reader.read_long();
  stat.mzxid = reader.read_long();
  stat.ctime = reader.read_long();
  stat.mtime = reader.read_long();
  stat.version = reader.read_int();
  stat.cversion = reader.read_int();
  stat.aversion = reader.read_int();
  stat.ephemeral_owner = reader.read_long();
  stat.pzxid = reader.read_long();
  return reader.ok();
}

bool read(Reader& reader, SessionEntry& session) {
  session.session_id = reader.read_long();
  session.timeout = reader.read_int();
  return reader.ok();
}

void write(Writer& writer, const FileHeader& header) {
  char* to = writer.extend(kFileHeaderBytes);
  store_be32(to, static_cast<uint32_t>(header.magic));
  store_be32(to + 4, static_cast<uint32_t>(header.version));
  store_be64(to + 8, static_cast<uint64_t>(header.dbid));
}

void write(Writer& writer, const StatPersisted& stat) {
  char* to = writer.extend(kStatPersistedBytes);
  store_be64(to, static_cast<uint64_t>(stat.czxid));
  store_be64(to + 8, static_cast<uint64_t>(stat.mzxid));
  store_be64(to + 16, static_cast<uint64_t>(stat.ctime));
  store_be64(to + 24, static_cast<uint64_t>(stat.mtime));
  store_be32(to + 32, static_cast<uint32_t>(stat.version));
  store_be32(to + 36, static_cast<uint32_t>(stat.cversion));
  store_be32(to + 40, static_cast<uint32_t>(stat.aversion));
  store_be64(to + 44, static_cast<uint64_t>(stat.ephemeral_owner));
  store_be64(to + 52, static_cast<uint64_t>(stat.pzxid));
}

void write(Writer& writer, const SessionEntry& session) {
  char* to = writer.extend(kSessionEntryBytes);
  store_be64(to, static_cast<uint64_t>(session.session_id));
  store_be32(to + 8, static_cast<uint32_t>(session.timeout));
}

}  // namespace zookernel::wire
