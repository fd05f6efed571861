#include "plugins/storage/sqlite/mark.h"

#include <libdeflate.h>

#include <cstring>

#include "zookernel/assert.h"
#include "zookernel/bytes.h"

namespace zookernel::sqlite_storage {
namespace {

constexpr Bytes kMagic = "ZKMARK1\n";
constexpr size_t kMarkBytes = 24;
static_assert(kMagic.size() == 8);

}  // namespace

Result<std::optional<Zxid>> Mark::read(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return std::optional<Zxid>{};
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  char text[kMarkBytes];
  auto got = (*file)->read_at(0, text, sizeof text);
  if (!got) return got.error();
  // One that was lost on its way to the disk says nothing.
  if (*got != sizeof text || Bytes(text, 8) != kMagic ||
      load_be64(text + 16) != libdeflate_crc32(0, text + 8, 8)) {
    return std::optional<Zxid>{};
  }
  return std::optional<Zxid>(Zxid{static_cast<int64_t>(load_be64(text + 8))});
}

Status Mark::open(FileSystem& files, const std::string& path) {
  auto file = files.open(
      path, files.exists(path) ? FileSystem::Mode::kReadWrite : FileSystem::Mode::kCreate);
  if (!file) return file.error();
  file_ = *std::move(file);
  return Unit{};
}

Status Mark::write(Zxid zxid) {
  ZOOKERNEL_ASSERT(file_ != nullptr);
  char text[kMarkBytes];
  std::memcpy(text, kMagic.data(), kMagic.size());
  store_be64(text + 8, static_cast<uint64_t>(zxid.value));
  store_be64(text + 16, libdeflate_crc32(0, text + 8, 8));
  return file_->write_at(0, {text, sizeof text});
}

Status Mark::sync() {
  ZOOKERNEL_ASSERT(file_ != nullptr);
  return file_->sync();
}

}  // namespace zookernel::sqlite_storage
