// The plugin's keys of zoo.cfg and what they mean.
#pragma once

#include <cstdint>
#include <string>

#include "zookernel/log.h"
#include "zookernel/plugin.h"

namespace zookernel::sqlite_storage {

inline constexpr ZookernelOption kOptions[] = {
    {"dataDir", "", "Directory of the database data.db and of myid; required"},
    {"dataLogDir", "", "Not used here: log and snapshots are one file. A warning when it is set"},
    {"forceSync", "yes",
     "no: acknowledge writes before they are on the disk (a power failure then loses acknowledged "
     "writes)"},
    {"fsync.warningthresholdms", "1000",
     "Warn when committing a group of transactions takes longer than this, in ms"},
    {"datadir.autocreate", "true", "Make a missing data directory at start"},
};

struct SqliteOptions {
  std::string data_dir;
  bool sync = true;
  int64_t slow_sync_ms = 0;
  bool make_directories = true;

  [[nodiscard]] std::string database() const { return data_dir + "/data.db"; }
  [[nodiscard]] std::string mark() const { return data_dir + "/data.db-mark"; }
};

// Reads and checks; errors name key and value.
Result<SqliteOptions> read_options(const Settings& settings, Logger& log);

}  // namespace zookernel::sqlite_storage
