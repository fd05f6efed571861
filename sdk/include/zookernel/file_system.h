// Files, as storage plugins see them: the one way to the operating system, so that a disk that crashes, tears, fails and
// fills up can stand in for it. Calls block. Errors name the path and the reason. [any], one thread per File.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/result.h"

namespace zookernel {

// An open file. Closing happens in the destructor and syncs nothing.
class File {
 public:
  virtual ~File();
  // Reads up to `count` bytes at `offset`; fewer only at the end of the file, 0 at or after it.
  virtual Result<size_t> read_at(uint64_t offset, char* to, size_t count) = 0;
  // Writes all of `bytes` at `offset`, extending the file as needed.
  virtual Status write_at(uint64_t offset, Bytes bytes) = 0;
  // Durable on return: data and what is needed to read it back (fdatasync). After a failure the content is unknown.
  virtual Status sync() = 0;
  // Sets the length; new bytes read as zeros. Allocates no blocks.
  virtual Status resize(uint64_t size) = 0;
  virtual Result<uint64_t> size() = 0;
  // A hint: these synced bytes are not read again soon, so they need not be kept in memory. Parts of pages are kept.
  virtual void forget(uint64_t offset, uint64_t count);

  // For databases that several handles, and programs of others, share. Without an override: kUnsupported.
  enum class Lock { kNone, kShared, kExclusive };
  // Changes this handle's lock on `count` bytes from `offset` on. Never waits: false when another handle or process is in the way, and
  // nothing has changed then. Locks bind only those who ask, agree with fcntl's, and end with the handle.
  virtual Result<bool> lock(uint64_t offset, uint64_t count, Lock kind);
  // Memory that is the file's `count` bytes from `offset` on, the same for all who map them; it ends with the handle. The file is long
  // enough already; both numbers are multiples of 4096.
  virtual Result<char*> map(uint64_t offset, size_t count);
};

// Exclusive use of a directory; let go by the destructor and by the end of the process, however it ends.
class DirectoryLock {
 public:
  virtual ~DirectoryLock();
};

class FileSystem {
 public:
  enum class Mode {
    kRead,       // must exist
    kReadWrite,  // must exist
    kCreate,     // made empty, or emptied when it exists
  };

  virtual ~FileSystem();
  virtual Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  // Names (not paths) of the entries of a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  // Makes the directory and its missing parents; fine when it exists. Parents' entries are synced.
  virtual Status make_directories(const std::string& directory) = 0;
  // Makes created, renamed and removed names durable.
  virtual Status sync_directory(const std::string& directory) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
  // Fails with kExists when another process (or another lock of this one) holds it.
  virtual Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) = 0;
  // Bytes that an ordinary write may still use on the file system of `path`.
  virtual Result<uint64_t> free_space(const std::string& path) = 0;
};

}  // namespace zookernel
