#include "tools/db/apache/purge_txn_log.h"

#include <sys/stat.h>

#include <charconv>
#include <ostream>

#include "plugins/storage/file/layout.h"
#include "tools/db/apache/java_text.h"
#include "tools/db/file_kind.h"
#include "tools/db/purge.h"

namespace zookernel::db_tool {
namespace {

constexpr int kFailed = 1;
constexpr int kCountMin = 3;

constexpr const char* kHelp =
    "Usage:\n"
    "PurgeTxnLog dataLogDir [snapDir] -n count\n"
    "\tdataLogDir -- path to the txn log directory\n"
    "\tsnapDir -- path to the snapshot directory\n"
    "\tcount -- the number of old snaps/logs you want to keep, value should be greater than or "
    "equal to 3\n";

int usage(Session& session, const std::string& why) {
  if (!why.empty()) session.err << why << "\n";
  session.out << kHelp;
  return kFailed;
}

// Ms since 1970; 0 when nobody knows.
int64_t modified_ms(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return 0;
  return static_cast<int64_t>(found.st_mtim.tv_sec) * 1000;
}

std::string version_folder(const std::string& directory) {
  return file_storage::join(directory, file_storage::kVersionFolder);
}

}  // namespace

int purge_txn_log(const std::vector<std::string>& given, Session& session) {
  if ((given.size() != 3 && given.size() != 4) || given[given.size() - 2] != "-n") {
    return usage(session, "");
  }
  const std::string& number = given.back();
  int count = 0;
  const auto [stop, problem] = std::from_chars(number.data(), number.data() + number.size(), count);
  if (problem != std::errc{} || stop != number.data() + number.size()) {
    return usage(session, "'" + number + "' can not be parsed to integer.");
  }
  if (count < kCountMin) return usage(session, "count should be greater than or equal to 3");
  for (size_t i = 0; i + 2 < given.size(); ++i) {
    if (session.files.exists(given[i])) continue;
    return usage(session, "Path '" + absolute_path(given[i]) + "' does not exist. ");
  }

  const Places places{version_folder(given.size() == 4 ? given[1] : given[0]),
                      version_folder(given[0])};
  for (const std::string& folder : {places.snapshots, places.logs}) {
    // Java makes it; there is nothing in it either way.
    if (!session.files.exists(folder)) return 0;
  }
  auto paths = find_purgeable(session.files, places, count);
  if (!paths) {
    session.err << paths.error().message << "\n";
    return kFailed;
  }
  bool failed = false;
  for (const std::string& path : *paths) {
    session.out << "Removing file: " << java_file_date(modified_ms(path)) << "\t"
                << absolute_path(path) << "\n";
    if (session.files.remove(path)) continue;
    session.err << "Failed to remove " << absolute_path(path) << "\n";
    failed = true;
    break;  // behind a snapshot that stays, its logs stay
  }
  return failed ? kFailed : 0;
}

}  // namespace zookernel::db_tool
