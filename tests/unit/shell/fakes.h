// Stand-ins for what the shell's parts borrow: a log that remembers, a directory that goes away, a
// storage and a transport in memory.
#pragma once

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "zookernel/log.h"
#include "zookernel/storage.h"
#include "zookernel/transport.h"

namespace zookernel::shell::testing {

class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "zookernel-shell-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::string string() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

// Remembers lines as "message name=value ...".
class MemoryLogger final : public Logger {
 public:
  void write(LogLevel, std::string_view message, Fields fields) override {
    std::string line(message);
    for (const LogField& field : fields)
      line.append(" ").append(field.name).append("=").append(field.value);
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  [[nodiscard]] size_t count(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    size_t found = 0;
    for (const std::string& line : lines_) found += line.find(part) == std::string::npos ? 0 : 1;
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Counts what is asked of it; waits on request, fails on request. Durable is what was synced.
class MemoryStorage final : public Storage {
 public:
  // ---- what a test sets up
  std::map<int64_t, std::string> snapshots;  // by name; the content "damaged" cannot be read
  std::vector<LogRecord> log;
  std::string fail_in;  // "append", "sync", "snapshot", ...
  bool has_log = false;
  bool base_needed = false;  // truncations need a snapshot
  std::vector<Zxid> incomplete;
  Result<DiskRoom> free = DiskRoom{};

  // ---- what it looks at, under the lock where threads run
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> calls;  // "append 3", "sync", "roll", ...
  int held = 0;                    // sync() waits while above 0

  void record(std::string call) {
    const std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
    changed.notify_all();
  }
  void wait_for(const std::string& call, size_t times = 1) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] {
      return static_cast<size_t>(std::count(calls.begin(), calls.end(), call)) >= times;
    });
  }
  void hold(int change) {
    const std::lock_guard lock(mutex);
    held += change;
    changed.notify_all();
  }

  // ---- Storage
  Result<StorageContents> contents() override {
    StorageContents found;
    for (auto at = snapshots.rbegin(); at != snapshots.rend(); ++at)
      found.snapshots.push_back(Zxid{at->first});
    found.incomplete = incomplete;
    found.has_log = has_log || !log.empty();
    return found;
  }
  Result<std::unique_ptr<SnapshotReader>> read_snapshot(Zxid zxid) override {
    return std::unique_ptr<SnapshotReader>(std::make_unique<Reader>(snapshots.at(zxid.value)));
  }
  Result<std::unique_ptr<TxnReader>> read_log(Zxid from) override {
    return std::unique_ptr<TxnReader>(std::make_unique<Records>(*this, from));
  }
  Status recovered(Zxid last) override { return step("recovered", "recovered " + hex(last.value)); }
  Status append(std::span<const LogRecord> records) override {
    log.insert(log.end(), records.begin(), records.end());
    return step("append", "append " + std::to_string(records.size()));
  }
  Status sync() override {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return held == 0; });
    }
    return step("sync", "sync");
  }
  Status roll() override { return step("roll", "roll"); }
  Result<DiskRoom> room() override { return free; }
  Status save(const Epochs&) override { return step("save", "save"); }
  Status truncate_after(Zxid zxid) override {
    // As of a disk whose snapshots all hold later transactions.
    if (base_needed && snapshots.empty()) {
      record("truncate in vain");
      return Error{Errc::kUnsupported, "no snapshot"};
    }
    return step("truncate", "truncate " + hex(zxid.value));
  }
  Result<std::unique_ptr<SnapshotWriter>> begin_snapshot(Zxid zxid) override {
    if (Status begun = step("begin_snapshot", "begin_snapshot " + hex(zxid.value)); !begun)
      return begun.error();
    return std::unique_ptr<SnapshotWriter>(std::make_unique<Writer>(*this, zxid));
  }
  Status purge(int kept) override { return step("purge", "purge " + std::to_string(kept)); }
  DiskUsage usage() override { return {100, 20}; }

 private:
  class Reader final : public SnapshotReader {
   public:
    explicit Reader(std::string content) : content_(std::move(content)) {}
    Result<size_t> read(char* to, size_t count) override {
      if (content_ == "damaged") return Error{Errc::kCorrupt, "the checksum is wrong"};
      const size_t given = std::min(count, content_.size() - at_);
      content_.copy(to, given, at_);
      at_ += given;
      return given;
    }

   private:
    std::string content_;
    size_t at_ = 0;
  };
  class Records final : public TxnReader {
   public:
    Records(MemoryStorage& storage, Zxid from) : storage_(storage), from_(from) {}
    Result<std::optional<Record>> next() override {
      while (at_ < storage_.log.size() && storage_.log[at_].zxid < from_) ++at_;
      if (at_ == storage_.log.size()) return std::optional<Record>();
      const LogRecord& record = storage_.log[at_++];
      return std::optional<Record>(Record{record.zxid, record.body.view()});
    }

   private:
    MemoryStorage& storage_;
    Zxid from_;
    size_t at_ = 0;
  };
  class Writer final : public SnapshotWriter {
   public:
    Writer(MemoryStorage& storage, Zxid zxid) : storage_(storage), zxid_(zxid) {}
    ~Writer() override {
      if (!finished_) storage_.record("given up");
    }
    Status write(Bytes bytes) override {
      content_.append(bytes);
      return storage_.step("snapshot", "write");
    }
    Status finish() override {
      finished_ = true;
      const std::lock_guard lock(storage_.mutex);
      storage_.snapshots[zxid_.value] = content_;
      storage_.calls.push_back("finish " + hex(zxid_.value));
      storage_.changed.notify_all();
      return Unit{};
    }

   private:
    MemoryStorage& storage_;
    Zxid zxid_;
    std::string content_;
    bool finished_ = false;
  };

  Status step(const std::string& name, std::string call) {
    record(std::move(call));
    if (fail_in == name) return Error{Errc::kIo, name + " /data/log.1: no space left on device"};
    return Unit{};
  }
};

