// A witness beside the database: up to which transaction it has been durable. A damaged or missing
// write-ahead log looks to SQLite like one that ends early, and what it held would be gone in
// silence.
//
//   data.db-mark := "ZKMARK1\n" | long zxid | long crc32(zxid)      24 bytes, in one sector
//
// Written after each commit and not synced by itself, so it is never ahead of the database; after a
// power failure it may be behind.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "zookernel/file_system.h"
#include "zookernel/ids.h"

namespace zookernel::sqlite_storage {

class Mark {
 public:
  // Empty when there is none, or none that is whole.
  static Result<std::optional<Zxid>> read(FileSystem& files, const std::string& path);

  // [startup] Opens or makes it.
  Status open(FileSystem& files, const std::string& path);
  // [log]
  Status write(Zxid zxid);
  Status sync();

 private:
  std::unique_ptr<File> file_;
};

}  // namespace zookernel::sqlite_storage
