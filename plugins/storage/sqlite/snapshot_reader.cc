#include "plugins/storage/sqlite/snapshot_reader.h"

#include <algorithm>

#include "plugins/storage/sqlite/snapshot_stream.h"
#include "zookernel/log.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::sqlite_storage {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

class RowsReader final : public SnapshotReader {
 public:
  RowsReader(std::unique_ptr<Connection> connection, SnapshotRow snapshot, std::string path)
      : connection_(std::move(connection)),
        snapshot_(std::move(snapshot)),
        path_(std::move(path)) {}

  Status begin() {
    if (snapshot_.sum != snapshot_.sum_now()) return damage("its row in the table is damaged");
    out_.append(snapshot_.header);
    return open_table("SELECT id, session, timeout FROM session_row", snapshot_.sessions);
  }

  Result<size_t> read(char* to, size_t count) override {
    if (error_) return *error_;
    while (at_ == out_.size() && part_ != Part::kEnd) {
      out_.clear();
      at_ = 0;
      if (auto filled = fill(); !filled) {
        error_ = filled.error();
        return *error_;
      }
    }
    const size_t given = std::min(count, out_.size() - at_);
    if (given != 0) std::memcpy(to, out_.data() + at_, given);
    at_ += given;
    return given;
  }

 private:
  enum class Part { kSessions, kAcls, kZnodes, kEnd };

  Status open_table(const char* select, int64_t rows) {
    const std::string sql = std::string(select) + " WHERE id >= ? AND id < ? ORDER BY id";
    auto query = connection_->prepare(sql.c_str());
    if (!query) return query.error();
    rows_ = *std::move(query);
    rows_.bind(2, snapshot_.behind_row());
    left_ = rows;
    next_id_ = snapshot_.first_row();
    wire::Writer writer(out_);
    if (part_ != Part::kZnodes) writer.write_count(static_cast<size_t>(rows));
    return Unit{};
  }

  // A piece at a time, and nothing is held between them: what is read holds the write-ahead log
  // back, and a reader may be slow.
  Status fill() {
    rows_.bind(1, next_id_);
    Status filled = fill_piece();
    rows_.reset();
    return filled;
  }

  Status fill_piece() {
    while (out_.size() < kPieceBytes && part_ != Part::kEnd) {
      auto row = rows_.step();
      if (!row) return row.error();
      if (!*row) {
        if (left_ != 0) return damage(std::to_string(left_) + " of its rows are missing");
        if (auto done = next_part(); !done) return done;
        if (part_ != Part::kEnd) rows_.bind(1, next_id_);
        continue;
      }
      if (left_-- == 0 || rows_.integer(0) != next_id_++)
        return damage("its rows are not those that were written");
      if (auto written = write_row(); !written) return written;
    }
    return Unit{};
  }

  Status write_row() {
    wire::Writer writer(out_);
    switch (part_) {
      case Part::kSessions:
        wire::write(writer, wire::SessionEntry{rows_.integer(1), small(2)});
        return Unit{};
      case Part::kAcls:
        if (rows_.bytes(3) != acl_text(rows_.bytes(2))) return damage("an ACL is damaged");
        writer.write_long(rows_.integer(1));
        writer.write_raw(rows_.bytes(2));
        return Unit{};
      case Part::kZnodes:
        writer.write_string(rows_.bytes(1));
        writer.write_opt({rows_.bytes(2), rows_.is_null(2)});
        writer.write_long(rows_.integer(3));
        wire::write(writer,
                    wire::StatPersisted{rows_.integer(4), rows_.integer(5), rows_.integer(6),
                                        rows_.integer(7), small(8), small(9), small(10),
                                        rows_.integer(11), rows_.integer(12)});
        return Unit{};
      case Part::kEnd:
        break;
    }
    return Unit{};
  }

  Status next_part() {
    if (part_ == Part::kSessions) {
      part_ = Part::kAcls;
      return open_table("SELECT id, ref, record, acl FROM acl_row", snapshot_.acls);
    }
    if (part_ == Part::kAcls) {
      part_ = Part::kZnodes;
      return open_table(
          "SELECT id, path, data, acl, czxid, mzxid, ctime, mtime, version, cversion, aversion, "
          "owner, pzxid FROM znode_row",
          snapshot_.znodes);
    }
    rows_ = {};
    wire::Writer writer(out_);
    writer.write_string("/");
    writer.write_raw(snapshot_.seal);
    writer.write_raw(snapshot_.tail);
    part_ = Part::kEnd;
    return Unit{};
  }

  [[nodiscard]] int32_t small(int column) const {
    return static_cast<int32_t>(rows_.integer(column));
  }
  [[nodiscard]] Error damage(const std::string& what) const {
    return {Errc::kCorrupt,
            "snapshot of transaction " + hex(snapshot_.zxid.value) + " in " + path_ + ": " + what};
  }

  std::unique_ptr<Connection> connection_;
  const SnapshotRow snapshot_;
  const std::string path_;
  Part part_ = Part::kSessions;
  Statement rows_;
  int64_t left_ = 0, next_id_ = 0;
  Buffer out_;
  size_t at_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<std::unique_ptr<SnapshotReader>> open_snapshot(std::unique_ptr<Connection> connection,
                                                      SnapshotRow snapshot, std::string path) {
  auto reader =
      std::make_unique<RowsReader>(std::move(connection), std::move(snapshot), std::move(path));
  if (auto begun = reader->begin(); !begun) return begun.error();
  return std::unique_ptr<SnapshotReader>(std::move(reader));
}

}  // namespace zookernel::sqlite_storage
