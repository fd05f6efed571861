#include "plugins/storage/sqlite/schema.h"

#include <schema_sql.h>

#include <array>

namespace zookernel::sqlite_storage {
namespace {

constexpr int64_t kApplicationId = 1514423362;

// The n-th script turns version n - 1 into version n. A script that has been released is never
// edited.
constexpr std::array<const char*, 1> kMigrations = {kSchemaSql};

}  // namespace

int schema_version() {
  return static_cast<int>(kMigrations.size());
}

Status migrate(Connection& connection, const std::string& path, Logger& log) {
  auto version = connection.integer("PRAGMA user_version");
  if (!version) return version.error();
  auto application = connection.integer("PRAGMA application_id");
  if (!application) return application.error();
  auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables != 0 && *application != kApplicationId) {
    return Error{Errc::kInvalid, path +
                                     ": this is a database, but not one of a zookernel server "
                                     "(move it away, or choose another dataDir)"};
  }
  if (*version > schema_version()) {
    return Error{Errc::kUnsupported,
                 path + ": its schema has version " + std::to_string(*version) +
                     ", and this server knows versions up to " + std::to_string(schema_version()) +
                     ": a newer server wrote it (start that one, or restore a backup that is older "
                     "than the upgrade)"};
  }
  if (*version == schema_version()) return Unit{};
  if (auto begun = connection.begin(); !begun) return begun;
  for (auto next = static_cast<size_t>(*version); next < kMigrations.size(); ++next) {
    if (auto done = connection.execute(kMigrations[next]); !done) return done;
  }
  if (auto done = connection.execute("PRAGMA user_version=" + std::to_string(schema_version()));
      !done) {
    return done;
  }
  if (auto done = connection.commit(); !done) return done;
  if (*tables != 0) {
    log.info("the database's schema was brought up to date",
             {{"file", path}, {"from", *version}, {"to", schema_version()}});
  }
  return Unit{};
}

Status check_pages(Connection& connection, const std::string& path) {
  auto check = connection.prepare("PRAGMA quick_check(1)");
  if (!check) return check.error();
  auto row = check->step();
  if (!row) return row.error();
  const std::string verdict(*row ? check->bytes(0) : Bytes{});
  if (verdict == "ok") return Unit{};
  return Error{Errc::kCorrupt,
               path + ": the database is damaged: " + verdict +
                   ". Nothing is served (restore a backup; or, in an ensemble, move the file and "
                   "those beside it away, so that this server copies the leader's data)"};
}

}  // namespace zookernel::sqlite_storage
