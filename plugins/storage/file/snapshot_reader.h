// Reads snapshot files: plain, gzip, or snappy in xerial's frames.
//
//   xerial := 82 "SNAPPY" 00 | int version 1 | int compatible 1 | chunk*
//   chunk  := int compressed length | raw snappy block
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

inline constexpr std::string_view kXerialMagic{"\x82SNAPPY\0", 8};
// Java's writer makes chunks of 32 KiB; others may be configured. Beyond this a length is damage.
inline constexpr size_t kXerialChunkBytesMax = 32 << 20;

// Streams the uncompressed bytes. Damage of the compression is an error that names file and byte;
// seals are the caller's.
Result<std::unique_ptr<SnapshotReader>> open_snapshot(FileSystem& files, const std::string& path,
                                                      Compression compression);

// Does the file look complete? Plain: at least 10 bytes, the last five those of a seal. Compressed:
// the first bytes.
Result<bool> looks_complete(FileSystem& files, const std::string& path, Compression compression);

// The last transaction that may be in a complete snapshot: a snapshot is written while transactions
// go on, and newer servers write down how far it came. Empty when the file does not tell (3.5 and
// older).
Result<std::optional<Zxid>> last_zxid_inside(FileSystem& files, const std::string& path,
                                             Compression compression);

}  // namespace zookernel::file_storage
