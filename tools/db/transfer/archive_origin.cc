#include <libdeflate.h>

#include <algorithm>
#include <optional>

#include "plugins/storage/file/log_format.h"
#include "tools/db/archive/archive_file.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/log.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::db_tool {
namespace {

using archive::Entry;

// Bytes of a table that are held until its count is known, which stands before it in a snapshot.
constexpr size_t kTableBytesMax = size_t{1} << 30;
// Bytes that were taken and still lie before those that were not.
constexpr size_t kTakenBytesMax = size_t{1} << 20;

wire::OptBytes opt(bool there, const std::string& bytes) {
  return {there ? Bytes(bytes) : Bytes{}, !there};
}

// Makes the snapshot's bytes from the entries, as they come.
class SnapshotBytes {
 public:
  explicit SnapshotBytes(int64_t dbid) {
    wire::Writer writer(buffer_);
    write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, dbid});
    sum();
  }

  // What is there and was not taken yet. take() counts it as taken.
  [[nodiscard]] Bytes ready() const { return buffer_.view().substr(taken_); }
  void take(size_t count) {
    taken_ += count;
    if (taken_ != buffer_.size() && taken_ < kTakenBytesMax) return;
    const size_t left = buffer_.size() - taken_;
    std::memmove(buffer_.data(), buffer_.data() + taken_, left);
    buffer_.truncate(left);
    summed_ -= taken_;
    taken_ = 0;
  }

  Status acl(const archive::AclList& list) {
    wire::Writer writer(acls_);
    writer.write_long(list.ref());
    if (list.null()) {
      writer.write_null();
    } else {
      writer.write_count(static_cast<size_t>(list.entries_size()));
    }
    for (const archive::Acl& entry : list.entries()) {
      writer.write_int(entry.permissions());
      writer.write_opt(opt(entry.has_scheme(), entry.scheme()));
      writer.write_opt(opt(entry.has_id(), entry.id()));
    }
    ++acl_count_;
    return limited(acls_);
  }
  Status session(const archive::Session& session) {
    wire::Writer writer(sessions_);
    write(writer, wire::SessionEntry{session.session_id(), session.timeout_ms()});
    ++session_count_;
    return limited(sessions_);
  }
  Status node(const archive::Znode& node) {
    tables();
    wire::Writer writer(buffer_);
    writer.write_string(node.path());
    writer.write_opt(opt(node.has_data(), node.data()));
    writer.write_long(node.acl_ref());
    wire::StatPersisted stat;
    stat.czxid = node.czxid();
    stat.mzxid = node.mzxid();
    stat.ctime = node.ctime_ms();
    stat.mtime = node.mtime_ms();
    stat.version = node.version();
    stat.cversion = node.cversion();
    stat.aversion = node.aversion();
    stat.ephemeral_owner = node.ephemeral_owner();
    stat.pzxid = node.pzxid();
    write(writer, stat);
    sum();
    return Unit{};
  }
  Status end(const archive::SnapshotEnd& end) {
    tables();
    wire::Writer writer(buffer_);
    writer.write_string("/");
    seal();
    if (end.has_tree_digest()) {
      writer.write_long(end.digest_zxid());
      writer.write_int(end.digest_version());
      writer.write_long(end.tree_digest());
      seal();
    }
    if (end.has_last_zxid()) {
      writer.write_long(end.last_zxid());
      seal();
    }
    return Unit{};
  }

 private:
  static Status limited(const Buffer& table) {
    if (table.size() <= kTableBytesMax) return Unit{};
    return Error{Errc::kFull, "a table of ACLs or sessions is too large"};
  }
  void tables() {
    if (tables_written_) return;
    tables_written_ = true;
    wire::Writer writer(buffer_);
    writer.write_count(session_count_);
    writer.write_raw(sessions_.view());
    writer.write_count(acl_count_);
    writer.write_raw(acls_.view());
    sessions_ = {};
    acls_ = {};
    sum();
  }
  void seal() {
    sum();
    wire::Writer writer(buffer_);
    writer.write_long(adler_);
    writer.write_string("/");
    sum();
  }
  void sum() {
    adler_ = libdeflate_adler32(adler_, buffer_.data() + summed_, buffer_.size() - summed_);
    summed_ = buffer_.size();
  }

  Buffer buffer_, sessions_, acls_;
  size_t taken_ = 0, summed_ = 0;  // of buffer_
  size_t session_count_ = 0, acl_count_ = 0;
  bool tables_written_ = false;
  uint32_t adler_ = 1;
};

// One stream of entries, of which the first half is read as a snapshot and the second as a log.
class ArchiveOrigin final : public Origin {
 public:
  static Result<std::unique_ptr<Origin>> open(FileSystem& files, const std::string& path) {
    auto reader = ArchiveReader::open(files, path);
    if (!reader) return reader.error();
    std::unique_ptr<ArchiveOrigin> origin(new ArchiveOrigin(*std::move(reader)));
    if (Status begun = origin->begin(); !begun) return begun.error();
    return std::unique_ptr<Origin>(std::move(origin));
  }

