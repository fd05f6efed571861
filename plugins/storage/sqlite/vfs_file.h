// One open file of SQLite's: see vfs.h.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "plugins/storage/sqlite/vfs.h"

namespace zookernel::sqlite_storage {

// What SQLite holds a pointer to; it allocates the bytes and knows only the base.
struct VfsFile {
  sqlite3_file base;
  struct State;
  State* state;  // owned, from open to close

  // SQLITE_OK, or the code of the failure; `file` is to be zeroed memory.
  static int open(Vfs& vfs, const char* path, int flags, VfsFile& file);
};

}  // namespace zookernel::sqlite_storage
