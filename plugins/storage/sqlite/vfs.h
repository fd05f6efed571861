// SQLite's way to files, over the SDK's FileSystem: the same code runs on the real disk and on one
// that crashes in tests.
//
// Locks and the shared memory of the write-ahead log are those of SQLite's own "unix" VFS, byte for
// byte, so that `sqlite3 data.db` reads, and backs up, a database that a server has open:
//
//   database   pending byte 2^30, reserved byte behind it, 510 shared bytes behind that
//   -shm       locks at bytes 120 to 127, the "dead man's switch" at 128: who gets it exclusively
//   is the first, and begins the memory anew
//
// A write or sync that fails is never followed by another: from then on every change fails with the
// first error. Only a full disk is not final here, since SQLite takes back what did not fit.
#pragma once

#include <sqlite3.h>

#include <mutex>
#include <optional>
#include <string>

#include "zookernel/file_system.h"

namespace zookernel::sqlite_storage {

// [any] Registered with SQLite while it lives; all connections that use it must be closed before.
class Vfs {
 public:
  explicit Vfs(FileSystem& files);
  ~Vfs();
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  [[nodiscard]] const char* name() const { return name_.c_str(); }
  [[nodiscard]] FileSystem& files() { return files_; }

  // The newest error of the file system: what stands behind SQLite's "disk I/O error".
  [[nodiscard]] std::optional<Error> last_error();
  void note(const Error& error);
  // The failure after which nothing is written any more.
  [[nodiscard]] std::optional<Error> final_error();
  void make_final(const Error& error);

 private:
  FileSystem& files_;
  std::string name_;
  sqlite3_vfs vfs_{};
  std::mutex mutex_;  // guards the two below
  std::optional<Error> last_, final_;
};

}  // namespace zookernel::sqlite_storage
