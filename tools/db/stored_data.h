// The storage plugin of a directory, opened by this program instead of a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/db/database.h"
#include "tools/db/storage_host.h"
#include "zookernel/storage.h"

namespace zookernel::db_tool {

inline constexpr const char* kDatabaseFile = "data.db";

[[nodiscard]] const char* name_of(StorageKind kind);

// kExists names the directory when a server or another of these programs uses it.
Result<std::unique_ptr<DirectoryLock>> lock_against_servers(FileSystem& files,
                                                            const std::string& directory);

class StoredData {
 public:
  enum class Lock {
    kWhereNeeded,  // `file` may be looked at beside a server, a database may not
    kAlways,       // nobody may use the directory
  };
  // To read: nothing on the disk is changed. kExists when the directory is in use.
  static Result<std::unique_ptr<StoredData>> read(FileSystem& files, const Places& places,
                                                  Lock lock);
  // To write, from nothing: directories are made, and the log may begin anywhere.
  static Result<std::unique_ptr<StoredData>> make(FileSystem& files, const Places& places);
  ~StoredData();
  StoredData(const StoredData&) = delete;
  StoredData& operator=(const StoredData&) = delete;

  [[nodiscard]] Storage& storage() { return *storage_; }
  [[nodiscard]] const std::vector<std::string>& remarks() const { return host_.remarks(); }

 private:
  StoredData(FileSystem& files, const Places& places);
  Status lock(const Places& places);

  FileSystem& files_;
  StorageHost host_;
  StorageSettings settings_;
  std::vector<std::unique_ptr<DirectoryLock>> locks_;
  std::unique_ptr<Storage> storage_;
  bool started_ = false;
};

}  // namespace zookernel::db_tool
