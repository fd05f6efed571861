// From what is on disk to a server that knows it: the newest snapshot that loads, then the log
// after it.
//
//   no snapshot, no log     a new database: snapshot.0 is written before anything is served, so
//   that there is never a log without a snapshot no snapshot, a log      refused, unless the log
//   is the whole history (core/whole_history.h) or snapshot.trust.empty is set: it may begin in
//   the middle snapshots, none loads   refused with
//   their names: the log alone may not be complete the newest is damaged   an older one is taken;
//   the log must then be complete from there and reach at least the damaged one's name
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/core/server.h"
#include "kernel/core/whole_history.h"
#include "zookernel/file_system.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

struct RecoveryOptions {
  bool trust_empty_snapshot = false;
  bool create_empty_database =
      true;  // else a new database needs the file `initialize` in one of the directories
  std::vector<std::string> directories;  // dataDir and dataLogDir
  // A member of an ensemble without a database may get one from a leader.
  bool ensemble = false;
};

struct Recovered {
  std::unique_ptr<core::Server> server;
  Epochs epochs;
  int64_t replayed = 0;         // transactions
  uint64_t snapshot_bytes = 0;  // of the snapshot that was loaded
  // There is no database, and this server must not vote as if it had one.
  bool no_history = false;
};

class Recovery {
 public:
  using MakeServer = std::function<std::unique_ptr<core::Server>()>;

  // What is borrowed is used until run() returns.
  Recovery(Storage& storage, FileSystem& files, Logger& log, Metrics& metrics,
           RecoveryOptions options, MakeServer make_server);

  // [startup]
  Result<Recovered> run();
  // Fills a server anew from what is left after a truncation, and tells its last transaction. While
  // nobody else uses the storage.
  Result<Zxid> rebuild(core::Server& server);

 private:
  Status load_newest(const StorageContents& contents);
  Status load(core::Server& server, Zxid name);
  Status begin_empty(const StorageContents& contents);
  Status prove(const Status& whole) const;
  Status replay(core::Server& server);
  Status check_skipped() const;
  Status write_snapshot();

  Storage& storage_;
  FileSystem& files_;
  Logger& log_;
  Metrics& metrics_;
  const RecoveryOptions options_;
  const MakeServer make_server_;
  Recovered recovered_;
  std::vector<Zxid> skipped_;  // snapshots that do not load, newest first
  bool needs_snapshot_ = false;
  std::optional<core::WholeHistory> proof_;  // of logs without a snapshot
};

}  // namespace zookernel::shell
