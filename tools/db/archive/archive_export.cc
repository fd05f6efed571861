#include "plugins/storage/file/file_storage.h"
#include "plugins/storage/file/snapshot_reader.h"
#include "tools/db/archive/archive.h"
#include "tools/db/archive/archive_file.h"
#include "tools/db/archive_schema.h"
#include "tools/db/snapshot_walk.h"
#include "tools/db/storage_host.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

// A visitor cannot fail, so the first error is kept and told at the end.
class Export {
 public:
  explicit Export(ArchiveWriter& writer) : writer_(writer) {}

  void header(const Database& database) {
    archive::Header& header = *entry_.mutable_header();
    header.set_version(kArchiveVersion);
    header.set_schema(kArchiveSchema);
    header.set_writer(std::string("zookernel ") + ZOOKERNEL_VERSION);
    header.set_snapshot_zxid(database.snapshot->value);
    header.set_snapshot_dbid(wire::kSnapshotDbId);
    if (database.epochs.accepted) header.set_accepted_epoch(*database.epochs.accepted);
    if (database.epochs.current) header.set_current_epoch(*database.epochs.current);
    put_entry();
  }

  // In the order of the archive; sessions stand before ACLs in the file, so they are held back:
  // they are few.
  Status snapshot(SnapshotReader& reader) {
    std::vector<wire::SessionEntry> sessions;
    bool sessions_written = false;
    const auto write_sessions = [&] {
      if (sessions_written) return;
      sessions_written = true;
      for (const wire::SessionEntry& session : sessions) put_session(session);
    };
    archive::SnapshotEnd end;
    SnapshotVisitor visitor;
    visitor.session = [&](const wire::SessionEntry& session) { sessions.push_back(session); };
    visitor.acl = [this](int64_t ref, const wire::AclListView& list) { put_acl(ref, list); };
    visitor.node = [&](const SnapshotNode& node) {
      write_sessions();
      put_node(node);
    };
    visitor.digest = [&end](const wire::SnapshotDigest& digest) {
      end.set_digest_zxid(digest.zxid);
      end.set_digest_version(digest.version);
      end.set_tree_digest(digest.tree_digest);
    };
    visitor.last_zxid = [&end](Zxid last) { end.set_last_zxid(last.value); };
    if (Status walked = walk_snapshot(reader, visitor); !walked) return walked;
    write_sessions();
    *entry_.mutable_snapshot_end() = end;
    put_entry();
    return status_;
  }

  Status transactions(TxnReader& reader) {
    for (;;) {
      auto record = reader.next();
      if (!record) return record.error();
      if (!*record) return status_;
      entry_.set_transaction(std::string((*record)->body));
      put_entry();
      ++counts_.transactions;
      if (!status_) return status_;
    }
  }

  Result<Transferred> trailer(Zxid last) {
    counts_.last = last;
    archive::Trailer& trailer = *entry_.mutable_trailer();
    trailer.set_acls(acls_);
    trailer.set_sessions(counts_.sessions);
    trailer.set_znodes(counts_.znodes);
    trailer.set_transactions(counts_.transactions);
    trailer.set_last_zxid(last.value);
    put_entry();
    if (!status_) return status_.error();
    if (Status finished = writer_.finish(); !finished) return finished.error();
    return counts_;
  }

 private:
  void put_entry() {
    if (status_) status_ = writer_.write(entry_);
  }

  void put_session(const wire::SessionEntry& session) {
    archive::Session& to = *entry_.mutable_session();
    to.Clear();
    to.set_session_id(session.session_id);
    to.set_timeout_ms(session.timeout);
    put_entry();
    ++counts_.sessions;
  }

  void put_acl(int64_t ref, const wire::AclListView& list) {
    archive::AclList& to = *entry_.mutable_acl();
    to.Clear();
    to.set_ref(ref);
    to.set_null(list.null);
    for (const wire::AclView& view : list.entries) {
      archive::Acl& entry = *to.add_entries();
      entry.set_permissions(view.perms);
      if (!view.scheme.null) entry.set_scheme(std::string(view.scheme.bytes));
      if (!view.id.null) entry.set_id(std::string(view.id.bytes));
    }
    put_entry();
    ++acls_;
  }

  void put_node(const SnapshotNode& node) {
    archive::Znode& to = *entry_.mutable_znode();
    to.Clear();
    to.set_path(std::string(node.path.bytes));
    if (!node.data.null) to.set_data(std::string(node.data.bytes));
    to.set_acl_ref(node.acl_ref);
    to.set_czxid(node.stat.czxid);
    to.set_mzxid(node.stat.mzxid);
    to.set_pzxid(node.stat.pzxid);
    to.set_ctime_ms(node.stat.ctime);
    to.set_mtime_ms(node.stat.mtime);
    to.set_version(node.stat.version);
    to.set_cversion(node.stat.cversion);
    to.set_aversion(node.stat.aversion);
    to.set_ephemeral_owner(node.stat.ephemeral_owner);
    put_entry();
    ++counts_.znodes;
  }

  ArchiveWriter& writer_;
  archive::Entry entry_;  // kept for its memory
  uint64_t acls_ = 0;
  Transferred counts_;
  Status status_{Unit{}};
};

}  // namespace

Result<Transferred> export_archive(FileSystem& files, const Places& places,
                                   const std::string& archive) {
  auto database = load_database(files, places, false);
  if (!database) return database.error();
  if (!database->snapshot) {
    return Error{Errc::kNotFound,
                 places.snapshots + " holds no snapshot: there is nothing to export"};
  }
  const Zxid last = database->tree->last_zxid();
  // Checking took a tree; copying does not.
  database->tree.reset();

  StorageHost host(files);
  const StorageSettings settings(
      {{"dataDir", parent_of(places.snapshots)}, {"dataLogDir", parent_of(places.logs)}});
  file_storage::FileStorage storage;
  if (Status configured = storage.configure(settings, host); !configured) return configured.error();
  auto snapshot = storage.read_snapshot(*database->snapshot);
  if (!snapshot) return snapshot.error();
  auto log = storage.read_log(database->snapshot->next());
  if (!log) return log.error();

  auto writer = ArchiveWriter::create(files, archive);
  if (!writer) return writer.error();
  Export to(**writer);
  to.header(*database);
  if (Status done = to.snapshot(**snapshot); !done) return done.error();
  if (Status done = to.transactions(**log); !done) return done.error();
  return to.trailer(last);
}

}  // namespace zookernel::db_tool
