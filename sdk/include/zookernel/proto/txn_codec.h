// Between the bytes of a log record (TxnHeader, body, optional TxnDigest: see wire/records/txn.h)
// and the messages of txn.proto. Pure functions. [any]
#pragma once

#include <txn.pb.h>

#include <string>
#include <string_view>

#include "zookernel/bytes.h"
#include "zookernel/result.h"

namespace zookernel::txn {

// Fills `to` so that to_record() gives `record` back byte for byte. kCorrupt only when the bytes
// are too few for a header. `scratch` is working memory that is worth keeping between calls.
[[nodiscard]] Status from_record(Bytes record, Transaction& to, Buffer& scratch);

// Appends the record to `out`. kCorrupt when the message has no body.
[[nodiscard]] Status to_record(const Transaction& from, Buffer& out);

// The znodes that the transaction is about, one a line: of a multi those of its operations. Empty
// for sessions and failures.
[[nodiscard]] std::string paths_of(const Transaction& transaction);

}  // namespace zookernel::txn
