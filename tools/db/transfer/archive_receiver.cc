#include "tools/db/archive/archive_file.h"
#include "tools/db/archive_schema.h"
#include "tools/db/transfer/transfer.h"

namespace zookernel::db_tool {
namespace {

// A visitor cannot fail, so the first error is kept and told at the end.
class ArchiveReceiver final : public Receiver {
 public:
  explicit ArchiveReceiver(std::unique_ptr<ArchiveWriter> writer) : writer_(std::move(writer)) {}

  Status begin(const Origin& origin) override {
    archive::Header& header = *entry_.mutable_header();
    header.set_version(kArchiveVersion);
    header.set_schema(kArchiveSchema);
    header.set_writer(std::string("zookernel ") + ZOOKERNEL_VERSION);
    header.set_snapshot_zxid(origin.snapshot_name().value);
    header.set_snapshot_dbid(wire::kSnapshotDbId);
    const Epochs epochs = origin.epochs();
    if (epochs.accepted) header.set_accepted_epoch(*epochs.accepted);
    if (epochs.current) header.set_current_epoch(*epochs.current);
    put_entry();
    return status_;
  }

  // In the order of the archive; sessions stand before ACLs in a snapshot, so they are held back:
  // they are few.
  SnapshotVisitor visitor() override {
    SnapshotVisitor visitor;
    visitor.session = [this](const wire::SessionEntry& session) { sessions_.push_back(session); };
    visitor.acl = [this](int64_t ref, const wire::AclListView& list) { put_acl(ref, list); };
    visitor.node = [this](const SnapshotNode& node) {
      put_sessions();
      put_node(node);
    };
    visitor.digest = [this](const wire::SnapshotDigest& digest) {
      end_.set_digest_zxid(digest.zxid);
      end_.set_digest_version(digest.version);
      end_.set_tree_digest(digest.tree_digest);
    };
    visitor.last_zxid = [this](Zxid last) { end_.set_last_zxid(last.value); };
    return visitor;
  }

  // A disk that fills up is told while it does.
  Status snapshot_bytes(Bytes) override { return status_; }

  Status snapshot_end() override {
    put_sessions();
    *entry_.mutable_snapshot_end() = end_;
    put_entry();
    return status_;
  }

  Status transaction(Zxid, Bytes record) override {
    entry_.set_transaction(record.data(), record.size());
    put_entry();
    return status_;
  }

  Status finish(const Transferred& carried) override {
    archive::Trailer& trailer = *entry_.mutable_trailer();
    trailer.set_acls(carried.acls);
    trailer.set_sessions(carried.sessions);
    trailer.set_znodes(carried.znodes);
    trailer.set_transactions(carried.transactions);
    trailer.set_last_zxid(carried.last.value);
    put_entry();
    return status_ ? writer_->finish() : status_;
  }

 private:
  void put_entry() {
    if (status_) status_ = writer_->write(entry_);
  }

  void put_sessions() {
    for (const wire::SessionEntry& session : sessions_) {
      archive::Session& to = *entry_.mutable_session();
      to.Clear();
      to.set_session_id(session.session_id);
      to.set_timeout_ms(session.timeout);
      put_entry();
    }
    sessions_.clear();
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
  }

  void put_node(const SnapshotNode& node) {
    archive::Znode& to = *entry_.mutable_znode();
    to.Clear();
    to.set_path(node.path.bytes.data(), node.path.bytes.size());
    if (!node.data.null) to.set_data(node.data.bytes.data(), node.data.bytes.size());
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
  }

  std::unique_ptr<ArchiveWriter> writer_;
  archive::Entry entry_;  // kept for its memory
  archive::SnapshotEnd end_;
  std::vector<wire::SessionEntry> sessions_;
  Status status_{Unit{}};
};

}  // namespace

Result<std::unique_ptr<Receiver>> make_archive(FileSystem& files, const std::string& path) {
  auto writer = ArchiveWriter::create(files, path);
  if (!writer) return writer.error();
  return std::unique_ptr<Receiver>(std::make_unique<ArchiveReceiver>(*std::move(writer)));
}

}  // namespace zookernel::db_tool