// Shared mode: on_* are called inside poll() for what a test queued with open(), say() and
// hang_up().
class MemoryTransport final : public Transport {
 public:
  struct Peer {
    std::string unread, answer;
    bool reading = true, closed = false, reset = false, told = false;
    size_t not_taken = 0;  // what queued_bytes() says
  };
  std::map<uint64_t, Peer> peers;
  ConnectionEvents* events = nullptr;
  bool accepting = false;
  std::function<void(int64_t)> before_poll;  // a test's steps; gets the time-out

  ConnId open(const std::string& address = "10.0.0.1") {
    const ConnId id{++last_id_};
    if (!events->on_open(id, Channel::kClient, {address, 4000, false})) return ConnId{};
    peers[id.value] = {};
    return id;
  }
  void say(ConnId id, const std::string& bytes) {
    peers.at(id.value).unread += bytes;
    offer(id);
  }
  void hang_up(ConnId id) {
    peers.erase(id.value);
    events->on_close(id, {Errc::kClosed, "gone"});
  }

  [[nodiscard]] int threads() const override { return 0; }
  Result<Endpoint> listen(Channel, const Endpoint& at, int, ConnectionEvents& to) override {
    events = &to;
    return at;
  }
  void accept(bool on) override { accepting = on; }
  // What was dialled waits for connect() or fail().
  struct Dialled {
    ConnId id;
    Channel channel;
    Endpoint to;
    ConnectionEvents* events;
  };
  std::vector<Dialled> dialled;
  ConnId dial(Channel channel, const Endpoint& to, ConnectionEvents& dialler) override {
    dialled.push_back({ConnId{++last_id_}, channel, to, &dialler});
    return dialled.back().id;
  }
  void connect(size_t which) {
    const Dialled& one = dialled.at(which);
    peers[one.id.value] = {};
    one.events->on_open(one.id, one.channel, {"10.0.0.9", one.to.port, false});
  }
  void fail(size_t which, const std::string& why) {
    dialled.at(which).events->on_close(dialled.at(which).id, {Errc::kClosed, why});
  }
  void send(ConnId id, Buffer bytes) override {
    if (const auto at = peers.find(id.value); at != peers.end() && !at->second.closed)
      at->second.answer.append(bytes.view());
  }
  void close(ConnId id) override {
    if (const auto at = peers.find(id.value); at != peers.end()) at->second.closed = true;
  }
  void reset(ConnId id) override {
    if (const auto at = peers.find(id.value); at != peers.end())
      at->second.closed = at->second.reset = true;
  }
  void read(ConnId id, bool on) override {
    if (const auto at = peers.find(id.value); at != peers.end()) at->second.reading = on;
  }
  [[nodiscard]] size_t queued_bytes(ConnId id) const override {
    const auto at = peers.find(id.value);
    return at == peers.end() ? 0 : at->second.not_taken;
  }
  void poll(int64_t timeout_ms) override {
    std::vector<ConnId> ids;
    for (const auto& [id, peer] : peers) ids.push_back(ConnId{id});
    for (const ConnId id : ids) {
      if (peers.at(id.value).closed) {
        hang_up(id);
      } else {
        offer(id);
      }
    }
    if (before_poll) before_poll(timeout_ms);
  }
  void wake() override {}

 private:
  void offer(ConnId id) {
    Peer& peer = peers.at(id.value);
    if (!peer.reading || peer.closed || peer.unread.empty()) return;
    const std::string bytes = std::exchange(peer.unread, {});
    const size_t consumed = events->on_bytes(id, bytes);
    peers.at(id.value).unread = bytes.substr(consumed);
  }
  uint64_t last_id_ = 0;
};

}  // namespace zookernel::shell::testing
