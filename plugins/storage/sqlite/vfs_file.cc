#include "plugins/storage/sqlite/vfs_file.h"

#include <atomic>
#include <cstring>
#include <vector>

namespace zookernel::sqlite_storage {
namespace {

constexpr uint64_t kPendingByte = 0x40000000;
constexpr uint64_t kReservedByte = kPendingByte + 1;
constexpr uint64_t kSharedFirst = kPendingByte + 2;
constexpr uint64_t kSharedCount = 510;
constexpr uint64_t kMemoryLocks = 120;  // of the -shm file
constexpr uint64_t kDeadMansSwitch = 128;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

struct VfsFile::State {
  Vfs& vfs;
  std::string path;
  std::unique_ptr<File> file;
  bool name_is_new = false;  // and not durable
  int level = SQLITE_LOCK_NONE;
  std::unique_ptr<File> memory_file = {};  // -shm
  std::vector<char*> memory = {};          // its regions

  [[nodiscard]] std::string memory_path() const { return path + "-shm"; }

  // After a failure of a change. A full disk is no reason to stop: see vfs.h.
  int failed(const Error& error, int code) {
    if (error.code == Errc::kFull) {
      vfs.note(error);
      return SQLITE_FULL;
    }
    vfs.make_final(error);
    return code;
  }
  int noted(const Error& error, int code) {
    vfs.note(error);
    return code;
  }
};

namespace {

VfsFile::State& of(sqlite3_file* file) {
  return *reinterpret_cast<VfsFile*>(file)->state;
}

int close(sqlite3_file* file) {
  auto* self = reinterpret_cast<VfsFile*>(file);
  delete self->state;
  self->state = nullptr;
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  VfsFile::State& self = of(file);
  auto got = self.file->read_at(static_cast<uint64_t>(offset), static_cast<char*>(to),
                                static_cast<size_t>(count));
  if (!got) return self.noted(got.error(), SQLITE_IOERR_READ);
  if (*got == static_cast<size_t>(count)) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + *got, 0, static_cast<size_t>(count) - *got);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  VfsFile::State& self = of(file);
  if (self.vfs.final_error()) return SQLITE_IOERR_WRITE;
  auto done = self.file->write_at(static_cast<uint64_t>(offset),
                                  {static_cast<const char*>(from), static_cast<size_t>(count)});
  return done ? SQLITE_OK : self.failed(done.error(), SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  VfsFile::State& self = of(file);
  if (self.vfs.final_error()) return SQLITE_IOERR_TRUNCATE;
  auto done = self.file->resize(static_cast<uint64_t>(size));
  return done ? SQLITE_OK : self.failed(done.error(), SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* file, int) {
  VfsFile::State& self = of(file);
  if (self.vfs.final_error()) return SQLITE_IOERR_FSYNC;
  auto done = self.file->sync();
  if (done && self.name_is_new) done = self.vfs.files().sync_directory(parent_of(self.path));
  if (!done) {
    self.vfs.make_final(done.error());  // Whatever the reason: what is on the disk is unknown.
    return SQLITE_IOERR_FSYNC;
  }
  self.name_is_new = false;
  return SQLITE_OK;
}

int size(sqlite3_file* file, sqlite3_int64* to) {
  VfsFile::State& self = of(file);
  auto bytes = self.file->size();
  if (!bytes) return self.noted(bytes.error(), SQLITE_IOERR_FSTAT);
  *to = static_cast<sqlite3_int64>(*bytes);
  return SQLITE_OK;
}

// SQLITE_BUSY when somebody is in the way.
int change_lock(VfsFile::State& self, File& file, uint64_t offset, uint64_t count,
                File::Lock kind) {
  auto got = file.lock(offset, count, kind);
  if (!got) return self.noted(got.error(), SQLITE_IOERR_LOCK);
  return *got ? SQLITE_OK : SQLITE_BUSY;
}

int lock_shared(VfsFile::State& self) {
  if (int code = change_lock(self, *self.file, kPendingByte, 1, File::Lock::kShared); code != 0)
    return code;
  const int code = change_lock(self, *self.file, kSharedFirst, kSharedCount, File::Lock::kShared);
  const int released = change_lock(self, *self.file, kPendingByte, 1, File::Lock::kNone);
  return code != SQLITE_OK ? code : released;
}

int lock(sqlite3_file* file, int level) {
  VfsFile::State& self = of(file);
  if (self.level >= level) return SQLITE_OK;
  int code = SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    code = lock_shared(self);
  } else if (level == SQLITE_LOCK_RESERVED) {
    code = change_lock(self, *self.file, kReservedByte, 1, File::Lock::kExclusive);
  } else {
    if (self.level < SQLITE_LOCK_PENDING) {
      code = change_lock(self, *self.file, kPendingByte, 1, File::Lock::kExclusive);
      if (code == SQLITE_OK) self.level = SQLITE_LOCK_PENDING;
    }
    if (code == SQLITE_OK)
      code = change_lock(self, *self.file, kSharedFirst, kSharedCount, File::Lock::kExclusive);
  }
  if (code == SQLITE_OK) self.level = level;
  return code;
}

int unlock(sqlite3_file* file, int level) {
  VfsFile::State& self = of(file);
  if (self.level <= level) return SQLITE_OK;
  int code = SQLITE_OK;
  if (self.level > SQLITE_LOCK_SHARED) {
    if (level == SQLITE_LOCK_SHARED && self.level == SQLITE_LOCK_EXCLUSIVE)
      code = change_lock(self, *self.file, kSharedFirst, kSharedCount, File::Lock::kShared);
    const int released = change_lock(self, *self.file, kPendingByte, 2, File::Lock::kNone);
    if (code == SQLITE_OK) code = released;
  }
  if (level == SQLITE_LOCK_NONE) {
    const int released =
        change_lock(self, *self.file, kSharedFirst, kSharedCount, File::Lock::kNone);
    if (code == SQLITE_OK) code = released;
  }
  self.level = level;
  return code;
}

int check_reserved(sqlite3_file* file, int* reserved) {
  VfsFile::State& self = of(file);
  *reserved = 1;
  if (self.level > SQLITE_LOCK_SHARED) return SQLITE_OK;
  const int code = change_lock(self, *self.file, kReservedByte, 1, File::Lock::kExclusive);
  if (code == SQLITE_BUSY) return SQLITE_OK;
  if (code != SQLITE_OK) return code;
  *reserved = 0;
  return change_lock(self, *self.file, kReservedByte, 1, File::Lock::kNone);
}

int control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return 4096;
}
int characteristics(sqlite3_file*) {
  // A write that is interrupted changes no byte beside it: so it is with the disks of today, and
  // SQLite assumes it by itself.
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int open_memory(VfsFile::State& self) {
  const std::string path = self.memory_path();
  FileSystem& files = self.vfs.files();
  auto opened = files.open(
      path, files.exists(path) ? FileSystem::Mode::kReadWrite : FileSystem::Mode::kCreate);
  if (!opened) return self.noted(opened.error(), SQLITE_CANTOPEN);
  std::unique_ptr<File> file = *std::move(opened);
  const int first = change_lock(self, *file, kDeadMansSwitch, 1, File::Lock::kExclusive);
  if (first == SQLITE_OK) {
    if (auto emptied = file->resize(0); !emptied)
      return self.noted(emptied.error(), SQLITE_IOERR_SHMOPEN);
  } else if (first != SQLITE_BUSY) {
    return first;
  }
  const int code = change_lock(self, *file, kDeadMansSwitch, 1, File::Lock::kShared);
  if (code == SQLITE_OK) self.memory_file = std::move(file);
  return code;
}

int map_memory(sqlite3_file* file, int region, int region_size, int extend, void volatile** to) {
  VfsFile::State& self = of(file);
  *to = nullptr;
  if (!self.memory_file) {
    if (const int code = open_memory(self); code != SQLITE_OK) return code;
  }
  const auto index = static_cast<size_t>(region);
  const auto bytes = static_cast<size_t>(region_size);
  if (index >= self.memory.size()) {
    const uint64_t needed = (index + 1) * bytes;
    auto there = self.memory_file->size();
    if (!there) return self.noted(there.error(), SQLITE_IOERR_SHMSIZE);
    if (*there < needed) {
      if (extend == 0) return SQLITE_OK;
      if (auto grown = self.memory_file->resize(needed); !grown)
        return self.noted(grown.error(), SQLITE_IOERR_SHMSIZE);
    }
    while (self.memory.size() <= index) {
      auto mapped = self.memory_file->map(self.memory.size() * bytes, bytes);
      if (!mapped) return self.noted(mapped.error(), SQLITE_IOERR_SHMMAP);
      self.memory.push_back(*mapped);
    }
  }
  *to = self.memory[index];
  return SQLITE_OK;
}

int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
  VfsFile::State& self = of(file);
  if (!self.memory_file) return SQLITE_IOERR_SHMLOCK;
  const auto kind = (flags & SQLITE_SHM_UNLOCK) != 0   ? File::Lock::kNone
                    : (flags & SQLITE_SHM_SHARED) != 0 ? File::Lock::kShared
                                                       : File::Lock::kExclusive;
  return change_lock(self, *self.memory_file, kMemoryLocks + static_cast<uint64_t>(offset),
                     static_cast<uint64_t>(count), kind);
}

void memory_barrier(sqlite3_file*) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

int unmap_memory(sqlite3_file* file, int remove) {
  VfsFile::State& self = of(file);
  self.memory.clear();
  self.memory_file.reset();
  if (remove != 0 && self.vfs.files().exists(self.memory_path())) {
    if (auto removed = self.vfs.files().remove(self.memory_path()); !removed)
      self.vfs.note(removed.error());
  }
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {2,
                                         close,
                                         read,
                                         write,
                                         truncate,
                                         sync,
                                         size,
                                         lock,
                                         unlock,
                                         check_reserved,
                                         control,
                                         sector_size,
                                         characteristics,
                                         map_memory,
                                         lock_memory,
                                         memory_barrier,
                                         unmap_memory,
                                         nullptr,
                                         nullptr};

}  // namespace

int VfsFile::open(Vfs& vfs, const char* path, int flags, VfsFile& file) {
  file.base.pMethods = nullptr;
  if (path == nullptr) {
    vfs.note({Errc::kUnsupported, "SQLite asked for a temporary file"});
    return SQLITE_CANTOPEN;
  }
  FileSystem& files = vfs.files();
  const bool there = files.exists(path);
  if (!there && (flags & SQLITE_OPEN_CREATE) == 0) {
    vfs.note({Errc::kNotFound, std::string("open ") + path + ": no such file"});
    return SQLITE_CANTOPEN;
  }
  const auto mode = !there                                 ? FileSystem::Mode::kCreate
                    : (flags & SQLITE_OPEN_READWRITE) != 0 ? FileSystem::Mode::kReadWrite
                                                           : FileSystem::Mode::kRead;
  auto opened = files.open(path, mode);
  if (!opened) {
    vfs.note(opened.error());
    return SQLITE_CANTOPEN;
  }
  file.state = new State{vfs, path, *std::move(opened)};
  file.state->name_is_new = !there;
  file.base.pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace zookernel::sqlite_storage
