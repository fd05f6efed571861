// The tables, and how a database of an older version becomes one of this.
#pragma once

#include "plugins/storage/sqlite/connection.h"
#include "zookernel/log.h"

namespace zookernel::sqlite_storage {

// In PRAGMA user_version. Rises with each script in kMigrations.
[[nodiscard]] int schema_version();

// Makes the tables of an empty database, or brings an older one up to date, in one transaction. A
// newer one, and a database of somebody else's, are refused by name.
Status migrate(Connection& connection, const std::string& path, Logger& log);

// Is the file itself sound: pages, cells, free pages? Reads all of it.
Status check_pages(Connection& connection, const std::string& path);

}  // namespace zookernel::sqlite_storage
