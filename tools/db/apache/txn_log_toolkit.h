// zkTxnLogToolkit.sh: prints a log, copies it with mended checksums, or copies its beginning.
// Options, texts and exit codes are those of org.apache.zookeeper.server.persistence.TxnLogToolkit.
//
// On purpose different: a log that does not end cleanly (a checksum that was not mended, an
// unfinished record, data behind the end) is told on standard error with the byte, exit 1; so are a
// failed chop and an abort. The operations of a multi are readable.
#pragma once

#include <string>
#include <vector>

#include "tools/db/commands.h"

namespace zookernel::db_tool {

int txn_log_toolkit(const std::vector<std::string>& given, Session& session);

}  // namespace zookernel::db_tool
