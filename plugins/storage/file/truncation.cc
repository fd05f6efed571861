#include "plugins/storage/file/truncation.h"

#include <algorithm>

#include "plugins/storage/file/log_file.h"
#include "plugins/storage/file/newest_log.h"
#include "plugins/storage/file/snapshot_reader.h"

namespace zookernel::file_storage {
namespace {

// The newest snapshot that recovery can use and that holds nothing above `last`.
Result<std::optional<Zxid>> newest_base(FileSystem& files, const std::string& directory,
                                        const std::vector<SnapshotName>& snapshots, Zxid last) {
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    if (snapshot->zxid > last) continue;
    const std::string path = join(directory, snapshot->name);
    auto complete = looks_complete(files, path, snapshot->compression);
    if (!complete) return complete.error();
    if (!*complete) continue;
    auto inside = last_zxid_inside(files, path, snapshot->compression);
    // One that cannot be read is no base; one that does not tell cannot be trusted to be free of
    // later transactions.
    if (!inside || !*inside || **inside > last) continue;
    return std::optional<Zxid>(snapshot->zxid);
  }
  return std::optional<Zxid>{};
}

// The zxid that Java would read in a name that we do not read: "snapshot.5a.tmp".
std::optional<Zxid> lookalike_zxid(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return {};
  const std::string digits =
      name.substr(prefix.size(), name.find('.', prefix.size()) - prefix.size());
  const auto parsed = parse_log_name("log." + digits);
  return parsed ? std::optional<Zxid>(parsed->first) : std::nullopt;
}

Status remove_file(FileSystem& files, const std::string& path, std::string_view why, Logger& log) {
  if (auto removed = files.remove(path); !removed) return removed;
  log.info(why, {{"file", path}});
  return Unit{};
}

Status remove_snapshots_above(FileSystem& files, const std::string& directory,
                              const Listing& listing, Zxid base, Logger& log) {
  for (auto snapshot = listing.snapshots.rbegin(); snapshot != listing.snapshots.rend();
       ++snapshot) {
    if (snapshot->zxid <= base) break;
    if (auto removed =
            remove_file(files, join(directory, snapshot->name),
                        "a snapshot that holds rolled back transactions is removed", log);
        !removed) {
      return removed;
    }
  }
  for (const auto* names : {&listing.lookalikes, &listing.leftovers}) {
    for (const std::string& name : *names) {
      const auto zxid = lookalike_zxid(name, "snapshot.");
      if (!zxid || *zxid <= base) continue;
      if (auto removed = remove_file(files, join(directory, name),
                                     "a file that Java would read as a snapshot is removed", log);
          !removed) {
        return removed;
      }
    }
  }
  return files.sync_directory(directory);
}

// Cuts one log behind its last transaction <= last.
Status cut_log(FileSystem& files, const std::string& path, Zxid last, Logger& log) {
  auto opened = LogFile::open(files, path);
  if (!opened) return opened.error();
  LogFile& reader = **opened;
  uint64_t end = reader.position();
  for (;;) {
    auto record = reader.next();
    if (!record) return record.error();
    if (!*record || (*record)->zxid > last) break;
    end = reader.position();
  }
  const bool ran_out = end == reader.position();
  if (ran_out && !reader.end().fault.empty()) {
    auto found = reader.find_valid(end, Zxid{});
    if (!found) return found.error();
    if (*found) {
      return Error{Errc::kCorrupt, "cut " + path + " behind transaction " + hex(last.value) +
                                       ": at byte " + std::to_string(end) +
                                       " the record is damaged and good ones follow"};
    }
  }
  auto file = files.open(path, FileSystem::Mode::kReadWrite);
  if (!file) return file.error();
  // The mark first: a file that ends before what it vouches for would be taken for damaged.
  if (reader.durable_end() > end) {
    char mark[8];
    store_be64(mark, end);
    if (auto done = (*file)->write_at(kDurableEndOffset, {mark, sizeof mark}); !done) return done;
    if (auto done = (*file)->sync(); !done) return done;
  }
  if (auto done = (*file)->resize(end); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  log.info("a log is cut", {{"file", path}, {"bytes", end}, {"last_zxid", hex(last.value)}});
  return Unit{};
}

}  // namespace

Status truncate_history(FileSystem& files, const Directories& directories, Zxid last, Logger& log) {
  auto snapshots = list_directory(files, directories.snapshots);
  if (!snapshots) return snapshots.error();
  auto base = newest_base(files, directories.snapshots, snapshots->snapshots, last);
  if (!base) return base.error();
  if (!*base) {
    return Error{Errc::kUnsupported,
                 "truncate " + directories.logs + " behind transaction " + hex(last.value) +
                     ": no snapshot in " + directories.snapshots +
                     " is free of later transactions; a snapshot of the leader is needed"};
  }
  if (auto removed = remove_snapshots_above(files, directories.snapshots, *snapshots, **base, log);
      !removed) {
    return removed;
  }

  auto logs = list_directory(files, directories.logs);
  if (!logs) return logs.error();
  auto& names = logs->logs;
  if (auto forgotten = remove_newest_log(files, directories.logs); !forgotten) return forgotten;
  // Newest first: what is left after a crash has no hole.
  while (!names.empty() && names.back().first > last) {
    if (auto removed = remove_file(files, join(directories.logs, names.back().name),
                                   "a log of rolled back transactions is removed", log);
        !removed) {
      return removed;
    }
    // Each removal is durable before the next: their order on the disk is what matters.
    if (auto synced = files.sync_directory(directories.logs); !synced) return synced;
    names.pop_back();
  }
  if (names.empty()) return Unit{};
  if (auto cut = cut_log(files, join(directories.logs, names.back().name), last, log); !cut) {
    return cut;
  }
  auto noted = write_newest_log(files, directories.logs, names.back().name, kLogHeaderBytes);
  return noted ? Status(Unit{}) : Status(noted.error());
}

Status purge_history(FileSystem& files, const Directories& directories, int count, Logger& log) {
  auto snapshots = list_directory(files, directories.snapshots);
  if (!snapshots) return snapshots.error();
  std::optional<Zxid> oldest_kept;
  int kept = 0;
  const auto& names = snapshots->snapshots;
  for (auto snapshot = names.rbegin(); snapshot != names.rend() && kept < std::max(count, 1);
       ++snapshot) {
    auto complete =
        looks_complete(files, join(directories.snapshots, snapshot->name), snapshot->compression);
    if (!complete) return complete.error();
    if (!*complete || oldest_kept == snapshot->zxid) continue;
    oldest_kept = snapshot->zxid;
    ++kept;
  }
  if (!oldest_kept) return Unit{};

  // Snapshots before logs: never is there a snapshot whose logs are gone.
  for (const SnapshotName& snapshot : names) {
    if (snapshot.zxid >= *oldest_kept) break;
    if (auto removed = remove_file(files, join(directories.snapshots, snapshot.name),
                                   "an old snapshot is purged", log);
        !removed) {
      return removed;
    }
  }
  if (auto synced = files.sync_directory(directories.snapshots); !synced) return synced;

  auto logs = list_directory(files, directories.logs);
  if (!logs) return logs.error();
  for (size_t i = 0; i + 1 < logs->logs.size() && logs->logs[i + 1].first <= *oldest_kept; ++i) {
    if (auto removed = remove_file(files, join(directories.logs, logs->logs[i].name),
                                   "an old log is purged", log);
        !removed) {
      return removed;
    }
  }
  return files.sync_directory(directories.logs);
}

}  // namespace zookernel::file_storage
