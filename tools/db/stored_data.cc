#include "tools/db/stored_data.h"

#include "plugins/storage/file/file_storage.h"
#include "plugins/storage/file/options.h"
#include "plugins/storage/sqlite/options.h"
#include "plugins/storage/sqlite/sqlite_storage.h"

namespace zookernel::db_tool {
namespace {

StorageSettings settings_of(const Places& places) {
  if (places.kind == StorageKind::kSqlite) {
    return {sqlite_storage::kOptions, {{"dataDir", places.snapshots}}};
  }
  return {file_storage::kOptions,
          {{"dataDir", parent_of(places.snapshots)},
           {"dataLogDir", parent_of(places.logs)},
           {"preAllocSize", "0"}}};
}

}  // namespace

const char* name_of(StorageKind kind) {
  return kind == StorageKind::kSqlite ? "sqlite" : "file";
}

Result<std::unique_ptr<DirectoryLock>> lock_against_servers(FileSystem& files,
                                                            const std::string& directory) {
  auto lock = files.lock_directory(directory);
  if (lock || lock.error().code != Errc::kExists) return lock;
  return Error{Errc::kExists,
               "another server (or tool) uses " + directory + " (" + lock.error().message + ")"};
}

StoredData::StoredData(FileSystem& files, const Places& places)
    : files_(files), host_(files), settings_(settings_of(places)) {
  if (places.kind == StorageKind::kSqlite) {
    storage_ = std::make_unique<sqlite_storage::SqliteStorage>();
  } else {
    storage_ = std::make_unique<file_storage::FileStorage>();
  }
}

StoredData::~StoredData() {
  if (started_) storage_->stop();
}

Result<std::unique_ptr<StoredData>> StoredData::read(FileSystem& files, const Places& places,
                                                     Lock lock) {
  std::unique_ptr<StoredData> stored(new StoredData(files, places));
  if (Status configured = stored->storage_->configure(stored->settings_, stored->host_);
      !configured) {
    return configured.error();
  }
  if (places.kind == StorageKind::kFile) {
    // Without start() and recovered() the plugin only reads, and locks nothing.
    if (lock == Lock::kAlways) {
      if (Status locked = stored->lock(places); !locked) return locked.error();
    }
    return stored;
  }
  stored->started_ = true;
  if (Status started = stored->storage_->start(); !started) return started.error();
  return stored;
}

// Where no lock can be made (a file system that is mounted read-only, the directory of another
// user) there is none: reading changes nothing, and what is checked on the way does not need it.
Status StoredData::lock(const Places& places) {
  for (const std::string& directory : {places.snapshots, places.logs}) {
    if (!locks_.empty() && places.one()) break;
    auto lock = lock_against_servers(files_, directory);
    if (lock) {
      locks_.push_back(*std::move(lock));
    } else if (lock.error().code == Errc::kExists) {
      return lock.error();
    }
  }
  return Unit{};
}

Result<std::unique_ptr<StoredData>> StoredData::make(FileSystem& files, const Places& places) {
  std::unique_ptr<StoredData> stored(new StoredData(files, places));
  Storage& storage = *stored->storage_;
  if (Status configured = storage.configure(stored->settings_, stored->host_); !configured) {
    return configured.error();
  }
  stored->started_ = true;
  if (Status started = storage.start(); !started) return started.error();
  if (Status ready = storage.recovered(Zxid{}); !ready) return ready.error();
  return stored;
}

}  // namespace zookernel::db_tool
