// A new data directory. It is built in a directory beside the names that servers read, and moved
// there when it is whole, file by file, in an order in which a server that finds only some of them
// refuses to start.
#include <algorithm>

#include "kernel/shell/posix_file_system.h"
#include "plugins/storage/file/layout.h"
#include "tools/db/stored_data.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

using file_storage::join;

constexpr const char* kUnfinished = "zookernel-db.unfinished";
constexpr size_t kGroupBytes = size_t{1} << 20;
constexpr size_t kGroupRecords = 1000;

bool is_left_by_locks(const std::string& name) {
  return name == shell::PosixFileSystem::kLockFile;
}

class DirectoryReceiver final : public Receiver {
 public:
  DirectoryReceiver(FileSystem& files, NewDirectory wanted)
      : files_(files),
        kind_(wanted.kind),
        data_dir_(std::move(wanted.data_dir)),
        log_dir_(wanted.log_dir.empty() ? data_dir_ : std::move(wanted.log_dir)) {}

  ~DirectoryReceiver() override {
    snapshot_.reset();
    stored_.reset();
    if (owned_ && !finished_) clear();
  }

  // Locks the target and makes sure that there is nothing in it.
  Status open() {
    for (const std::string& directory : targets()) {
      if (Status made = files_.make_directories(directory); !made) return made;
      auto lock = lock_against_servers(files_, directory);
      if (!lock) return lock.error();
      locks_.push_back(*std::move(lock));
    }
    for (const std::string& directory : {data_dir_, log_dir_}) {
      if (Status empty = check_empty(directory); !empty) return empty;
    }
    clear();
    owned_ = true;
    auto stored = StoredData::make(files_, staging());
    if (!stored) return stored.error();
    stored_ = *std::move(stored);
    return Unit{};
  }

  Status begin(const Origin& origin) override {
    epochs_ = origin.epochs();
    auto snapshot = stored_->storage().begin_snapshot(origin.snapshot_name());
    if (!snapshot) return snapshot.error();
    snapshot_ = *std::move(snapshot);
    return Unit{};
  }
  Status snapshot_bytes(Bytes bytes) override { return snapshot_->write(bytes); }
  Status snapshot_end() override {
    Status finished = snapshot_->finish();
    snapshot_.reset();
    return finished;
  }

  Status transaction(Zxid zxid, Bytes record) override {
    records_.push_back({zxid, SharedBytes(record)});
    bytes_ += record.size();
    return records_.size() < kGroupRecords && bytes_ < kGroupBytes ? Status(Unit{}) : flush();
  }

  Status finish(const Transferred&) override {
    if (Status flushed = flush(); !flushed) return flushed;
    if (epochs_.accepted || epochs_.current) {
      if (Status saved = stored_->storage().save(epochs_); !saved) return saved;
    }
    stored_.reset();
    if (Status moved = move_into_place(); !moved) return moved;
    finished_ = true;
    return Unit{};
  }

 private:
  [[nodiscard]] bool one() const { return data_dir_ == log_dir_; }
  [[nodiscard]] static std::string unfinished(const std::string& directory) {
    return join(directory, kUnfinished);
  }
  // Where the storage puts its files below `directory`.
  [[nodiscard]] std::string folder(const std::string& directory) const {
    return kind_ == StorageKind::kFile ? join(directory, file_storage::kVersionFolder) : directory;
  }
  [[nodiscard]] Places staging() const {
    return {folder(unfinished(data_dir_)), folder(unfinished(log_dir_)), kind_};
  }
  [[nodiscard]] std::vector<std::string> targets() const {
    if (one()) return {folder(data_dir_)};
    return {folder(data_dir_), folder(log_dir_)};
  }

  Status check_empty(const std::string& directory) {
    const auto occupied = [](const std::string& what) {
      return Error{Errc::kExists, what + " is there already: name an empty directory"};
    };
    for (const char* name : {"data.db", "data.db-wal", "data.db-mark"}) {
      const std::string path = join(directory, name);
      if (files_.exists(path)) return occupied(path);
    }
    const std::string version = join(directory, file_storage::kVersionFolder);
    if (!files_.exists(version)) return Unit{};
    auto names = files_.list(version);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (!is_left_by_locks(name)) return occupied(join(version, name));
    }
    return Unit{};
  }

  Status flush() {
    if (records_.empty()) return Unit{};
    Status appended = stored_->storage().append(records_);
    records_.clear();
    bytes_ = 0;
    return appended ? stored_->storage().sync() : appended;
  }

  // Of `file`: what vouches for the logs before the logs, the newest log before older ones, and the
  // snapshots last. Of a database: what vouches for it first.
  static int turn_of(const std::string& name) {
    if (name == kDatabaseFile || name.starts_with("snapshot.")) return 2;
    return name.starts_with("log.") ? 1 : 0;
  }

  Status move_into_place() {
    struct Move {
      std::string from, to, name;
    };
    std::vector<Move> moves;
    for (const std::string& directory : one() ? std::vector<std::string>{data_dir_}
                                              : std::vector<std::string>{data_dir_, log_dir_}) {
      const std::string from = folder(unfinished(directory));
      auto names = files_.list(from);
      if (!names) return names.error();
      for (const std::string& name : *names) {
        if (is_left_by_locks(name) || name.ends_with("-shm")) continue;
        moves.push_back({join(from, name), join(folder(directory), name), name});
      }
    }
    std::stable_sort(moves.begin(), moves.end(), [](const Move& left, const Move& right) {
      const int a = turn_of(left.name), b = turn_of(right.name);
      if (a != b || a != 1) return a < b;
      return file_storage::parse_log_name(left.name)->first >
             file_storage::parse_log_name(right.name)->first;
    });
    int turn = 0;
    for (const Move& move : moves) {
      if (turn_of(move.name) != turn) {
        if (Status synced = sync_targets(); !synced) return synced;
        turn = turn_of(move.name);
      }
      if (Status moved = files_.rename(move.from, move.to); !moved) return moved;
    }
    if (Status synced = sync_targets(); !synced) return synced;
    clear();
    return Unit{};
  }

  Status sync_targets() {
    for (const std::string& directory : targets()) {
      if (Status synced = files_.sync_directory(directory); !synced) return synced;
    }
    return Unit{};
  }

  // What an attempt left; nothing depends on its being gone.
  void clear() {
    for (const std::string& directory : {data_dir_, log_dir_}) {
      const std::string top = unfinished(directory);
      for (const std::string& each : {join(top, file_storage::kVersionFolder), top}) {
        auto names = files_.list(each);
        if (!names) continue;
        for (const std::string& name : *names) (void)files_.remove(join(each, name)).ok();
        (void)files_.remove(each).ok();
      }
    }
  }

  FileSystem& files_;
  const StorageKind kind_;
  const std::string data_dir_, log_dir_;
  std::vector<std::unique_ptr<DirectoryLock>> locks_;
  bool owned_ = false, finished_ = false;
  std::unique_ptr<StoredData> stored_;
  std::unique_ptr<SnapshotWriter> snapshot_;
  Epochs epochs_;
  std::vector<LogRecord> records_;
  size_t bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<Receiver>> make_directory(FileSystem& files, const NewDirectory& wanted) {
  auto receiver = std::make_unique<DirectoryReceiver>(files, wanted);
  if (Status opened = receiver->open(); !opened) return opened.error();
  return std::unique_ptr<Receiver>(std::move(receiver));
}

}  // namespace zookernel::db_tool
