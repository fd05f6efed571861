// What is known about the newest log beside the log itself, in `.newest-log`: its name, and up to
// which byte it is durable.
//
//   file := name '\n' 16 hex digits: durable end, ' ', 8 hex digits: CRC-32 of what precedes
//
// The name: a log that was emptied or removed looks like one that never was: Java deletes an empty
// newest log and serves what is left. The durable end tells an unfinished write (at or behind it)
// from damage to what was acknowledged (before it); it is written after every sync of the log. Here
// and not in the log, because there each sync would have a second place to write.
//
// The note itself is synced when a log is begun. Nothing waits until a later durable end is on the
// disk: it is a second witness. A process that is killed leaves it exact; after a power failure it
// may be some seconds old, and then vouches for less than it could. A note that does not check out
// says nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/log.h"

namespace zookernel::file_storage {

inline constexpr std::string_view kNewestLogFile = ".newest-log";

struct NewestLog {
  LogName log;
  uint64_t durable_end = 0;
};

// Empty when there is no such file, or a damaged one: `log` hears of it.
Result<std::optional<NewestLog>> read_newest_log(FileSystem& files, const std::string& directory,
                                                 Logger* log = nullptr);

// Replaces the file in one step, durably: everything before `end` of the log called `name` is
// durable. Answers the file, for note_durable().
Result<std::unique_ptr<File>> write_newest_log(FileSystem& files, const std::string& directory,
                                               const std::string& name, uint64_t end);
// The same with a later `end`, without waiting for the disk.
Status note_durable(File& newest_log, const std::string& name, uint64_t end);

// Forgets it, durably: before the log is cut or removed on purpose.
Status remove_newest_log(FileSystem& files, const std::string& directory);

// Fails when the log that was the newest is gone or has lost its header, and no later one exists (a
// Java server may have gone on and purged it). `log` hears of a damaged note.
Status check_newest_log(FileSystem& files, const std::string& directory, const Listing& listing,
                        Logger* log = nullptr);

}  // namespace zookernel::file_storage
