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
  if (!orphans_.empty() && take_orphan()) connection = nullptr;
  if (connection != nullptr && !connection->pending.empty() &&
      (connection->pending.front().zxid == record.zxid || is_answer(connection->pending.front()))) {
    const PendingRequest pending = take_pending(*connection);
    // The client has gone to another server: what it does here is over.
    if (applied_.error == ErrorCode::kSessionMoved) {
      close_connection(*connection);
    } else {
      deliver(*connection, pending);
      if (!applied_.session_closed) run_ready(*connection);
    }
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
    case Opcode::kReconfig:
      return put_data(tree_.nodes().find(result.path), writer);
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

void Server::Impl::on_created(const ChangedNode& node, const ChangedNode& parent) {
  watches_.node_created(node.path, node.id);
  fire(wire::EventType::kNodeCreated, node, WatchList::kData, WatchTable::Told::kNobody,
       statistics_.created_watches);
  fire(wire::EventType::kNodeChildrenChanged, parent, WatchList::kChild, WatchTable::Told::kNobody,
       statistics_.children_watches);
}

void Server::Impl::on_deleted(const ChangedNode& node, const ChangedNode& parent) {
  fire(wire::EventType::kNodeDeleted, node, WatchList::kData, WatchTable::Told::kNobody,
       statistics_.deleted_watches);
  // Who was just told does not hear it again.
  fire(wire::EventType::kNodeDeleted, node, WatchList::kChild, WatchTable::Told::kAsBefore,
       statistics_.deleted_watches);
  watches_.node_deleted(node.path, node.id);
  fire(wire::EventType::kNodeChildrenChanged, parent, WatchList::kChild, WatchTable::Told::kNobody,
       statistics_.children_watches);
}

void Server::Impl::on_data_changed(const ChangedNode& node) {
  fire(wire::EventType::kNodeDataChanged, node, WatchList::kData, WatchTable::Told::kNobody,
       statistics_.changed_watches);
}

void Server::Impl::fire(wire::EventType type, const ChangedNode& node, WatchList list,
                        WatchTable::Told told, Summary& watches) {
  fired_.clear();
  const size_t taken = watches_.take({node.id, node.parent}, list, told, fired_);
  if (taken == 0) return;  // not counted either, as in Apache
  watches.add(static_cast<int64_t>(taken));
  // The same bytes for all.
  event_.clear();
  write_event(event_, type, node.path, applied_.header.zxid);
  const std::vector<AclEntry>& acl = tree_.acls().list(node.acl);
  for (const ConnId id : fired_) {
    Connection* connection = find(id);
    // Who may not read the znode is not told, and the watch is used up all the same.
    if (connection == nullptr ||
        !schemes_.allows(connection->identities, acl, wire::kPermRead, node.path))
      continue;
    send_event(*connection, event_.view());
  }
}

void Server::Impl::write_event(Buffer& out, wire::EventType type, Bytes path, int64_t zxid) {
  const size_t frame = wire::begin_frame(out);
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{wire::kXidNotification, zxid, 0});
  writer.write_int(static_cast<int32_t>(type));
  writer.write_int(static_cast<int32_t>(wire::KeeperState::kSyncConnected));
  writer.write_string(path);
  wire::end_frame(out, frame);
}

void Server::Impl::send_event(Connection& connection, Bytes event) {
  output(connection).append(event);
  statistics_.watch_bytes.add(static_cast<int64_t>(event.size()));
  ++connection.sent;
  ++statistics_.packets_sent;
}

}  // namespace zookernel::core
