// Names of files in a data directory, and what they mean (Apache's directory layout).
//
//   <dataLogDir>/version-2/log.<hex>                      transactions, named by the zxid of the
//   first <dataDir>/version-2/snapshot.<hex>[.gz|.snappy]       the tree, named by the zxid at
//   which writing it began <dataDir>/version-2/{acceptedEpoch,currentEpoch}      epochs of a quorum
//   server
//   .../.tmp-<name>                                       ours, unfinished: no ZooKeeper takes it
//   for a log or a snapshot <dataLogDir>/version-2/.newest-log                    ours: the name of
//   the newest log, see newest_log.h
//
// Hex digits are lower case without padding. Java also reads names with further parts
// ("log.5a.bak") and other spellings of the number; such copies are left over by people, so they
// are reported and not read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/file_system.h"
#include "zookernel/ids.h"

namespace zookernel::file_storage {

inline constexpr std::string_view kVersionFolder = "version-2";
inline constexpr std::string_view kUnfinishedPrefix = ".tmp-";

enum class Compression { kNone, kGzip, kSnappy };

struct LogName {
  Zxid first;
  std::string name;
};

struct SnapshotName {
  Zxid zxid;
  Compression compression = Compression::kNone;
  std::string name;
};

// What one directory holds, ascending by zxid (snapshots of one zxid: plain, gz, snappy).
struct Listing {
  std::vector<LogName> logs;
  std::vector<SnapshotName> snapshots;
  // Names that Java would read as a log or a snapshot and we do not, and Java's own *.tmp among
  // them.
  std::vector<std::string> lookalikes;
  // Unfinished files of ours and of Java's, to be removed when recovery is complete.
  std::vector<std::string> leftovers;
};

[[nodiscard]] std::string log_name(Zxid first);
[[nodiscard]] std::string snapshot_name(Zxid zxid, Compression compression);
[[nodiscard]] std::string join(std::string_view directory, std::string_view name);

// The parsed name, or empty when it is not exactly what log_name or snapshot_name would write.
[[nodiscard]] std::optional<LogName> parse_log_name(std::string_view name);
[[nodiscard]] std::optional<SnapshotName> parse_snapshot_name(std::string_view name);

[[nodiscard]] Result<Listing> list_directory(FileSystem& files, const std::string& directory);

}  // namespace zookernel::file_storage
