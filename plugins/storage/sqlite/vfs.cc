#include "plugins/storage/sqlite/vfs.h"

#include <algorithm>
#include <cstring>

#include "plugins/storage/sqlite/vfs_file.h"
#include "zookernel/assert.h"

namespace zookernel::sqlite_storage {
namespace {

constexpr int kPathBytesMax = 4096;

Vfs& vfs_of(sqlite3_vfs* vfs) {
  return *static_cast<Vfs*>(vfs->pAppData);
}
// For what is no file: time and sleep.
sqlite3_vfs& system_vfs() {
  return *sqlite3_vfs_find(nullptr);
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  const int code = VfsFile::open(vfs_of(vfs), path, flags, *reinterpret_cast<VfsFile*>(file));
  if (code == SQLITE_OK && out_flags != nullptr) *out_flags = flags;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  Vfs& self = vfs_of(vfs);
  if (self.final_error()) return SQLITE_IOERR_DELETE;
  if (!self.files().exists(path)) return SQLITE_IOERR_DELETE_NOENT;
  Status done = self.files().remove(path);
  if (done && sync_directory != 0) done = self.files().sync_directory(parent_of(path));
  if (done) return SQLITE_OK;
  self.make_final(done.error());
  return SQLITE_IOERR_DELETE;
}

int access(sqlite3_vfs* vfs, const char* path, int, int* result) {
  *result = vfs_of(vfs).files().exists(path) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* to) {
  const size_t length = std::strlen(path);
  if (length + 1 > static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  std::copy_n(path, length + 1, to);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int count, char* to) {
  return system_vfs().xRandomness(&system_vfs(), count, to);
}
int sleep(sqlite3_vfs*, int microseconds) {
  return system_vfs().xSleep(&system_vfs(), microseconds);
}
int time(sqlite3_vfs*, double* to) {
  return system_vfs().xCurrentTime(&system_vfs(), to);
}
int time_ms(sqlite3_vfs*, sqlite3_int64* to) {
  return system_vfs().xCurrentTimeInt64(&system_vfs(), to);
}
int last_system_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

Vfs::Vfs(FileSystem& files) : files_(files) {
  // A name of its own: tests and tools have several at a time.
  name_ = "zookernel-" + std::to_string(reinterpret_cast<uintptr_t>(this));
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(VfsFile);
  vfs_.mxPathname = kPathBytesMax;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xAccess = access;
  vfs_.xFullPathname = full_path;
  vfs_.xRandomness = randomness;
  vfs_.xSleep = sleep;
  vfs_.xCurrentTime = time;
  vfs_.xGetLastError = last_system_error;
  vfs_.xCurrentTimeInt64 = time_ms;
  const int code = sqlite3_vfs_register(&vfs_, 0);
  ZOOKERNEL_ASSERT(code == SQLITE_OK);
}

Vfs::~Vfs() {
  sqlite3_vfs_unregister(&vfs_);
}

std::optional<Error> Vfs::last_error() {
  const std::lock_guard lock(mutex_);
  return last_;
}

void Vfs::note(const Error& error) {
  const std::lock_guard lock(mutex_);
  last_ = error;
}

std::optional<Error> Vfs::final_error() {
  const std::lock_guard lock(mutex_);
  return final_;
}

void Vfs::make_final(const Error& error) {
  const std::lock_guard lock(mutex_);
  last_ = error;
  if (!final_) final_ = error;
}

}  // namespace zookernel::sqlite_storage
