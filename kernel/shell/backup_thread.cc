#include "kernel/shell/backup_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "kernel/shell/clock.h"

namespace zookernel::shell {
namespace {

constexpr int kRetryMs = 20;

Error gave_up() {
  return {Errc::kClosed, "the connection was closed"};
}

}  // namespace

BackupThread::~BackupThread() {
  stop();
}

void BackupThread::start() {
  thread_ = std::thread([this] { work(); });
}

void BackupThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool BackupThread::submit(ConnId conn) {
  {
    const std::lock_guard lock(mutex_);
    if (conn_) return false;
    conn_ = conn;
    gone_ = false;
  }
  changed_.notify_all();
  return true;
}

void BackupThread::answer(Zxid applied) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = applied;
  }
  changed_.notify_all();
}

void BackupThread::closed(ConnId conn) {
  {
    const std::lock_guard lock(mutex_);
    if (conn_ != conn) return;
    gone_ = true;
  }
  changed_.notify_all();
}

void BackupThread::work() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  for (;;) {
    ConnId conn;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || conn_.has_value(); });
      if (stopping_) return;
      conn = *conn_;
    }
    const int64_t began = mono_ms();
    snapshotter_.hold_purges(true);
    Status done = carry_out(conn);
    snapshotter_.hold_purges(false);
    if (done) {
      log_.info("backup sent", {{"snapshot_bytes", snapshot_bytes_},
                                {"transactions", transactions_},
                                {"ms", mono_ms() - began}});
    } else {
      log_.warn("backup given up", {{"reason", done.error().message}});
      std::string end;
      encoder_.block(BackupBlock::kFailed, done.error().message, end);
      (void)ask(BackupPiece{conn, std::move(end), true}).ok();
    }
    const std::lock_guard lock(mutex_);
    conn_.reset();
  }
}

Result<Zxid> BackupThread::ask(OwnMessage question) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return gave_up();
    answer_.reset();
  }
  inbox_.post(std::move(question));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || answer_.has_value(); });
  if (stopping_) return gave_up();
  return *std::exchange(answer_, std::nullopt);
}

Status BackupThread::carry_out(ConnId conn) {
  encoder_ = {};
  snapshot_bytes_ = transactions_ = 0;
  auto contents = reading_.contents();
  if (!contents) return contents.error();
  if (contents->snapshots.empty()) {
    return Error{Errc::kNotFound, "there is no snapshot yet: try again when one is written"};
  }
  const Zxid name = contents->snapshots.front();
  auto reader = reading_.read_snapshot(name);
  if (!reader) return reader.error();
  auto applied = ask(BackupBound{});
  if (!applied) return applied.error();
  const Zxid last = std::max(*applied, name);
  auto taken = ask(BackupPiece{conn, encoder_.head({name, last, contents->epochs}), false});
  if (!taken) return taken.error();
  if (Status done = snapshot(conn, **reader); !done) return done;
  reader->reset();
  if (Status done = transactions(conn, name, last); !done) return done;
  std::string counts(16, '\0');
  store_be64(counts.data(), static_cast<uint64_t>(snapshot_bytes_));
  store_be64(counts.data() + 8, static_cast<uint64_t>(transactions_));
  std::string end;
  encoder_.block(BackupBlock::kEnd, counts, end);
  auto ended = ask(BackupPiece{conn, std::move(end), true});
  return ended ? Status(Unit{}) : Status(ended.error());
}

Status BackupThread::snapshot(ConnId conn, SnapshotReader& reader) {
  std::string piece;
  for (;;) {
    piece.resize(kPieceBytes);
    size_t size = 0;
    while (size < piece.size()) {
      auto got = reader.read(piece.data() + size, piece.size() - size);
      if (!got) return got.error();
      if (*got == 0) break;
      size += *got;
    }
    if (size == 0) return Unit{};
    snapshot_bytes_ += static_cast<int64_t>(size);
    if (Status done = put(conn, BackupBlock::kSnapshot, Bytes(piece).substr(0, size)); !done)
      return done;
  }
}

Status BackupThread::transactions(ConnId conn, Zxid from, Zxid last) {
  std::string piece;
  const int64_t deadline = mono_ms() + kBehindMs;
  for (Zxid sent = from; sent < last;) {
    auto log = reading_.read_log(sent.next());
    if (!log) return log.error();
    while (sent < last) {
      auto record = (*log)->next();
      if (!record) return record.error();
      if (!*record) break;
      char size[4];
      store_be32(size, static_cast<uint32_t>((*record)->body.size()));
      piece.append(size, sizeof size);
      piece += (*record)->body;
      ++transactions_;
      sent = (*record)->zxid;
      if (piece.size() < kPieceBytes) continue;
      if (Status done = put(conn, BackupBlock::kTransactions, piece); !done) return done;
      piece.clear();
    }
    if (sent >= last) break;
    if (mono_ms() > deadline) {
      return Error{Errc::kIo, "the log on the disk ends at " + hex(sent.value) +
                                  ", but transaction " + hex(last.value) + " was applied"};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryMs));
  }
  if (piece.empty()) return Unit{};
  return put(conn, BackupBlock::kTransactions, piece);
}

Status BackupThread::put(ConnId conn, BackupBlock kind, Bytes bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_) return gave_up();
  }
  std::string out;
  out.reserve(bytes.size() + 16);
  encoder_.block(kind, bytes, out);
  auto taken = ask(BackupPiece{conn, std::move(out), false});
  return taken ? Status(Unit{}) : Status(taken.error());
}

}  // namespace zookernel::shell
