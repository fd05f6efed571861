// The name of the newest log, kept beside the logs in `.newest-log`.
//
// A log that was emptied or removed looks like one that never was: Java deletes an empty newest log
// and serves what is left. The name is written whenever a log was made, without waiting for the
// disk: it is a second witness, nothing depends on it being there.
#pragma once

#include <string>

#include "plugins/storage/file/layout.h"

namespace zookernel::file_storage {

inline constexpr std::string_view kNewestLogFile = ".newest-log";

// Best effort, replaces the file in one step.
Status write_newest_log(FileSystem& files, const std::string& directory, const std::string& name);

// Fails when the log that was the newest is gone or has lost its header, and no later one exists (a
// Java server may have gone on and purged it).
Status check_newest_log(FileSystem& files, const std::string& directory, const Listing& listing);

}  // namespace zookernel::file_storage
