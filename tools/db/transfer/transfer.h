// From a data directory to an archive or to another directory, and back, without holding any of it
// in memory.
#pragma once

#include <memory>
#include <string>

#include "tools/db/database.h"
#include "tools/db/transfer/carry.h"

namespace zookernel::db_tool {

// What a server would serve of a directory: the newest snapshot that is whole, the transactions
// behind it, and the epochs. The directory is locked meanwhile (kExists when a server uses it).
// Without any snapshot: kNotFound.
Result<std::unique_ptr<Origin>> open_directory(FileSystem& files, const Places& places);
Result<std::unique_ptr<Origin>> open_archive(FileSystem& files, const std::string& path);
// HOST:PORT of the client port of a running server, which has to allow it (the word "snap").
Result<std::unique_ptr<Origin>> open_server(const std::string& address);

// Durable under its name when it is finished; kExists when there is such a file.
Result<std::unique_ptr<Receiver>> make_archive(FileSystem& files, const std::string& path);

struct NewDirectory {
  StorageKind kind = StorageKind::kFile;
  std::string data_dir, log_dir;  // log_dir: empty where logs are in the data directory
};
// Refused where there is data already (kExists), or where a server runs. What is unfinished is in a
// directory of its own beside the names that a server reads, and an attempt that was interrupted is
// cleared away by the next one.
Result<std::unique_ptr<Receiver>> make_directory(FileSystem& files, const NewDirectory& wanted);

// The three together, as the commands use them.
Result<Transferred> export_archive(FileSystem& files, const Places& places,
                                   const std::string& archive);
Result<Transferred> import_archive(FileSystem& files, const std::string& archive,
                                   const NewDirectory& to);
Result<Transferred> back_up_to_archive(FileSystem& files, const std::string& address,
                                       const std::string& archive);
Result<Transferred> back_up_to_directory(FileSystem& files, const std::string& address,
                                         const NewDirectory& to);
Result<Transferred> copy_directory(FileSystem& files, const Places& places, const NewDirectory& to);

}  // namespace zookernel::db_tool
