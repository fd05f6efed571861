// acceptedEpoch and currentEpoch: decimal text, one line, beside the snapshots. Written as
// <name>.tmp, synced, renamed, the directory synced.
//
//   file := number | '+' number newline "sum " 8 hex digits newline
//
// Java reads the first line only, with or without a sign, and writes the first form. Ours has a
// sum, as a flipped bit makes another good number of a number, and a member with a wrong epoch
// breaks promises to others. The sign says that there must be one, however much of the file is cut
// off.
#pragma once

#include <optional>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

// What the files say; absent files are absent epochs, unreadable numbers are errors that name the
// file.
//
// `newest_epoch` is the epoch of the newest complete snapshot or log, by name. A server that was
// killed between making a snapshot or log of a new epoch and writing currentEpoch leaves a current
// epoch that is too low. It is corrected, as no history is doubted by that, when
//   - currentEpoch.tmp holds exactly the newest epoch (Java), or
//   - the empty marker updatingEpoch of 3.4 is there, or
//   - a snapshot is of that epoch and acceptedEpoch is not lower.
struct NewestEpochs {
  std::optional<int64_t> snapshot, any;
};
Result<Epochs> read_epochs(FileSystem& files, const std::string& directory,
                           const NewestEpochs& newest);

// What the file `name` (acceptedEpoch or currentEpoch) says by itself; nothing: there is none.
Result<std::optional<int64_t>> read_epoch(FileSystem& files, const std::string& directory,
                                          const std::string& name);

// Writes those that are given and differ from `known`, the accepted one first: it may never be the
// lower one.
Status write_epochs(FileSystem& files, const std::string& directory, const Epochs& epochs,
                    const Epochs& known);

}  // namespace zookernel::file_storage
