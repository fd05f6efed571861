#include "plugins/storage/sqlite/txn_reader.h"

#include <algorithm>

#include "zookernel/log.h"
#include "zookernel/wire/txn_order.h"

namespace zookernel::sqlite_storage {
namespace {

constexpr const char* kRows =
    "SELECT seq, zxid, session, time, type, path, message, previous, chain FROM txn "
    "WHERE seq >= ? ORDER BY seq LIMIT 64";

}  // namespace

Result<std::unique_ptr<TxnReader>> RowReader::open(std::unique_ptr<Connection> connection,
                                                   const std::string& path, Zxid from,
                                                   std::optional<Zxid> durable) {
  std::unique_ptr<RowReader> reader(
      new RowReader(std::move(connection), path, std::max(from, Zxid{1}), durable));
  auto rows = reader->connection_->prepare(kRows);
  if (!rows) return rows.error();
  reader->rows_ = *std::move(rows);
  if (auto found = reader->find_start(); !found) return found.error();
  return std::unique_ptr<TxnReader>(std::move(reader));
}

Status RowReader::find_start() {
  auto first =
      connection_->prepare("SELECT seq FROM txn WHERE zxid >= ? ORDER BY zxid, seq LIMIT 1");
  if (!first) return first.error();
  first->bind(1, from_.value);
  auto row = first->step();
  if (!row) return row.error();
  if (*row) next_seq_ = first->integer(0);
  auto end = read_end(*connection_);
  if (!end) return end.error();
  if (next_seq_ == 0) {
    // The index finds none; the end of the log must agree.
    if (end->seq != 0 && end->zxid >= from_) return damage("the index txn_by_zxid misses rows");
    return Unit{};
  }
  auto before = connection_->prepare(
      "SELECT seq, zxid, chain FROM txn WHERE seq < ? ORDER BY seq DESC LIMIT 1");
  if (!before) return before.error();
  before->bind(1, next_seq_);
  row = before->step();
  if (!row) return row.error();
  if (!*row) return Unit{};
  if (before->integer(0) != next_seq_ - 1 || before->integer(1) >= from_.value)
    return damage("rows before number " + std::to_string(next_seq_) + " are missing or changed");
  chain_ = static_cast<uint32_t>(before->integer(2));
  return Unit{};
}

Result<std::optional<TxnReader::Record>> RowReader::next() {
  if (error_) return *error_;
  auto record = take_row();
  if (!record) error_ = record.error();
  return record;
}

Result<std::optional<TxnReader::Record>> RowReader::take_row() {
  if (ended_) return std::optional<Record>{};
  // A few rows at a time: what is read holds the write-ahead log back.
  for (int attempt = 0; attempt < 2 && next_seq_ != 0; ++attempt) {
    if (!stepping_) rows_.bind(1, next_seq_);
    auto row = rows_.step();
    if (!row) return row.error();
    if (*row) {
      stepping_ = true;
      const int64_t seq = rows_.integer(0);
      const Zxid zxid{rows_.integer(1)};
      if (auto good = check_row(seq, zxid); !good) return good.error();
      next_seq_ = seq + 1;
      last_ = zxid;
      delivered_ = true;
      return std::optional<Record>(Record{zxid, record_.view()});
    }
    rows_.reset();
    if (!stepping_) break;
    stepping_ = false;
  }
  ended_ = true;
  if (auto complete = check_end(); !complete) return complete.error();
  return std::optional<Record>{};
}

Status RowReader::check_row(int64_t seq, Zxid zxid) {
  if (seq != next_seq_) return damage("row " + std::to_string(next_seq_) + " is missing");
  const auto order = wire::order_of(last_, zxid);
  if (order != wire::Order::kNext && !(order == wire::Order::kRepeat && delivered_)) {
    return damage("transaction " + hex(zxid.value) + " follows " + hex(last_.value) +
                  (zxid > last_ ? ", those between are missing" : ", it goes back"));
  }
  const auto previous = static_cast<uint32_t>(rows_.integer(7));
  const auto chain = static_cast<uint32_t>(rows_.integer(8));
  if (chain_ && previous != *chain_)
    return damage("row " + std::to_string(seq) + " does not continue the one before it");
  const Bytes message = rows_.bytes(6);
  record_.clear();
  if (!message_.ParseFromArray(message.data(), static_cast<int>(message.size())) ||
      !txn::to_record(message_, record_).ok() || chain_of(previous, seq, record_.view()) != chain) {
    return damage("row " + std::to_string(seq) + " (transaction " + hex(zxid.value) +
                  ") is not what was written");
  }
  const std::string paths = txn::paths_of(message_);
  if (message_.zxid() != zxid.value || message_.session_id() != rows_.integer(2) ||
      message_.time_ms() != rows_.integer(3) || type_text(message_.type()) != rows_.bytes(4) ||
      paths != rows_.bytes(5)) {
    return damage("row " + std::to_string(seq) + ": its columns differ from its message");
  }
  chain_ = chain;
  return Unit{};
}

Status RowReader::check_end() {
  if (!durable_ || last_ >= *durable_) return Unit{};
  return damage("the log ends here, but transaction " + hex(durable_->value) +
                " had been durable (by " + path_ +
                "-mark): the write-ahead log is damaged or missing, or the database was replaced "
                "by an older one. If that was on purpose, remove the mark");
}

Error RowReader::damage(const std::string& what) const {
  return {Errc::kCorrupt,
          "read " + path_ + ", behind transaction " + hex(last_.value) + ": " + what +
              ". Acknowledged transactions would be lost, so nothing is served (restore a backup; "
              "or, in an ensemble, move data.db and the files beside it away, so that this server "
              "copies the leader's data)"};
}

}  // namespace zookernel::sqlite_storage
