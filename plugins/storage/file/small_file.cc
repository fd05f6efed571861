#include "plugins/storage/file/small_file.h"

#include <libdeflate.h>

#include <cstdio>

#include "plugins/storage/file/layout.h"

namespace zookernel::file_storage {

Result<std::string> read_small_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  if (*size > kSmallFileBytesMax) {
    return Error{Errc::kCorrupt, "read " + path + ": it has " + std::to_string(*size) +
                                     " bytes, a short line is expected"};
  }
  std::string content(static_cast<size_t>(*size), '\0');
  auto got = (*file)->read_at(0, content.data(), content.size());
  if (!got) return got.error();
  content.resize(*got);
  return content;
}

std::string sum_of(Bytes name, Bytes value) {
  const std::string text = std::string(name) + '=' + std::string(value);
  char sum[16];
  std::snprintf(sum, sizeof sum, "sum %08x",
                static_cast<unsigned>(libdeflate_crc32(0, text.data(), text.size())));
  return sum;
}

Status replace_small_file(FileSystem& files, const std::string& directory, const std::string& name,
                          const std::string& unfinished, Bytes content) {
  const std::string from = join(directory, unfinished);
  {
    auto file = files.open(from, FileSystem::Mode::kCreate);
    if (!file) return file.error();
    if (auto written = (*file)->write_at(0, content); !written) return written;
    if (auto synced = (*file)->sync(); !synced) return synced;
  }
  if (auto renamed = files.rename(from, join(directory, name)); !renamed) return renamed;
  return files.sync_directory(directory);
}

}  // namespace zookernel::file_storage
