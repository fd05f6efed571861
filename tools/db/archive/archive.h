// From a data directory to an archive and back, without holding either in memory.
#pragma once

#include <string>

#include "tools/db/database.h"

namespace zookernel::db_tool {

struct Transferred {
  uint64_t znodes = 0, sessions = 0, transactions = 0;
  Zxid last;
};

// Writes what a server would serve: the newest snapshot that is whole, and the transactions behind
// it. A directory that a server would refuse is refused before anything is written (repair it
// first).
Result<Transferred> export_archive(FileSystem& files, const Places& places,
                                   const std::string& archive);

// Makes version-2 in `data_dir` (and in `log_dir`, empty: the same) from an archive. Refused where
// there is a snapshot or a log already. The directory is complete when the snapshot has its name,
// which comes last: what an import that was interrupted leaves is not served by any server, and has
// to be removed.
Result<Transferred> import_archive(FileSystem& files, const std::string& archive,
                                   const std::string& data_dir, const std::string& log_dir);

}  // namespace zookernel::db_tool
