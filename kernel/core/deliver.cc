// Transactions that are committed: applied to the tree, answered to who asked, told to who watches.
#include <algorithm>

#include "kernel/core/path.h"
#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

void Server::Impl::apply(const LogRecord& record) {
  const Status applied = tree_.apply(record.body.view(), this, applied_);
  ZOOKERNEL_ASSERT(applied.ok());  // we, or our leader, made this record
  preparer_.applied(record.zxid);
  const SessionId id{applied_.header.client_id};
  Session* session = sessions_.find(id);
  if (applied_.session_created) {
    if (session == nullptr) session = &sessions_.add(id, applied_.session_timeout_ms);
    session->committed = true;
  }
  Connection* connection = session == nullptr ? nullptr : session->connection;
  if (connection != nullptr && !connection->pending.empty() &&
      connection->pending.front().zxid == record.zxid) {
    const PendingRequest pending = take_pending(*connection);
    deliver(*connection, pending);
    if (!applied_.session_closed) run_ready(*connection);
  }
  if (applied_.session_closed) session_ended(id);
}

void Server::Impl::deliver(Connection& connection, const PendingRequest& pending) {
  if (pending.opcode == Opcode::kCreateSession)
    return answer_connect(connection, connection.session_id, connection.timeout_ms);
  const int64_t zxid = applied_.header.zxid;
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  if (applied_.header.type == static_cast<int32_t>(Opcode::kMulti)) {
    wire::write(writer, wire::ReplyHeader{pending.xid, zxid, 0});  // the results say what failed
    write_multi_results(writer);
  } else {
    wire::write(writer, wire::ReplyHeader{pending.xid, zxid, static_cast<int32_t>(applied_.error)});
    if (applied_.error == ErrorCode::kOk && !applied_.ops.empty())
      write_result(writer, applied_.ops.front(), pending.opcode);
  }
  end_reply(out, frame);
  account(connection, pending.opcode, pending.xid, zxid, pending.received_ms);
}

void Server::Impl::write_result(wire::Writer& writer, const OpResult& result, Opcode opcode) {
  switch (opcode) {
    case Opcode::kCreate:
      return writer.write_string(result.path);
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      writer.write_string(result.path);
      return wire::write(writer, result.stat);
    case Opcode::kSetData:
    case Opcode::kSetAcl:
      return wire::write(writer, result.stat);
    default:
      return;  // delete, check, closeSession: the header says it all
  }
}

void Server::Impl::write_multi_results(wire::Writer& writer) {
  for (const OpResult& op : applied_.ops) {
    if (op.type == Opcode::kError) {
      // The multi failed: before the failure 0, at it its code, after it "inconsistent".
      const auto code = static_cast<int32_t>(op.error);
      wire::write(writer, wire::MultiHeader{static_cast<int32_t>(Opcode::kError), false, code});
      writer.write_int(code);
      continue;
    }
    const bool with_stat = op.type == Opcode::kCreateContainer || op.type == Opcode::kCreateTtl;
    const Opcode shown = with_stat ? Opcode::kCreate2 : op.type;
    wire::write(writer, wire::MultiHeader{static_cast<int32_t>(shown), false, 0});
    write_result(writer, op, shown);
  }
  wire::write_multi_end(writer);
}

// ---- watch events, in Apache's order: the znode's own before its parent's

void Server::Impl::on_created(Bytes path, AclId acl, AclId parent_acl) {
  fired_.clear();
  watches_.take(path, WatchList::kData, fired_);
  statistics_.created_watches.add(static_cast<int64_t>(fired_.size()));
  fire(wire::EventType::kNodeCreated, path, acl, fired_);
  fired_.clear();
  watches_.take(parent_of(path), WatchList::kChild, fired_);
  statistics_.children_watches.add(static_cast<int64_t>(fired_.size()));
  fire(wire::EventType::kNodeChildrenChanged, parent_of(path), parent_acl, fired_);
}

void Server::Impl::on_deleted(Bytes path, AclId acl, AclId parent_acl) {
  fired_.clear();
  watches_.take(path, WatchList::kData, fired_);
  fire(wire::EventType::kNodeDeleted, path, acl, fired_);
  fired_child_.clear();
  watches_.take(path, WatchList::kChild, fired_child_);
  // Who watched both hears it once.
  std::erase_if(fired_child_, [this](ConnId conn) {
    return std::find(fired_.begin(), fired_.end(), conn) != fired_.end();
  });
  statistics_.deleted_watches.add(static_cast<int64_t>(fired_.size() + fired_child_.size()));
  fire(wire::EventType::kNodeDeleted, path, acl, fired_child_);
  fired_.clear();
  watches_.take(parent_of(path), WatchList::kChild, fired_);
  statistics_.children_watches.add(static_cast<int64_t>(fired_.size()));
  fire(wire::EventType::kNodeChildrenChanged, parent_of(path), parent_acl, fired_);
}

void Server::Impl::on_data_changed(Bytes path, AclId acl) {
  fired_.clear();
  watches_.take(path, WatchList::kData, fired_);
  statistics_.changed_watches.add(static_cast<int64_t>(fired_.size()));
  fire(wire::EventType::kNodeDataChanged, path, acl, fired_);
}

void Server::Impl::fire(wire::EventType type, Bytes path, AclId acl, std::span<const ConnId> to) {
  for (const ConnId id : to) {
    Connection* connection = find(id);
    // Who may not read the znode is not told, and the watch is used up all the same.
    if (connection == nullptr ||
        !schemes_.allows(connection->identities, tree_.acls().list(acl), wire::kPermRead, path))
      continue;
    notify(*connection, type, path, applied_.header.zxid);
  }
}

void Server::Impl::notify(Connection& connection, wire::EventType type, Bytes path, int64_t zxid) {
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{wire::kXidNotification, zxid, 0});
  writer.write_int(static_cast<int32_t>(type));
  writer.write_int(static_cast<int32_t>(wire::KeeperState::kSyncConnected));
  writer.write_string(path);
  end_reply(out, frame);
  statistics_.watch_bytes.add(static_cast<int64_t>(out.size() - frame));
  ++connection.sent;
  ++statistics_.packets_sent;
}

}  // namespace zookernel::core
