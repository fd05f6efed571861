#include "plugins/storage/file/options.h"

#include <algorithm>
#include <cctype>

namespace zookernel::file_storage {
namespace {

constexpr int64_t kKibMax = int64_t{1} << 40;
constexpr int64_t kPreallocatedKibDefault = 65536;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

Result<Compression> read_compression(std::string_view text) {
  const std::string method = lower(text);
  if (method.empty()) return Compression::kNone;
  if (method == "gz") return Compression::kGzip;
  if (method == "snappy") return Compression::kSnappy;
  return Error{Errc::kInvalid, "snapshot.compression.method=" + std::string(text) +
                                   ": gz, snappy or nothing is expected"};
}

}  // namespace

Result<FileOptions> read_options(const Settings& settings, Logger& log) {
  FileOptions options;
  options.data_dir = without_trailing_slashes(settings.get("dataDir"));
  if (options.data_dir.empty()) {
    return Error{Errc::kInvalid, "dataDir is not set: a directory for the server's data is needed"};
  }
  options.data_log_dir = without_trailing_slashes(settings.get("dataLogDir"));
  if (options.data_log_dir.empty()) options.data_log_dir = options.data_dir;
  options.snapshot_directory = join(options.data_dir, kVersionFolder);
  options.log_directory = join(options.data_log_dir, kVersionFolder);

  int64_t preallocated_kib = kPreallocatedKibDefault;
  if (auto value = settings.integer("preAllocSize", INT64_MIN, kKibMax); value) {
    preallocated_kib = std::max<int64_t>(*value, 0);
  } else {
    log.warn("preAllocSize is not understood, the default is used",
             {{"why", value.error().message}, {"default", kPreallocatedKibDefault}});
  }
  options.preallocated_bytes = static_cast<uint64_t>(preallocated_kib) * 1024;

  auto sync = settings.boolean("forceSync");
  if (!sync) return sync.error();
  options.sync = *sync;

  auto roll_kib = settings.integer("txnLogSizeLimitInKb", INT64_MIN, kKibMax);
  if (!roll_kib) return roll_kib.error();
  options.roll_bytes = static_cast<uint64_t>(std::max<int64_t>(*roll_kib, 0)) * 1024;

  auto slow_ms = settings.integer("fsync.warningthresholdms", INT64_MIN, INT64_MAX);
  if (!slow_ms) return slow_ms.error();
  options.slow_sync_ms = *slow_ms;

  auto compression = read_compression(settings.get("snapshot.compression.method"));
  if (!compression) return compression.error();
  options.compression = *compression;

  auto make = settings.boolean("datadir.autocreate");
  if (!make) return make.error();
  options.make_directories = *make;
  return options;
}

}  // namespace zookernel::file_storage
