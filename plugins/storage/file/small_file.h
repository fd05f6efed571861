// Whole small files: epochs and names.
#pragma once

#include <string>

#include "zookernel/bytes.h"
#include "zookernel/file_system.h"

namespace zookernel::file_storage {

inline constexpr uint64_t kSmallFileBytesMax = 4096;

// The content; an error when it is longer than kSmallFileBytesMax.
Result<std::string> read_small_file(FileSystem& files, const std::string& path);

// "sum " and eight hex digits: CRC-32 of `name`, '=' and `value`. It stands behind the value of a
// file of ours, where a flipped bit would otherwise make another good value; the name keeps files
// from being taken for each other.
[[nodiscard]] std::string sum_of(Bytes name, Bytes value);

// Replaces directory/name by `content` in one step: written as `unfinished`, synced, renamed, the
// directory synced.
Status replace_small_file(FileSystem& files, const std::string& directory, const std::string& name,
                          const std::string& unfinished, Bytes content);

}  // namespace zookernel::file_storage