  [[nodiscard]] Zxid snapshot_name() const override { return Zxid{header_.snapshot_zxid()}; }
  [[nodiscard]] Epochs epochs() const override {
    Epochs epochs;
    if (header_.has_accepted_epoch()) epochs.accepted = header_.accepted_epoch();
    if (header_.has_current_epoch()) epochs.current = header_.current_epoch();
    return epochs;
  }
  SnapshotReader& snapshot() override { return snapshot_; }
  TxnReader& transactions() override { return log_; }

  Status complete(const Transferred& carried) override {
    const archive::Trailer& trailer = entry_.trailer();
    if (!entry_.has_trailer()) return malformed("it ends without a trailer");
    if (trailer.acls() != carried.acls || trailer.sessions() != carried.sessions ||
        trailer.znodes() != carried.znodes || trailer.transactions() != carried.transactions ||
        trailer.last_zxid() != carried.last.value) {
      return malformed("its trailer counts other entries than it holds");
    }
    Entry behind;
    auto there = reader_->next(behind);
    if (!there) return there.error();
    return *there ? malformed("entries follow the trailer") : Status(Unit{});
  }

 private:
  class Snapshot final : public SnapshotReader {
   public:
    explicit Snapshot(ArchiveOrigin& origin) : origin_(origin) {}
    Result<size_t> read(char* to, size_t count) override { return origin_.read(to, count); }

   private:
    ArchiveOrigin& origin_;
  };
  class Log final : public TxnReader {
   public:
    explicit Log(ArchiveOrigin& origin) : origin_(origin) {}
    Result<std::optional<Record>> next() override { return origin_.next_transaction(); }

   private:
    ArchiveOrigin& origin_;
  };

  explicit ArchiveOrigin(std::unique_ptr<ArchiveReader> reader) : reader_(std::move(reader)) {}

  static Error malformed(const std::string& why) {
    return {Errc::kCorrupt, "the archive is damaged: " + why};
  }

  Status begin() {
    auto there = reader_->next(entry_);
    if (!there) return there.error();
    if (!*there || !entry_.has_header()) return malformed("it does not begin with a header");
    header_ = entry_.header();
    if (header_.version() != kArchiveVersion) {
      return Error{Errc::kUnsupported, "the archive has format version " +
                                           std::to_string(header_.version()) +
                                           ", and this program reads 1"};
    }
    bytes_.emplace(header_.snapshot_dbid());
    return Unit{};
  }

  // The next entry, which has to be of a kind that may stand there.
  Status advance() {
    auto there = reader_->next(entry_);
    if (!there) return there.error();
    if (!*there) return malformed("it ends without a trailer");
    const int kind = static_cast<int>(entry_.entry_case());
    const bool end_needed = kind > static_cast<int>(Entry::kSnapshotEnd) && !ended_;
    if (kind < kind_ || kind <= static_cast<int>(Entry::kHeader) || end_needed ||
        (ended_ && kind == static_cast<int>(Entry::kSnapshotEnd))) {
      return malformed("its entries are out of order");
    }
    kind_ = kind;
    return Unit{};
  }

  Result<size_t> read(char* to, size_t count) {
    // Receivers like large pieces.
    while (bytes_->ready().size() < count && !ended_) {
      if (Status advanced = advance(); !advanced) return advanced.error();
      if (Status added = add_entry(); !added) return added.error();
    }
    const Bytes given = bytes_->ready().substr(0, count);
    std::copy(given.begin(), given.end(), to);
    const size_t size = given.size();
    bytes_->take(size);
    return size;
  }

  Status add_entry() {
    switch (entry_.entry_case()) {
      case Entry::kAcl:
        return bytes_->acl(entry_.acl());
      case Entry::kSession:
        return bytes_->session(entry_.session());
      case Entry::kZnode:
        return bytes_->node(entry_.znode());
      case Entry::kSnapshotEnd:
        ended_ = true;
        return bytes_->end(entry_.snapshot_end());
      default:
        return malformed("an entry is of an unknown kind");
    }
  }

  Result<std::optional<TxnReader::Record>> next_transaction() {
    if (Status advanced = advance(); !advanced) return advanced.error();
    if (entry_.has_trailer()) return std::optional<TxnReader::Record>{};
    if (entry_.entry_case() != Entry::kTransaction) {
      return malformed("an entry is of an unknown kind");
    }
    const std::string& record = entry_.transaction();
    if (record.size() < file_storage::kTxnHeaderBytes ||
        record.size() > file_storage::kRecordBytesMax) {
      return malformed("a transaction has an impossible length");
    }
    return std::optional(TxnReader::Record{file_storage::zxid_of(record.data()), record});
  }

  std::unique_ptr<ArchiveReader> reader_;
  archive::Header header_;
  Entry entry_;  // the last that was read
  int kind_ = 0;
  bool ended_ = false;  // the snapshot's entries were read
  std::optional<SnapshotBytes> bytes_;
  Snapshot snapshot_{*this};
  Log log_{*this};
};

}  // namespace

Result<std::unique_ptr<Origin>> open_archive(FileSystem& files, const std::string& path) {
  return ArchiveOrigin::open(files, path);
}

}  // namespace zookernel::db_tool
