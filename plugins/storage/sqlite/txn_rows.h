// Transactions as rows of the table txn: writing them, and what is known of one that was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugins/storage/sqlite/connection.h"
#include "zookernel/proto/txn_codec.h"
#include "zookernel/storage.h"

namespace zookernel::sqlite_storage {

// The chain of a row: of the one before, its number, and its record.
[[nodiscard]] uint32_t chain_of(uint32_t previous, int64_t seq, Bytes record);

// What the column `type` says: "create", ..., or the number of a type that has no name.
[[nodiscard]] std::string type_text(int32_t type);

// Where the log ends.
struct LogEnd {
  int64_t seq = 0;  // 0: no row
  Zxid zxid;
  uint32_t chain = 0;
};
Result<LogEnd> read_end(Connection& connection);

// Appends rows, within the caller's transactions. [log] A failure leaves it of no use.
class TxnRows {
 public:
  static Result<std::unique_ptr<TxnRows>> open(Connection& connection);

  Status insert(const LogRecord& record);
  [[nodiscard]] const LogEnd& end() const { return end_; }
  // The next record may come after a jump.
  void forget_order() { order_known_ = false; }

 private:
  TxnRows(Statement insert, LogEnd end) : insert_(std::move(insert)), end_(end) {}

  Statement insert_;
  LogEnd end_;
  bool order_known_ = false;
  // Kept for their memory.
  txn::Transaction message_;
  Buffer scratch_;
  std::string bytes_;
};

}  // namespace zookernel::sqlite_storage
