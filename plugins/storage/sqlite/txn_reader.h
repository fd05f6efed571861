// Transactions out of the table txn, in order, each proved to be the record that was appended: it
// follows its predecessor by number, zxid and chain, its message gives the record back whose sum is
// in the chain, and its plain columns say what the message says.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plugins/storage/sqlite/txn_rows.h"

namespace zookernel::sqlite_storage {

class RowReader : public TxnReader {
 public:
  // Of a connection of its own. `durable`: what is known to have been durable, so that an end
  // before it is an error.
  static Result<std::unique_ptr<TxnReader>> open(std::unique_ptr<Connection> connection,
                                                 const std::string& path, Zxid from,
                                                 std::optional<Zxid> durable);

  Result<std::optional<Record>> next() override;

 private:
  RowReader(std::unique_ptr<Connection> connection, std::string path, Zxid from,
            std::optional<Zxid> durable)
      : connection_(std::move(connection)),
        path_(std::move(path)),
        from_(from),
        durable_(durable),
        last_(Zxid{from.value - 1}) {}
  Status find_start();
  Result<std::optional<Record>> take_row();
  Status check_row(int64_t seq, Zxid zxid);
  Status check_end();
  [[nodiscard]] Error damage(const std::string& what) const;

  std::unique_ptr<Connection> connection_;
  const std::string path_;
  const Zxid from_;
  const std::optional<Zxid> durable_;
  Statement rows_;
  bool stepping_ = false;
  bool ended_ = false;
  bool delivered_ = false;
  int64_t next_seq_ = 0;           // 0: nothing to read
  std::optional<uint32_t> chain_;  // of the row before; empty when that was purged
  Zxid last_;                      // the last transaction that the caller has
  txn::Transaction message_;
  Buffer record_;
  std::optional<Error> error_;
};

}  // namespace zookernel::sqlite_storage
