// Our own log, read for learners that are far behind: in pieces, on the log thread between its
// rounds, and each piece only when the one before has left. A log that is damaged, begins too late
// or is longer than a snapshot is worth (snapshotSizeFactor) is reported as missing before anything
// of it was sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "kernel/shell/inbox.h"
#include "kernel/shell/log_writer.h"
#include "kernel/shell/snapshotter.h"
#include "zookernel/log.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

class LogReads {
 public:
  // Of records in one piece, and of those that are looked through in one go.
  static constexpr size_t kPieceBytes = size_t{256} << 10;
  static constexpr size_t kLookBytes = size_t{4} << 20;

  // What is borrowed outlives the reads; the log thread has ended before they go.
  LogReads(Storage& storage, LogWriter& log_writer, const Snapshotter& snapshotter, Inbox& inbox,
           Logger& log, double size_factor);

  // ---- [core] Each answer comes as LogPiece.

  void begin(const ReadLog& wanted);
  void next(ConnId conn);  // after a piece that was not the last
  void end(ConnId conn);   // the connection is gone

 private:
  struct Reading {
    Zxid from, to;
    uint64_t bytes_max = 0;
    uint64_t bytes = 0;  // looked through
    std::unique_ptr<TxnReader> reader;
  };

  // [log]
  void open(const ReadLog& wanted);
  void look_through(ConnId conn);
  void read_piece(ConnId conn);
  void missing(ConnId conn, const std::string& why);

  Storage& storage_;
  LogWriter& log_writer_;
  const Snapshotter& snapshotter_;
  Inbox& inbox_;
  Logger& log_;
  const double size_factor_;
  std::unordered_map<ConnId, Reading> readings_;  // of the log thread
};

}  // namespace zookernel::shell
