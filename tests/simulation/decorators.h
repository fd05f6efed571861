// Thin layers around the disk and the storage: they show the checker what recovery reads, and carry
// those planted bugs that sit there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zookernel/file_system.h"
#include "zookernel/storage.h"

namespace zookernel::sim {

// A file system whose directories are never synced: a planted bug.
class ForgetfulFileSystem final : public FileSystem {
 public:
  explicit ForgetfulFileSystem(FileSystem& real) : real_(real) {}
  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override {
    return real_.open(path, mode);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return real_.rename(from, to);
  }
  Status remove(const std::string& path) override { return real_.remove(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    return real_.list(directory);
  }
  Status make_directories(const std::string& directory) override {
    return real_.make_directories(directory);
  }
  Status sync_directory(const std::string&) override { return Unit{}; }
  [[nodiscard]] bool exists(const std::string& path) override { return real_.exists(path); }
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override {
    return real_.lock_directory(directory);
  }
  Result<uint64_t> free_space(const std::string& path) override { return real_.free_space(path); }

 private:
  FileSystem& real_;
};

// A storage whose log is read through `see`, which answers whether the server gets the record.
class WatchedStorage final : public Storage {
 public:
  using See = std::function<bool(Bytes record)>;

  WatchedStorage(Storage& real, See see) : real_(real), see_(std::move(see)) {}

  Result<StorageContents> contents() override { return real_.contents(); }
  Result<std::unique_ptr<SnapshotReader>> read_snapshot(Zxid zxid) override {
    return real_.read_snapshot(zxid);
  }
  Result<std::unique_ptr<TxnReader>> read_log(Zxid from) override {
    auto reader = real_.read_log(from);
    if (!reader) return reader.error();
    return std::unique_ptr<TxnReader>(std::make_unique<Reader>(*std::move(reader), see_));
  }
  Status recovered(Zxid last) override { return real_.recovered(last); }
  Status append(std::span<const LogRecord> records) override { return real_.append(records); }
  Status sync() override { return real_.sync(); }
  Status roll() override { return real_.roll(); }
  Status save(const Epochs& epochs) override { return real_.save(epochs); }
  Status truncate_after(Zxid zxid) override { return real_.truncate_after(zxid); }
  Result<std::unique_ptr<SnapshotWriter>> begin_snapshot(Zxid zxid) override {
    return real_.begin_snapshot(zxid);
  }
  Status purge(int snapshots_kept) override { return real_.purge(snapshots_kept); }
  DiskUsage usage() override { return real_.usage(); }
  Result<DiskRoom> room() override { return real_.room(); }

 private:
  class Reader final : public TxnReader {
   public:
    Reader(std::unique_ptr<TxnReader> real, const See& see) : real_(std::move(real)), see_(see) {}
    Result<std::optional<Record>> next() override {
      for (;;) {
        Result<std::optional<Record>> record = real_->next();
        if (!record || !*record || see_((*record)->body)) return record;
      }
    }

   private:
    std::unique_ptr<TxnReader> real_;
    const See& see_;
  };

  Storage& real_;
  const See see_;
};

}  // namespace zookernel::sim
