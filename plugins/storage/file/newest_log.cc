#include "plugins/storage/file/newest_log.h"

#include <algorithm>

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/small_file.h"

namespace zookernel::file_storage {

Status write_newest_log(FileSystem& files, const std::string& directory, const std::string& name) {
  const std::string unfinished =
      join(directory, std::string(kUnfinishedPrefix) + std::string(kNewestLogFile));
  auto file = files.open(unfinished, FileSystem::Mode::kCreate);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, name); !written) return written;
  return files.rename(unfinished, join(directory, kNewestLogFile));
}

Status check_newest_log(FileSystem& files, const std::string& directory, const Listing& listing) {
  const std::string witness = join(directory, kNewestLogFile);
  if (!files.exists(witness)) return Unit{};
  auto text = read_small_file(files, witness);
  if (!text) return text.error();
  const auto newest = parse_log_name(*text);
  // Lost on its way to the disk by a crash.
  if (!newest) return Unit{};
  if (!listing.logs.empty() && listing.logs.back().first > newest->first) return Unit{};

  const std::string path = join(directory, newest->name);
  std::string trouble = "it is missing";
  if (files.exists(path)) {
    auto file = files.open(path, FileSystem::Mode::kRead);
    if (!file) return file.error();
    auto size = (*file)->size();
    if (!size) return size.error();
    if (*size >= kLogHeaderBytes) return Unit{};
    trouble = "it ends at byte " + std::to_string(*size) + ", within its header";
  }
  return Error{Errc::kCorrupt, "read " + path + ": " + trouble +
                                   ", although it was the newest log (by " + witness +
                                   "). Acknowledged transactions would be lost, so nothing is "
                                   "served. Restore it from a backup; or, in an "
                                   "ensemble, move this server's version-2 directories away so "
                                   "that it copies the leader's data; or, to go "
                                   "on without it, remove both files"};
}

}  // namespace zookernel::file_storage
