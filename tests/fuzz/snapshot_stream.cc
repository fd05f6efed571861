// fuzz-libs: plugin_storage_sqlite_code zookernel::wire
// A snapshot's stream as the database takes it apart: in one piece or in many, the same things are found, and a stream that is
// taken is whole in them: put together again they are its bytes.

#include "plugins/storage/sqlite/snapshot_stream.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "zookernel/assert.h"

namespace {

using namespace zookernel;
using sqlite_storage::SnapshotSink;
using sqlite_storage::SnapshotStream;

// Puts the parts together again.
class Together final : public SnapshotSink {
 public:
  Status on_session(const wire::SessionEntry& session) override {
    ++sessions;
    wire::Writer writer(session_bytes);
    wire::write(writer, session);
    return Unit{};
  }
  Status on_acl(int64_t ref, Bytes record, const std::string& text) override {
    ++acls;
    ZOOKERNEL_ASSERT(text == sqlite_storage::acl_text(record));
    wire::Writer writer(acl_bytes);
    writer.write_long(ref);
    writer.write_raw(record);
    return Unit{};
  }
  Status on_znode(Bytes path, const wire::OptBytes& data, int64_t acl_ref,
                  const wire::StatPersisted& stat) override {
    wire::Writer writer(znode_bytes);
    writer.write_string(path);
    writer.write_opt(data);
    writer.write_long(acl_ref);
    wire::write(writer, stat);
    return Unit{};
  }
  [[nodiscard]] std::string whole(const SnapshotStream& stream) const {
    Buffer out;
    wire::Writer writer(out);
    writer.write_raw(stream.header());
    writer.write_count(sessions);
    writer.write_raw(session_bytes.view());
    writer.write_count(acls);
    writer.write_raw(acl_bytes.view());
    writer.write_raw(znode_bytes.view());
    writer.write_string("/");
    writer.write_raw(stream.seal());
    writer.write_raw(stream.tail());
    return std::string(out.view());
  }

  size_t sessions = 0, acls = 0;
  Buffer session_bytes, acl_bytes, znode_bytes;
};

// The bytes again; empty when they are refused.
std::string taken(Bytes in, size_t piece) {
  Together parts;
  SnapshotStream stream(parts);
  for (size_t at = 0; at < in.size(); at += piece) {
    if (!stream.feed(in.substr(at, piece))) return {};
  }
  return stream.finish() ? parts.whole(stream) : std::string();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes in(reinterpret_cast<const char*>(data), size);
  const std::string at_once = taken(in, in.size());
  ZOOKERNEL_ASSERT(at_once.empty() || at_once == in);
  ZOOKERNEL_ASSERT(taken(in, 1 + size % 17) == at_once);
  return 0;
}
