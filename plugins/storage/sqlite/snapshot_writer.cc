#include "plugins/storage/sqlite/snapshot_writer.h"

#include "plugins/storage/sqlite/snapshot_rows.h"
#include "plugins/storage/sqlite/snapshot_stream.h"

namespace zookernel::sqlite_storage {
namespace {

// A transaction ends when the log waits and at least so many rows are in, or anyhow at the second
// number: one of a few milliseconds.
constexpr int kRowsMin = 64;
constexpr int kRowsMax = 1000;
constexpr size_t kBytesMax = 256 << 10;
// Pages of write-ahead log behind which they are moved into the database.
constexpr int kCheckpointPages = 4000;
// What a zxid at the end of the stream takes.
constexpr size_t kLastZxidBytes = sizeof(int64_t) + wire::kSealBytes;
constexpr size_t kDigestBytes = wire::kSnapshotDigestBytes + wire::kSealBytes;

class RowsWriter final : public SnapshotWriter, private SnapshotSink {
 public:
  RowsWriter(Connection& connection, WriteTurn& turn, Zxid zxid)
      : connection_(connection), turn_(turn), stream_(*this) {
    row_.zxid = zxid;
  }
  ~RowsWriter() override {
    if (finished_) return;
    end_quietly();
    // If this fails as well, the next start or purge does it.
    if (row_.id != 0) (void)remove_snapshot(connection_, turn_, row_).ok();
  }

