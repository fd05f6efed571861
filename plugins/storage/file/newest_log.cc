#include "plugins/storage/file/newest_log.h"

#include <libdeflate.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/small_file.h"

namespace zookernel::file_storage {

namespace {

constexpr size_t kNumberDigits = 16, kChecksumDigits = 8;

std::string with_durable_end(const std::string& name, uint64_t end) {
  char text[kNumberDigits + kChecksumDigits + 2];
  std::snprintf(text, sizeof text, "%016" PRIx64, end);
  std::string content = name + "\n" + text;
  std::snprintf(text, sizeof text, " %08" PRIx32,
                libdeflate_crc32(0, content.data(), content.size()));
  return content + text;
}

}  // namespace

Result<std::optional<NewestLog>> read_newest_log(FileSystem& files, const std::string& directory,
                                                 Logger* log) {
  const std::string witness = join(directory, kNewestLogFile);
  if (!files.exists(witness)) return std::optional<NewestLog>{};
  auto text = read_small_file(files, witness);
  if (!text && text.error().code != Errc::kCorrupt) return text.error();
  if (text) {
    const std::string name = text->substr(0, text->find('\n'));
    const std::string number = text->substr(std::min(text->size(), name.size() + 1), kNumberDigits);
    const uint64_t end = std::strtoull(number.c_str(), nullptr, 16);
    const auto parsed = parse_log_name(name);
    if (parsed && with_durable_end(name, end) == *text) {
      return std::optional(NewestLog{*parsed, end});
    }
  }
  // A crash may have lost it on its way to the disk; then it is empty or zeros.
  if (log != nullptr) {
    log->warn("the note on the newest log is damaged and is ignored", {{"file", witness}});
  }
  return std::optional<NewestLog>{};
}

Result<std::unique_ptr<File>> write_newest_log(FileSystem& files, const std::string& directory,
                                               const std::string& name, uint64_t end) {
  const std::string unfinished =
      join(directory, std::string(kUnfinishedPrefix) + std::string(kNewestLogFile));
  auto file = files.open(unfinished, FileSystem::Mode::kCreate);
  if (!file) return file.error();
  if (auto written = (*file)->write_at(0, with_durable_end(name, end)); !written)
    return written.error();
  if (auto synced = (*file)->sync(); !synced) return synced.error();
  if (auto renamed = files.rename(unfinished, join(directory, kNewestLogFile)); !renamed)
    return renamed.error();
  if (auto synced = files.sync_directory(directory); !synced) return synced.error();
  return file;
}

Status note_durable(File& newest_log, const std::string& name, uint64_t end) {
  return newest_log.write_at(name.size() + 1,
                             Bytes(with_durable_end(name, end)).substr(name.size() + 1));
}

Status remove_newest_log(FileSystem& files, const std::string& directory) {
  const std::string witness = join(directory, kNewestLogFile);
  if (!files.exists(witness)) return Unit{};
  if (auto removed = files.remove(witness); !removed) return removed;
  return files.sync_directory(directory);
}

Status check_newest_log(FileSystem& files, const std::string& directory, const Listing& listing,
                        Logger* log) {
  auto known = read_newest_log(files, directory, log);
  if (!known) return known.error();
  if (!*known) return Unit{};
  const LogName& newest = (*known)->log;
  if (!listing.logs.empty() && listing.logs.back().first > newest.first) return Unit{};

  const std::string path = join(directory, newest.name);
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
                                   ", although it was the newest log (by " +
                                   join(directory, kNewestLogFile) +
                                   "). Acknowledged transactions would be lost, so nothing is "
                                   "served. Restore it from a backup; or, in an "
                                   "ensemble, move this server's version-2 directories away so "
                                   "that it copies the leader's data; or, to go "
                                   "on without it, remove both files"};
}

}  // namespace zookernel::file_storage
