#include "kernel/shell/log_reads.h"

#include <utility>

namespace zookernel::shell {

LogReads::LogReads(Storage& storage, LogWriter& log_writer, const Snapshotter& snapshotter,
                   Inbox& inbox, Logger& log, double size_factor)
    : storage_(storage),
      log_writer_(log_writer),
      snapshotter_(snapshotter),
      inbox_(inbox),
      log_(log),
      size_factor_(size_factor) {}

void LogReads::begin(const ReadLog& wanted) {
  log_writer_.between_rounds([this, wanted] { open(wanted); });
}

void LogReads::next(ConnId conn) {
  log_writer_.between_rounds([this, conn] { read_piece(conn); });
}

void LogReads::end(ConnId conn) {
  log_writer_.between_rounds([this, conn] { readings_.erase(conn); });
}

void LogReads::open(const ReadLog& wanted) {
  Reading& reading = readings_[wanted.conn];
  reading = Reading{wanted.from, wanted.to, 0, 0, nullptr};
  reading.bytes_max =
      static_cast<uint64_t>(static_cast<double>(snapshotter_.last_bytes()) * size_factor_);
  look_through(wanted.conn);
}

// Once without sending anything: what was begun cannot be taken back.
void LogReads::look_through(ConnId conn) {
  const auto at = readings_.find(conn);
  if (at == readings_.end()) return;
  Reading& reading = at->second;
  const bool first = reading.reader == nullptr;
  if (first) {
    Result<std::unique_ptr<TxnReader>> opened = storage_.read_log(reading.from);
    if (!opened) return missing(conn, opened.error().message);
    reading.reader = std::move(*opened);
  }
  Zxid last;
  for (size_t looked = 0; looked < kLookBytes && last < reading.to;) {
    Result<std::optional<TxnReader::Record>> record = reading.reader->next();
    if (!record) return missing(conn, record.error().message);
    if (!*record) return missing(conn, "it ends before " + hex(reading.to.value));
    last = (*record)->zxid;
    // What comes before it is needed to find where the two histories part, and it is not known how
    // far back that is.
    if (first && looked == 0 && last != reading.from)
      return missing(conn, "it does not have " + hex(reading.from.value));
    looked += (*record)->body.size();
    reading.bytes += (*record)->body.size();
    if (reading.bytes > reading.bytes_max)
      return missing(conn, "it is longer than a snapshot is worth");
  }
  if (last < reading.to) {
    log_writer_.between_rounds([this, conn] { look_through(conn); });
    return;
  }
  Result<std::unique_ptr<TxnReader>> again = storage_.read_log(reading.from);
  if (!again) return missing(conn, again.error().message);
  reading.reader = std::move(*again);
  read_piece(conn);
}

void LogReads::read_piece(ConnId conn) {
  const auto at = readings_.find(conn);
  if (at == readings_.end()) return;
  Reading& reading = at->second;
  LogPiece piece;
  piece.read.conn = conn;
  for (size_t bytes = 0; bytes < kPieceBytes && !piece.read.last;) {
    Result<std::optional<TxnReader::Record>> record = reading.reader->next();
    if (!record) return missing(conn, record.error().message);
    if (!*record || (*record)->zxid > reading.to) {
      piece.read.last = true;
      break;
    }
    bytes += (*record)->body.size();
    piece.read.records.push_back({(*record)->zxid, SharedBytes((*record)->body)});
    piece.read.last = (*record)->zxid == reading.to;
  }
  if (piece.read.last) readings_.erase(at);
  inbox_.post(std::move(piece));
}

void LogReads::missing(ConnId conn, const std::string& why) {
  log_.info("a learner gets a snapshot, because the log does not serve",
            {{"connection", conn.value}, {"reason", why}});
  readings_.erase(conn);
  LogPiece piece;
  piece.read.conn = conn;
  piece.read.last = piece.read.missing = true;
  inbox_.post(std::move(piece));
}

}  // namespace zookernel::shell
