#include "tools/db/purge.h"

#include <algorithm>

#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/snapshot_reader.h"
#include "tools/db/snapshot_walk.h"

namespace zookernel::db_tool {

using file_storage::join;

Result<std::vector<std::string>> find_purgeable(FileSystem& files, const Places& places, int keep) {
  auto snapshots = file_storage::list_directory(files, places.snapshots);
  if (!snapshots) return snapshots.error();
  auto logs = file_storage::list_directory(files, places.logs);
  if (!logs) return logs.error();

  std::optional<Zxid> oldest_kept;
  int kept = 0;
  const auto& names = snapshots->snapshots;
  for (auto name = names.rbegin(); name != names.rend() && kept < keep; ++name) {
    if (oldest_kept == name->zxid) continue;  // the same in another compression
    auto reader =
        file_storage::open_snapshot(files, join(places.snapshots, name->name), name->compression);
    if (!reader) return reader.error();
    if (Status whole = walk_snapshot(**reader, {}); !whole) {
      if (whole.error().code == Errc::kIo) return whole.error();
      continue;
    }
    oldest_kept = name->zxid;
    ++kept;
  }
  std::vector<std::string> paths;
  if (!oldest_kept) return paths;
  for (const auto& name : names) {
    if (name.zxid < *oldest_kept) paths.push_back(join(places.snapshots, name.name));
  }
  const auto& all = logs->logs;
  for (size_t i = 0; i + 1 < all.size() && all[i + 1].first <= *oldest_kept; ++i) {
    paths.push_back(join(places.logs, all[i].name));
  }
  return paths;
}

}  // namespace zookernel::db_tool
