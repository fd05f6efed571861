// What a server would serve from a data directory, found out as the server finds it out, without
// changing a byte.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/core/data_tree.h"
#include "zookernel/file_system.h"
#include "zookernel/storage.h"

namespace zookernel::db_tool {

// Which storage plugin keeps a directory (plugin.storage).
enum class StorageKind { kFile, kSqlite };

// Where the data of one server are. Of `file`: both directories end in version-2. Of `sqlite`: both
// are the directory of data.db.
struct Places {
  std::string snapshots, logs;
  StorageKind kind = StorageKind::kFile;

  [[nodiscard]] bool one() const { return snapshots == logs; }
};

// `data_dir` is a dataDir, or a version-2 directory; `log_dir` the same of the logs, empty when
// they are in one. A directory with data.db is one of `sqlite`; it may not hold both.
Result<Places> find_places(FileSystem& files, const std::string& data_dir,
                           const std::string& log_dir);
// The same, for commands that know files of `file` only: an error names what to do instead.
Result<Places> find_files(FileSystem& files, const std::string& data_dir,
                          const std::string& log_dir);

struct Database {
  std::unique_ptr<core::DataTree> tree;
  std::map<int64_t, int32_t> sessions;  // timeouts in ms
  std::optional<Zxid> snapshot;         // that it began with
  int64_t replayed = 0;
  Epochs epochs;
  // Newer snapshots that do not load, with the reason.
  std::vector<std::pair<Zxid, std::string>> skipped;
  // Transactions after which the tree was not what its writer said. 0: none.
  std::vector<Zxid> digest_mismatches;  // the first few
  uint64_t digest_mismatch_count = 0;
  std::vector<std::string> remarks;  // what the storage warned about
  // What the sections behind the tree of a snapshot say; of load_snapshot_file() only.
  std::optional<Zxid> end_zxid;
  std::optional<core::ZxidDigest> end_digest;
};

// How far load_database() came before an error.
struct LoadTrouble {
  enum class Stage { kContents, kNoSnapshot, kSnapshots, kLog, kFuzzy, kSkipped };
  Stage stage = Stage::kContents;
  Zxid last;                     // the last transaction that was applied, or the snapshot's
  std::optional<Zxid> snapshot;  // that was loaded
  std::vector<Zxid> skipped;     // snapshots that do not load
};

// An error is why a server would refuse the directory; then `trouble`, if it is given, says more.
// With `trust_empty` logs without a snapshot are replayed (the key snapshot.trust.empty). No
// snapshot and no log is an empty database.
Result<Database> load_database(FileSystem& files, const Places& places, bool trust_empty,
                               LoadTrouble* trouble = nullptr);

// One snapshot alone, as far as it is one: name and compression are taken from the file's name.
Result<Database> load_snapshot_file(FileSystem& files, const std::string& path);

// The directory that holds a version-2.
[[nodiscard]] std::string parent_of(const std::string& folder);

}  // namespace zookernel::db_tool
