#include "tools/db/file_kind.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "plugins/storage/file/log_format.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::db_tool {

using file_storage::Compression;

Compression compression_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::string suffix = name.substr(std::min(name.size(), name.rfind('.')));
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (suffix == ".gz") return Compression::kGzip;
  if (suffix == ".snappy") return Compression::kSnappy;
  return Compression::kNone;
}

std::string absolute_path(const std::string& path) {
  std::error_code unknown;
  const auto absolute = std::filesystem::absolute(path, unknown);
  return unknown ? path : absolute.string();
}

Result<FileKind> kind_of_file(FileSystem& files, const std::string& path) {
  if (files.list(path)) return FileKind::kDirectory;
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  if (compression_of(path) != Compression::kNone) return FileKind::kSnapshot;
  char magic[4] = {};
  auto got = (*file)->read_at(0, magic, sizeof magic);
  if (!got) return got.error();
  if (*got == sizeof magic && load_be32(magic) == file_storage::kLogMagic) return FileKind::kLog;
  if (*got == sizeof magic && load_be32(magic) == static_cast<uint32_t>(wire::kSnapshotMagic)) {
    return FileKind::kSnapshot;
  }
  // A log or snapshot that lost its beginning is still one to its owner, who wants to hear of the
  // damage.
  const std::string name = path.substr(path.rfind('/') + 1);
  if (file_storage::parse_log_name(name)) return FileKind::kLog;
  if (file_storage::parse_snapshot_name(name)) return FileKind::kSnapshot;
  return FileKind::kOther;
}

}  // namespace zookernel::db_tool
