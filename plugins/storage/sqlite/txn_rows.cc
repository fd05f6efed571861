#include "plugins/storage/sqlite/txn_rows.h"

#include <libdeflate.h>

#include "zookernel/log.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/txn_order.h"

namespace zookernel::sqlite_storage {

uint32_t chain_of(uint32_t previous, int64_t seq, Bytes record) {
  char head[12];
  store_be32(head, previous);
  store_be64(head + 4, static_cast<uint64_t>(seq));
  return libdeflate_crc32(libdeflate_crc32(0, head, sizeof head), record.data(), record.size());
}

std::string type_text(int32_t type) {
  if (!wire::opcode_is_known(type)) return std::to_string(type);
  return std::string(wire::opcode_name(static_cast<wire::Opcode>(type)));
}

Result<LogEnd> read_end(Connection& connection) {
  auto query = connection.prepare("SELECT seq, zxid, chain FROM txn ORDER BY seq DESC LIMIT 1");
  if (!query) return query.error();
  auto row = query->step();
  if (!row) return row.error();
  if (!*row) return LogEnd{};
  return LogEnd{query->integer(0), Zxid{query->integer(1)},
                static_cast<uint32_t>(query->integer(2))};
}

Result<std::unique_ptr<TxnRows>> TxnRows::open(Connection& connection) {
  auto end = read_end(connection);
  if (!end) return end.error();
  auto insert = connection.prepare(
      "INSERT INTO txn (seq, zxid, session, time, type, path, message, previous, chain) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  return std::unique_ptr<TxnRows>(new TxnRows(*std::move(insert), *end));
}

Status TxnRows::insert(const LogRecord& record) {
  const Bytes body = record.body.view();
  if (Status read = txn::from_record(body, message_, scratch_); !read) {
    return Error{Errc::kInvalid,
                 "append transaction " + hex(record.zxid.value) + ": " + read.error().message};
  }
  if (order_known_) {
    const auto order = wire::order_of(end_.zxid, record.zxid);
    if (order == wire::Order::kGap || order == wire::Order::kBack) {
      return Error{Errc::kInvalid, "append transaction " + hex(record.zxid.value) +
                                       ": it cannot follow " + hex(end_.zxid.value)};
    }
  }
  const int64_t seq = end_.seq + 1;
  const uint32_t chain = chain_of(end_.chain, seq, body);
  bytes_.clear();
  if (!message_.SerializeToString(&bytes_)) {
    return Error{Errc::kInvalid,
                 "append transaction " + hex(record.zxid.value) + ": it is too large"};
  }
  const std::string type = type_text(message_.type());
  const std::string paths = txn::paths_of(message_);
  insert_.bind(1, seq);
  insert_.bind(2, record.zxid.value);
  insert_.bind(3, message_.session_id());
  insert_.bind(4, message_.time_ms());
  insert_.bind_text(5, type);
  if (paths.empty()) {
    insert_.bind_null(6);
  } else {
    insert_.bind_text(6, paths);
  }
  insert_.bind_blob(7, bytes_);
  insert_.bind(8, end_.chain);
  insert_.bind(9, chain);
  if (auto done = insert_.run(); !done) return done;
  end_ = {seq, record.zxid, chain};
  order_known_ = true;
  return Unit{};
}

}  // namespace zookernel::sqlite_storage
