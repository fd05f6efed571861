#include "plugins/storage/sqlite/options.h"

namespace zookernel::sqlite_storage {
namespace {

std::string without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return std::string(path);
}

}  // namespace

Result<SqliteOptions> read_options(const Settings& settings, Logger& log) {
  SqliteOptions options;
  options.data_dir = without_trailing_slashes(settings.get("dataDir"));
  if (options.data_dir.empty()) {
    return Error{Errc::kInvalid, "dataDir is not set: a directory for the server's data is needed"};
  }
  const std::string log_dir = without_trailing_slashes(settings.get("dataLogDir"));
  if (!log_dir.empty() && log_dir != options.data_dir) {
    log.warn(
        "dataLogDir is not used: plugin.storage=sqlite keeps everything in one file of dataDir",
        {{"dataLogDir", log_dir}});
  }
  auto sync = settings.boolean("forceSync");
  if (!sync) return sync.error();
  options.sync = *sync;
  auto slow_ms = settings.integer("fsync.warningthresholdms", INT64_MIN, INT64_MAX);
  if (!slow_ms) return slow_ms.error();
  options.slow_sync_ms = *slow_ms;
  auto make = settings.boolean("datadir.autocreate");
  if (!make) return make.error();
  options.make_directories = *make;
  return options;
}

}  // namespace zookernel::sqlite_storage
