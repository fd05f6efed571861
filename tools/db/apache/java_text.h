// Times and records as Java's tools print them: English, in the time zone of the process.
#pragma once

#include <cstdint>
#include <string>

#include "zookernel/result.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::db_tool {

[[nodiscard]] std::string java_date(int64_t ms);        // Mon Nov 23 01:33:52 UTC 2026
[[nodiscard]] std::string java_short_date(int64_t ms);  // 11/23/26, 1:29:28 AM UTC
[[nodiscard]] std::string java_file_date(int64_t ms);   // Nov 23, 2026, 1:45:53 AM
[[nodiscard]] std::string java_hex(int64_t value);      // without 0x

// A transaction of a log as TxnLogToolkit prints it, without the end of the line. In contrast to
// Java's the operations of a multi are readable.
Result<std::string> java_txn(Bytes record);

}  // namespace zookernel::db_tool
