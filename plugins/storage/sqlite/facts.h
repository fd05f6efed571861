// Small facts in the database: the epochs.
#pragma once

#include "plugins/storage/sqlite/connection.h"
#include "zookernel/storage.h"

namespace zookernel::sqlite_storage {

Result<Epochs> read_epochs(Connection& connection);
// Those that are set. Within the caller's transaction.
Status write_epochs(Connection& connection, const Epochs& epochs);

}  // namespace zookernel::sqlite_storage