  Status begin() {
    {
      const Turn mine(turn_, WriteTurn::Who::kSnapshot);
      auto id = connection_.integer("SELECT coalesce(max(id), 0) + 1 FROM snapshot");
      if (!id) return id.error();
      row_.id = *id;
      if (auto done = connection_.execute("INSERT INTO snapshot (id, zxid, complete) VALUES (" +
                                          std::to_string(row_.id) + ", " +
                                          std::to_string(row_.zxid.value) + ", 0)");
          !done) {
        return done;
      }
    }
    const auto prepare = [this](Statement& to, const char* sql) -> Status {
      auto made = connection_.prepare(sql);
      if (!made) return made.error();
      to = *std::move(made);
      return Unit{};
    };
    if (auto done = prepare(session_, "INSERT INTO session_row VALUES (?, ?, ?)"); !done)
      return done;
    if (auto done = prepare(acl_, "INSERT INTO acl_row VALUES (?, ?, ?, ?)"); !done) return done;
    return prepare(znode_, "INSERT INTO znode_row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  Status write(Bytes bytes) override {
    if (error_) return *error_;
    auto done = stream_.feed(bytes);
    if (done) done = end_batch();
    return keep(std::move(done));
  }

  Status finish() override {
    if (error_) return *error_;
    return keep(complete());
  }

 private:
  Status on_session(const wire::SessionEntry& session) override {
    session_.bind(1, row_.first_row() + row_.sessions++);
    session_.bind(2, session.session_id);
    session_.bind(3, session.timeout);
    return insert(session_, wire::kSessionEntryBytes);
  }

  Status on_acl(int64_t ref, Bytes record, const std::string& text) override {
    acl_.bind(1, row_.first_row() + row_.acls++);
    acl_.bind(2, ref);
    acl_.bind_text(3, text);
    acl_.bind_blob(4, record);
    return insert(acl_, record.size());
  }

  Status on_znode(Bytes path, const wire::OptBytes& data, int64_t acl_ref,
                  const wire::StatPersisted& stat) override {
    znode_.bind(1, row_.first_row() + row_.znodes++);
    znode_.bind_text(2, path);
    if (data.null) {
      znode_.bind_null(3);
    } else {
      znode_.bind_blob(3, data.bytes);
    }
    znode_.bind(4, acl_ref);
    int column = 5;
    for (const int64_t value :
         {stat.czxid, stat.mzxid, stat.ctime, stat.mtime, int64_t{stat.version},
          int64_t{stat.cversion}, int64_t{stat.aversion}, stat.ephemeral_owner, stat.pzxid}) {
      znode_.bind(column++, value);
    }
    return insert(znode_, path.size() + data.bytes.size() + wire::kStatPersistedBytes);
  }

  Status insert(Statement& statement, size_t bytes) {
    if (!in_batch_) {
      turn_.begin(WriteTurn::Who::kSnapshot);
      in_batch_ = true;
      if (auto begun = connection_.begin(); !begun) return begun;
    }
    if (auto done = statement.run(); !done) return done;
    batch_bytes_ += bytes;
    ++batch_rows_;
    const bool full = batch_rows_ >= kRowsMax || batch_bytes_ >= kBytesMax;
    if (full || (batch_rows_ >= kRowsMin && turn_.log_waits())) return end_batch();
    return Unit{};
  }

  Status end_batch() {
    if (!in_batch_) return Unit{};
    auto done = connection_.commit();
    if (!done) connection_.roll_back();
    leave_turn();
    return done ? checkpoint() : done;
  }

  void end_quietly() {
    if (!in_batch_) return;
    connection_.roll_back();
    leave_turn();
  }

  void leave_turn() {
    in_batch_ = false;
    batch_rows_ = 0;
    batch_bytes_ = 0;
    turn_.end();
  }

  // The log begins anew only when all of it has been moved and nobody writes meanwhile. So the bulk
  // is moved beside the log's commits, and the little that came in between during a turn.
  Status checkpoint() {
    if (connection_.log_pages() < kCheckpointPages) return Unit{};
    if (auto done = connection_.checkpoint(); !done) return done;
    const Turn mine(turn_, WriteTurn::Who::kSnapshot);
    return connection_.checkpoint();
  }

  Status complete() {
    if (auto whole = stream_.finish(); !whole) return whole;
    if (auto done = end_batch(); !done) return done;
    row_.header = stream_.header();
    row_.seal = stream_.seal();
    row_.tail = stream_.tail();
    const Bytes tail = row_.tail;
    if (tail.size() == kLastZxidBytes || tail.size() == kDigestBytes + kLastZxidBytes) {
      const char* at = tail.data() + tail.size() - kLastZxidBytes;
      row_.last_zxid = Zxid{static_cast<int64_t>(load_be64(at))};
    }
    auto change = connection_.prepare(
        "UPDATE snapshot SET complete = 1, last_zxid = ?, header = ?, seal = ?, tail = ?, "
        "sessions = ?, acls = ?, znodes = ?, sum = ? WHERE id = ?");
    if (!change) return change.error();
    if (row_.last_zxid) {
      change->bind(1, row_.last_zxid->value);
    } else {
      change->bind_null(1);
    }
    change->bind_blob(2, row_.header);
    change->bind_blob(3, row_.seal);
    change->bind_blob(4, row_.tail);
    change->bind(5, row_.sessions);
    change->bind(6, row_.acls);
    change->bind(7, row_.znodes);
    change->bind(8, row_.sum_now());
    change->bind(9, row_.id);
    const Turn mine(turn_, WriteTurn::Who::kSnapshot);
    // The sync of this commit is that of all before it.
    if (auto done = connection_.sync_commits(true); !done) return done;
    auto done = change->run();
    if (auto back = connection_.sync_commits(false); done && !back) return back;
    finished_ = done.ok();
    return done;
  }

  Status keep(Status status) {
    if (status) return status;
    error_ = status.error();
    end_quietly();
    return status;
  }

  Connection& connection_;
  WriteTurn& turn_;
  SnapshotStream stream_;
  SnapshotRow row_;
  Statement session_, acl_, znode_;
  bool in_batch_ = false;  // a transaction is open, and it is our turn
  int batch_rows_ = 0;
  size_t batch_bytes_ = 0;
  bool finished_ = false;
  std::optional<Error> error_;
};

}  // namespace

Result<std::unique_ptr<SnapshotWriter>> begin_snapshot_rows(Connection& connection, WriteTurn& turn,
                                                            Zxid zxid) {
  auto writer = std::make_unique<RowsWriter>(connection, turn, zxid);
  if (auto begun = writer->begin(); !begun) return begun.error();
  return std::unique_ptr<SnapshotWriter>(std::move(writer));
}

}  // namespace zookernel::sqlite_storage
