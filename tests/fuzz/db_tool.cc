// fuzz-libs: zookernel_db_tool zookernel_db_archive
// What zookernel-db reads, over any bytes: as a log (scanned and printed in both forms), as a
// snapshot, as an archive. No crash, no endless loop, and the pieces of a log cover it.
#include <cstddef>
#include <cstdint>

#include "plugins/storage/file/snapshot_reader.h"
#include "tests/simulation/one_file.h"
#include "tools/db/apache/java_text.h"
#include "tools/db/apache/raw_log.h"
#include "tools/db/archive/archive_file.h"
#include "tools/db/log_scan.h"
#include "tools/db/node_json.h"
#include "tools/db/snapshot_walk.h"
#include "tools/db/txn_json.h"
#include "zookernel/assert.h"

using namespace zookernel;
using namespace zookernel::db_tool;

namespace {

void read_log(FileSystem& files, const std::string& path) {
  auto scan = LogScan::open(files, path);
  ZOOKERNEL_ASSERT(scan.ok());
  uint64_t at = 0;
  for (;;) {
    auto piece = scan->next();
    if (!piece) return;  // what follows takes too long to examine
    if (!*piece) break;
    ZOOKERNEL_ASSERT((*piece)->begin == at);
    ZOOKERNEL_ASSERT((*piece)->end > at);
    at = (*piece)->end;
    if ((*piece)->kind != LogPiece::Kind::kRecord) continue;
    auto described = describe_txn((*piece)->body);
    if (described) (void)to_json_line(*described);
    (void)java_txn((*piece)->body).ok();
  }
  ZOOKERNEL_ASSERT(at == scan->size());
}

void read_raw_log(FileSystem& files, const std::string& path) {
  auto log = RawLog::open(files, path);
  if (!log) return;
  for (;;) {
    auto record = log->next();
    if (!record || !*record) return;
    (void)java_txn((*record)->body).ok();
  }
}

void read_snapshot(FileSystem& files, const std::string& path) {
  auto reader = file_storage::open_snapshot(files, path, file_storage::Compression::kNone);
  if (!reader) return;
  SnapshotVisitor visitor;
  visitor.acl = [](int64_t, const wire::AclListView& list) { (void)describe_acl(list); };
  visitor.node = [](const SnapshotNode& node) {
    const Json described = describe_node(node.path.bytes, node.data, nullptr, node.stat);
    (void)to_text_line(described, {"path"});
  };
  (void)walk_snapshot(**reader, visitor).ok();
}

void read_archive(FileSystem& files, const std::string& path) {
  constexpr int kEntriesMax = 100000;  // a few bytes of zstd may stand for many
  auto reader = ArchiveReader::open(files, path);
  if (!reader) return;
  archive::Entry entry;
  for (int i = 0; i < kEntriesMax; ++i) {
    auto there = (*reader)->next(entry);
    if (!there || !*there) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = "/d/file";
  sim::OneFile files(path, Bytes(reinterpret_cast<const char*>(data), size));
  read_log(files, path);
  read_raw_log(files, path);
  read_snapshot(files, path);
  read_archive(files, path);
  return 0;
}
