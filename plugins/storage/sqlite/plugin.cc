// The manifest.
#include "plugins/storage/sqlite/sqlite_storage.h"

ZOOKERNEL_INNER_PLUGIN("org.zookernel.storage.sqlite", "1.0",
                       zookernel::sqlite_storage::SqliteStorage, "sqlite",
                       zookernel::sqlite_storage::kOptions)
