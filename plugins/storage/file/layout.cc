#include "plugins/storage/file/layout.h"

#include <algorithm>
#include <charconv>

namespace zookernel::file_storage {
namespace {

constexpr std::string_view kLogPrefix = "log.";
constexpr std::string_view kSnapshotPrefix = "snapshot.";

std::string hex_digits(Zxid zxid) {
  char text[16];
  const auto [end, problem] =
      std::to_chars(text, text + sizeof text, static_cast<uint64_t>(zxid.value), 16);
  return {text, static_cast<size_t>(end - text)};
}

std::optional<Zxid> parse_zxid(std::string_view digits) {
  int64_t value = 0;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (problem != std::errc{} || end != digits.data() + digits.size() || value < 0) return {};
  return Zxid{value};
}

std::string_view suffix_of(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "";
    case Compression::kGzip:
      return ".gz";
    case Compression::kSnappy:
      return ".snappy";
  }
  return "";
}

bool is_leftover(std::string_view name) {
  if (name.starts_with(kUnfinishedPrefix)) return true;
  if (name == "acceptedEpoch.tmp" || name == "currentEpoch.tmp") return true;
  if (!name.ends_with(".tmp")) return false;
  return parse_snapshot_name(name.substr(0, name.size() - 4)).has_value();
}

}  // namespace

std::string log_name(Zxid first) {
  return std::string(kLogPrefix) + hex_digits(first);
}

std::string snapshot_name(Zxid zxid, Compression compression) {
  return std::string(kSnapshotPrefix) + hex_digits(zxid) + std::string(suffix_of(compression));
}

std::string join(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::optional<LogName> parse_log_name(std::string_view name) {
  if (!name.starts_with(kLogPrefix)) return {};
  const auto zxid = parse_zxid(name.substr(kLogPrefix.size()));
  if (!zxid || log_name(*zxid) != name) return {};
  return LogName{*zxid, std::string(name)};
}

std::optional<SnapshotName> parse_snapshot_name(std::string_view name) {
  if (!name.starts_with(kSnapshotPrefix)) return {};
  std::string_view digits = name.substr(kSnapshotPrefix.size());
  auto compression = Compression::kNone;
  for (const auto candidate : {Compression::kGzip, Compression::kSnappy}) {
    if (!digits.ends_with(suffix_of(candidate))) continue;
    compression = candidate;
    digits.remove_suffix(suffix_of(candidate).size());
    break;
  }
  const auto zxid = parse_zxid(digits);
  if (!zxid || snapshot_name(*zxid, compression) != name) return {};
  return SnapshotName{*zxid, compression, std::string(name)};
}

Result<Listing> list_directory(FileSystem& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names) return names.error();
  Listing listing;
  for (const std::string& name : *names) {
    if (auto log = parse_log_name(name)) {
      listing.logs.push_back(std::move(*log));
    } else if (auto snapshot = parse_snapshot_name(name)) {
      listing.snapshots.push_back(std::move(*snapshot));
    } else if (is_leftover(name)) {
      listing.leftovers.push_back(name);
    } else if (name.starts_with(kLogPrefix) || name.starts_with(kSnapshotPrefix)) {
      listing.lookalikes.push_back(name);
    }
  }
  std::sort(listing.logs.begin(), listing.logs.end(),
            [](const LogName& a, const LogName& b) { return a.first < b.first; });
  std::sort(listing.snapshots.begin(), listing.snapshots.end(),
            [](const SnapshotName& a, const SnapshotName& b) {
              return std::pair(a.zxid, a.compression) < std::pair(b.zxid, b.compression);
            });
  return listing;
}

}  // namespace zookernel::file_storage
