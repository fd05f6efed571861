#include <libdeflate.h>

#include <algorithm>

#include "plugins/storage/file/file_storage.h"
#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/log_format.h"
#include "tools/db/archive/archive.h"
#include "tools/db/archive/archive_file.h"
#include "tools/db/storage_host.h"
#include "zookernel/log.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::db_tool {
namespace {

using archive::Entry;

// Bytes of a table that are held until its count is known, which stands before it in a snapshot.
constexpr size_t kTableBytesMax = size_t{1} << 30;
constexpr size_t kFlushBytes = 1 << 20;
constexpr size_t kRecordsAtOnce = 1000;

wire::OptBytes opt(bool there, const std::string& bytes) {
  return {there ? Bytes(bytes) : Bytes{}, !there};
}

// Makes the snapshot's bytes from the entries.
class SnapshotBytes {
 public:
  explicit SnapshotBytes(SnapshotWriter& to) : to_(to) {}

  Status header(int64_t dbid) {
    wire::Writer writer(buffer_);
    write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, dbid});
    return flush();
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
    if (Status done = tables(); !done) return done;
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
    return buffer_.size() < kFlushBytes ? Status(Unit{}) : flush();
  }
  Status end(const archive::SnapshotEnd& end) {
    if (Status done = tables(); !done) return done;
    wire::Writer writer(buffer_);
    writer.write_string("/");
    if (Status done = seal(); !done) return done;
    if (end.has_tree_digest()) {
      writer.write_long(end.digest_zxid());
      writer.write_int(end.digest_version());
      writer.write_long(end.tree_digest());
      if (Status done = seal(); !done) return done;
    }
    if (end.has_last_zxid()) {
      writer.write_long(end.last_zxid());
      if (Status done = seal(); !done) return done;
    }
    return Unit{};
  }

 private:
  static Status limited(const Buffer& table) {
    if (table.size() <= kTableBytesMax) return Unit{};
    return Error{Errc::kFull, "a table of ACLs or sessions is too large"};
  }
  Status tables() {
    if (tables_written_) return Unit{};
    tables_written_ = true;
    wire::Writer writer(buffer_);
    writer.write_count(session_count_);
    writer.write_raw(sessions_.view());
    writer.write_count(acl_count_);
    writer.write_raw(acls_.view());
    sessions_ = {};
    acls_ = {};
    return flush();
  }
  Status seal() {
    adler_ = libdeflate_adler32(adler_, buffer_.data(), buffer_.size());
    const uint32_t sum = adler_;
    if (Status written = to_.write(buffer_.view()); !written) return written;
    buffer_.clear();
    wire::Writer writer(buffer_);
    writer.write_long(sum);
    writer.write_string("/");
    return flush();
  }
  Status flush() {
    adler_ = libdeflate_adler32(adler_, buffer_.data(), buffer_.size());
    Status written = to_.write(buffer_.view());
    buffer_.clear();
    return written;
  }

  SnapshotWriter& to_;
  Buffer buffer_, sessions_, acls_;
  size_t session_count_ = 0, acl_count_ = 0;
  bool tables_written_ = false;
  uint32_t adler_ = 1;
};

class Import {
 public:
  Import(ArchiveReader& reader, Storage& storage) : reader_(reader), storage_(storage) {}

  Result<Transferred> run() {
    Entry entry;
    auto there = reader_.next(entry);
    if (!there) return there.error();
    if (!*there || !entry.has_header()) return malformed("it does not begin with a header");
    const archive::Header header = entry.header();
    if (header.version() != kArchiveVersion) {
      return Error{Errc::kUnsupported, "the archive has format version " +
                                           std::to_string(header.version()) +
                                           ", and this program reads 1"};
    }
    const Zxid name{header.snapshot_zxid()};
    counts_.last = name;
    auto snapshot = storage_.begin_snapshot(name);
    if (!snapshot) return snapshot.error();
    SnapshotBytes bytes(**snapshot);
    if (Status begun = bytes.header(header.snapshot_dbid()); !begun) return begun.error();
    for (;;) {
      there = reader_.next(entry);
      if (!there) return there.error();
      if (!*there) return malformed("it ends without a trailer");
      if (Status ordered = check_order(entry); !ordered) return ordered.error();
      if (entry.has_trailer()) break;
      if (Status taken = take(entry, bytes); !taken) return taken.error();
    }
    if (Status checked = check(entry.trailer()); !checked) return checked.error();
    there = reader_.next(entry);
    if (!there) return there.error();
    if (*there) return malformed("entries follow the trailer");
    if (Status logged = flush(); !logged) return logged.error();
    if (Status synced = storage_.sync(); !synced) return synced.error();
    if (Status saved = save_epochs(header); !saved) return saved.error();
    // Last: without it no server takes the directory for one.
    if (Status finished = (*snapshot)->finish(); !finished) return finished.error();
    return counts_;
  }

