// The plugin's keys of zoo.cfg and what they mean.
#pragma once

#include <cstdint>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/log.h"
#include "zookernel/plugin.h"

namespace zookernel::file_storage {

inline constexpr ZookernelOption kOptions[] = {
    {"dataDir", "", "Directory of snapshots, epochs and myid; required"},
    {"dataLogDir", "",
     "Directory of transaction logs; default: dataDir. A disk of its own makes writes faster"},
    {"preAllocSize", "65536",
     "KiB by which a transaction log is made longer in advance; 0: not at all"},
    {"forceSync", "yes",
     "no: acknowledge writes before they are on the disk (a power failure then loses acknowledged "
     "writes)"},
    {"txnLogSizeLimitInKb", "-1",
     "KiB after which another transaction log is begun; -1: only at snapshots"},
    {"fsync.warningthresholdms", "1000",
     "Warn when syncing the transaction log takes longer than this, in ms"},
    {"snapshot.compression.method", "",
     "Compression of new snapshots: gz, snappy, or empty for none"},
    {"datadir.autocreate", "true", "Make missing data directories at start"},
};

struct FileOptions {
  std::string snapshot_directory;      // with version-2
  std::string log_directory;           // with version-2
  std::string data_dir, data_log_dir;  // as the operator wrote them
  uint64_t preallocated_bytes = 0;
  bool sync = true;
  uint64_t roll_bytes = 0;
  int64_t slow_sync_ms = 0;
  Compression compression = Compression::kNone;
  bool make_directories = true;

  [[nodiscard]] bool one_directory() const { return log_directory == snapshot_directory; }
};

// Reads and checks; errors name key and value. Where Java only warns and keeps its default, so do
// we.
Result<FileOptions> read_options(const Settings& settings, Logger& log);

}  // namespace zookernel::file_storage
