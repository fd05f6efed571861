#include "tests/unit/plugins/storage_contract/any_storage.h"

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/sqlite/sqlite_storage.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::test {
namespace {

std::map<std::string, std::string> with_directory(std::map<std::string, std::string> settings) {
  settings.emplace("dataDir", "/d");
  settings.emplace("preAllocSize", "16");
  return settings;
}

}  // namespace

AnyStorage::AnyStorage(const std::string& kind, FileSystem& files,
                       std::map<std::string, std::string> given)
    : host(files), settings(with_directory(std::move(given))) {
  if (kind == "sqlite") {
    storage = std::make_unique<sqlite_storage::SqliteStorage>();
  } else {
    storage = std::make_unique<file_storage::FileStorage>();
  }
}

Status AnyStorage::begin() {
  if (auto done = storage->configure(settings, host); !done) return done;
  return storage->start();
}

std::string tree_snapshot(Zxid inside, int znodes) {
  Buffer out;
  wire::Writer writer(out);
  wire::write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, -1});
  writer.write_count(2);
  wire::write(writer, wire::SessionEntry{0x100000000000001, 30000});
  wire::write(writer, wire::SessionEntry{-5, 40000});
  writer.write_count(1);
  wire::encode(writer,
               wire::AclEntry{1, {{31, {"digest", "me:secret"}}, {1, {"world", "anyone"}}}});
  for (int i = -1; i < znodes; ++i) {
    writer.write_string(i < 0 ? "" : "/n" + std::to_string(i));
    if (i % 5 == 3) {
      writer.write_null();
    } else {
      writer.write_buffer(i % 5 == 4 ? "" : "data " + std::to_string(inside.value + i));
    }
    writer.write_long(i % 2 == 0 ? 1 : -1);
    const int64_t owner = i % 7 == 1   ? 0x100000000000001
                          : i % 7 == 2 ? wire::kContainerOwner
                          : i % 7 == 3 ? wire::ttl_owner(60000)
                                       : 0;
    wire::write(writer,
                wire::StatPersisted{i, inside.value, -1, 1700000000000, i, -i, 3, owner, 9});
  }
  writer.write_string("/");
  const auto seal = [&] {
    writer.write_long(file_storage::adler32(out.view()));
    writer.write_string("/");
  };
  seal();
  wire::encode(writer, wire::SnapshotDigest{inside.value, wire::kTxnDigestVersion, -3});
  seal();
  writer.write_long(inside.value);
  seal();
  return std::string(out.view());
}

Status write_tree(Storage& storage, Zxid zxid, Zxid inside, int znodes) {
  auto writer = storage.begin_snapshot(zxid);
  if (!writer) return writer.error();
  const std::string bytes = tree_snapshot(inside, znodes);
  // In pieces that end anywhere.
  for (size_t at = 0; at < bytes.size(); at += 333) {
    if (auto done = (*writer)->write(Bytes(bytes).substr(at, 333)); !done) return done;
  }
  return (*writer)->finish();
}

Result<Zxid> recover_any(Storage& storage, file_storage::Reading* reading) {
  auto contents = storage.contents();
  if (!contents) return contents.error();
  Zxid last;
  const bool empty = contents->snapshots.empty();
  if (empty) {
    if (contents->has_log) return Error{Errc::kCorrupt, "logs without a snapshot"};
  } else {
    last = contents->snapshots.front();
    auto bytes = file_storage::read_snapshot(storage, last);
    if (!bytes) return bytes.error();
  }
  auto found = file_storage::read_all(storage, last.next());
  if (found.error) return *found.error;
  if (!found.zxids.empty()) last = found.zxids.back();
  if (reading != nullptr) *reading = std::move(found);
  if (auto done = storage.recovered(last); !done) return done.error();
  if (empty) {
    if (auto done = write_tree(storage, Zxid{0}, Zxid{0}); !done) return done.error();
  }
  return last;
}

}  // namespace zookernel::test