 private:
  static Error malformed(const std::string& why) {
    return {Errc::kCorrupt, "the archive is damaged: " + why};
  }

  Status check_order(const Entry& entry) {
    const int kind = static_cast<int>(entry.entry_case());
    const bool end_needed = kind > static_cast<int>(Entry::kSnapshotEnd) && !ended_;
    if (kind < kind_ || kind <= static_cast<int>(Entry::kHeader) || end_needed ||
        (ended_ && kind == static_cast<int>(Entry::kSnapshotEnd))) {
      return malformed("its entries are out of order");
    }
    kind_ = kind;
    return Unit{};
  }

  Status take(const Entry& entry, SnapshotBytes& bytes) {
    switch (entry.entry_case()) {
      case Entry::kAcl:
        ++acls_;
        return bytes.acl(entry.acl());
      case Entry::kSession:
        ++counts_.sessions;
        return bytes.session(entry.session());
      case Entry::kZnode:
        ++counts_.znodes;
        return bytes.node(entry.znode());
      case Entry::kSnapshotEnd:
        ended_ = true;
        return bytes.end(entry.snapshot_end());
      case Entry::kTransaction:
        return transaction(entry.transaction());
      default:
        return malformed("an entry is of an unknown kind");
    }
  }

  Status transaction(const std::string& record) {
    if (record.size() < file_storage::kTxnHeaderBytes ||
        record.size() > file_storage::kRecordBytesMax) {
      return malformed("a transaction has an impossible length");
    }
    const Zxid zxid = file_storage::zxid_of(record.data());
    const auto order = file_storage::order_of(counts_.last, zxid);
    if (order == file_storage::Order::kGap || order == file_storage::Order::kBack) {
      return malformed("transaction " + hex(zxid.value) + " follows " + hex(counts_.last.value));
    }
    counts_.last = zxid;
    ++counts_.transactions;
    records_.push_back({zxid, SharedBytes(Bytes(record))});
    record_bytes_ += record.size();
    return records_.size() < kRecordsAtOnce && record_bytes_ < kFlushBytes ? Status(Unit{})
                                                                           : flush();
  }

  Status flush() {
    if (records_.empty()) return Unit{};
    Status appended = storage_.append(records_);
    records_.clear();
    record_bytes_ = 0;
    return appended;
  }

  Status check(const archive::Trailer& trailer) const {
    if (trailer.acls() == acls_ && trailer.sessions() == counts_.sessions &&
        trailer.znodes() == counts_.znodes && trailer.transactions() == counts_.transactions &&
        trailer.last_zxid() == counts_.last.value) {
      return Unit{};
    }
    return malformed("its trailer counts other entries than it holds");
  }

  Status save_epochs(const archive::Header& header) {
    Epochs epochs;
    if (header.has_accepted_epoch()) epochs.accepted = header.accepted_epoch();
    if (header.has_current_epoch()) epochs.current = header.current_epoch();
    if (!epochs.accepted && !epochs.current) return Unit{};
    return storage_.save(epochs);
  }

  ArchiveReader& reader_;
  Storage& storage_;
  int kind_ = 0;
  bool ended_ = false;
  uint64_t acls_ = 0;
  Transferred counts_;
  std::vector<LogRecord> records_;
  size_t record_bytes_ = 0;
};

Status check_empty(FileSystem& files, const std::string& data_dir) {
  const std::string folder = file_storage::join(data_dir, file_storage::kVersionFolder);
  if (!files.exists(folder)) return Unit{};
  auto listing = file_storage::list_directory(files, folder);
  if (!listing) return listing.error();
  if (listing->logs.empty() && listing->snapshots.empty()) return Unit{};
  return Error{Errc::kExists, folder + " holds logs or snapshots already: name an empty directory"};
}

}  // namespace

Result<Transferred> import_archive(FileSystem& files, const std::string& archive,
                                   const std::string& data_dir, const std::string& log_dir) {
  const std::string logs = log_dir.empty() ? data_dir : log_dir;
  for (const std::string& directory : {data_dir, logs}) {
    if (Status empty = check_empty(files, directory); !empty) return empty.error();
  }
  auto reader = ArchiveReader::open(files, archive);
  if (!reader) return reader.error();

  StorageHost host(files);
  const StorageSettings settings(
      {{"dataDir", data_dir}, {"dataLogDir", logs}, {"preAllocSize", "0"}});
  file_storage::FileStorage storage;
  if (Status configured = storage.configure(settings, host); !configured) return configured.error();
  if (Status started = storage.start(); !started) return started.error();
  if (Status ready = storage.recovered(Zxid{}); !ready) return ready.error();
  auto done = Import(**reader, storage).run();
  storage.stop();
  return done;
}

}  // namespace zookernel::db_tool
