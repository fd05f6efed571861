// What is answered from the tree, without a transaction.
#include <algorithm>

#include "kernel/core/path.h"
#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;
using wire::OptBytes;

namespace {

// Room that a list of children gets on the strength of its first name. Longer lists grow from
// there.
constexpr size_t kChildrenRoomMax = size_t{64} << 20;

}  // namespace

void Server::Impl::answer_read(Connection& connection, int32_t xid, Opcode opcode, Bytes body,
                               uint32_t identities, int64_t received_ms) {
  Buffer& out = output(connection);
  const size_t frame = wire::begin_frame(out);
  const size_t header = out.size();
  const int64_t zxid = tree_.last_zxid().value;
  wire::Writer writer(out);
  wire::write(writer, wire::ReplyHeader{opcode == Opcode::kPing ? wire::kXidPing : xid, zxid, 0});
  const size_t start = out.size();
  if (opcode == Opcode::kSetWatches || opcode == Opcode::kSetWatches2) {
    // Its events precede its reply: the reply is begun again behind them.
    out.truncate(frame);
    wire::Reader reader(body, options_.max_field_bytes);
    const ErrorCode error = set_watches(connection, opcode, reader);
    reply(connection, xid, zxid, error);
    return account(connection, opcode, xid, zxid, received_ms);
  }
  const ErrorCode error = read(connection, opcode, body, identities, writer, out);
  if (error != ErrorCode::kOk) {
    if (opcode != Opcode::kMultiRead) out.truncate(start);
    store_be64(out.data() + header + 4,
               static_cast<uint64_t>(error == ErrorCode::kUnimplemented ? -1 : zxid));
    store_be32(out.data() + header + 12, static_cast<uint32_t>(error));
  }
  end_reply(out, frame);
  account(connection, opcode, xid, zxid, received_ms);
  if (error == ErrorCode::kUnimplemented)
    close_connection(connection);  // an opcode that nobody knows: the session stays
}

ErrorCode Server::Impl::read(Connection& connection, Opcode opcode, Bytes body, uint32_t identities,
                             wire::Writer& reply, const Buffer& out) {
  wire::Reader in(body, options_.max_field_bytes);
  switch (opcode) {
    case Opcode::kPing:
      return ErrorCode::kOk;
    case Opcode::kExists:
      return exists(connection, in, identities, reply);
    case Opcode::kGetData:
      return get_data(connection, in, identities, reply);
    case Opcode::kGetAcl:
      return get_acl(connection, in, identities, reply);
    case Opcode::kGetChildren:
      return get_children(connection, in, identities, false, reply);
    case Opcode::kGetChildren2:
      return get_children(connection, in, identities, true, reply);
    case Opcode::kGetEphemerals:
      return get_ephemerals(connection, in, reply);
    case Opcode::kGetAllChildrenNumber:
      return get_all_children_number(connection, in, identities, reply);
    case Opcode::kMultiRead:
      return multi_read(connection, in, identities, reply, out);
    case Opcode::kSync:
      return sync(in, reply);
    case Opcode::kAddWatch:
      return add_watch(connection, in, reply);
    case Opcode::kCheckWatches:
      return check_watches(connection, in);
    case Opcode::kRemoveWatches:
      return remove_watches(connection, in);
    case Opcode::kWhoAmI:
      return who_am_i(connection, identities, reply);
    default:
      return ErrorCode::kUnimplemented;
  }
}

ErrorCode Server::Impl::reach(const Connection& connection, const OptBytes& path,
                              uint32_t identities, int32_t permissions, NodeId& node) const {
  if (path.null) return ErrorCode::kMarshallingError;
  node = tree_.nodes().find(path.bytes);
  if (node == kNoNode) return ErrorCode::kNoNode;
  const std::span<const Identity> ids(connection.identities.data(), identities);
  if (!schemes_.allows(ids, tree_.acls().list(tree_.nodes().node(node).acl), permissions,
                       path.bytes))
    return ErrorCode::kNoAuth;
  return ErrorCode::kOk;
}

ErrorCode Server::Impl::exists(Connection& connection, wire::Reader& in, uint32_t identities,
                               wire::Writer& reply) {
  wire::PathWatchRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  if (!request.path.null && has_nul(request.path.bytes)) return ErrorCode::kBadArguments;
  NodeId node = kNoNode;
  const ErrorCode error = reach(connection, request.path, identities, wire::kPermRead, node);
  // A missing znode can be waited for.
  if (request.watch && (error == ErrorCode::kOk || error == ErrorCode::kNoNode))
    watch(connection, request.path.bytes, node, WatchList::kData);
  if (error == ErrorCode::kOk) wire::write(reply, tree_.client_stat(node));
  return error;
}

ErrorCode Server::Impl::get_data(Connection& connection, wire::Reader& in, uint32_t identities,
                                 wire::Writer& reply) {
  wire::PathWatchRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  NodeId node = kNoNode;
  const ErrorCode error = reach(connection, request.path, identities, wire::kPermRead, node);
  if (error != ErrorCode::kOk) return error;
  if (request.watch) watch(connection, request.path.bytes, node, WatchList::kData);
  put_data(node, reply);
  return ErrorCode::kOk;
}

void Server::Impl::put_data(NodeId node, wire::Writer& reply) {
  if (tree_.nodes().data_is_null(node)) {
    reply.write_null();
  } else {
    reply.write_buffer(tree_.nodes().data(node));
  }
  wire::write(reply, tree_.client_stat(node));
}

// Who may not change the ACL does not see the hashes in it.
ErrorCode Server::Impl::get_acl(Connection& connection, wire::Reader& in, uint32_t identities,
                                wire::Writer& reply) {
  wire::PathRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  NodeId node = kNoNode;
  const ErrorCode error =
      reach(connection, request.path, identities, wire::kPermRead | wire::kPermAdmin, node);
  if (error != ErrorCode::kOk) return error;
  const std::vector<AclEntry>& acl = tree_.acls().list(tree_.nodes().node(node).acl);
  const std::span<const Identity> ids(connection.identities.data(), identities);
  const bool whole = schemes_.allows(ids, acl, wire::kPermAdmin, request.path.bytes);
  reply.write_count(acl.size());
  for (const AclEntry& entry : acl) {
    reply.write_int(entry.permissions);
    reply.write_string(entry.scheme);
    const size_t colon = entry.id.find(':');
    if (!whole && entry.scheme == "digest" && colon != std::string::npos) {
      reply.write_string(entry.id.substr(0, colon + 1) + "x");
    } else {
      reply.write_string(entry.id);
    }
  }
  wire::write(reply, tree_.client_stat(node));
  return ErrorCode::kOk;
}

ErrorCode Server::Impl::get_children(Connection& connection, wire::Reader& in, uint32_t identities,
                                     bool with_stat, wire::Writer& reply) {
  wire::PathWatchRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  NodeId node = kNoNode;
  const ErrorCode error = reach(connection, request.path, identities, wire::kPermRead, node);
  if (error != ErrorCode::kOk) return error;
  if (request.watch) watch(connection, request.path.bytes, node, WatchList::kChild);
  // Names of siblings are mostly alike: a long list gets its room at once, instead of being copied
  // each time that the buffer grows.
  const Node& parent = tree_.nodes().node(node);
  if (parent.first_child != kNoNode) {
    const size_t each = sizeof(int32_t) + tree_.nodes().name(parent.first_child).size() + 1;
    Buffer& out = output(connection);
    out.reserve(out.size() + std::min(parent.child_count * each, kChildrenRoomMax));
  }
  put_children(node, reply);
  if (with_stat) wire::write(reply, tree_.client_stat(node));
  return ErrorCode::kOk;
}

void Server::Impl::put_children(NodeId node, wire::Writer& reply) {
  const NodeTable& nodes = tree_.nodes();
  reply.write_count(nodes.node(node).child_count);
  for (NodeId child = nodes.node(node).first_child; child != kNoNode;
       child = nodes.node(child).next) {
    reply.write_string(nodes.name(child));
  }
}

// The session's ephemerals whose path begins with a text: any text, not only a whole path. Nothing,
// blanks and "/" mean all.
ErrorCode Server::Impl::get_ephemerals(const Connection& connection, wire::Reader& in,
                                       wire::Writer& reply) {
  wire::PathRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  Bytes trimmed = request.path.bytes;
  const auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!trimmed.empty() && is_blank(trimmed.front())) trimmed.remove_prefix(1);
  while (!trimmed.empty() && is_blank(trimmed.back())) trimmed.remove_suffix(1);
  const Bytes prefix = trimmed.empty() || trimmed == "/" ? Bytes() : request.path.bytes;

  std::vector<std::string> paths;
  for (const NodeId node : tree_.ephemerals(connection.session_id)) {
    std::string path = tree_.nodes().path_of(node);
    if (path.starts_with(prefix)) paths.push_back(std::move(path));
  }
  reply.write_count(paths.size());
  for (const std::string& path : paths) reply.write_string(path);
  return ErrorCode::kOk;
}

ErrorCode Server::Impl::get_all_children_number(const Connection& connection, wire::Reader& in,
                                                uint32_t identities, wire::Writer& reply) {
  wire::PathRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  NodeId node = kNoNode;
  const ErrorCode error = reach(connection, request.path, identities, wire::kPermRead, node);
  if (error != ErrorCode::kOk) return error;
  // Java finds the root's children and the root itself below "".
  const int32_t own = request.path.bytes.empty() ? 1 : 0;
  reply.write_int(static_cast<int32_t>(tree_.descendants(node)) + own);
  return ErrorCode::kOk;
}

// Everything that was proposed before has its turn before: in the order of the connection nothing
// more is to do.
ErrorCode Server::Impl::sync(wire::Reader& in, wire::Writer& reply) {
  wire::PathRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  if (request.path.null) {
    reply.write_null();
  } else if (wire::utf8_is_plain(request.path.bytes)) {
    reply.write_string(request.path.bytes);
  } else {
    reply.write_string(wire::utf8_sanitize(request.path.bytes));
  }
  return ErrorCode::kOk;
}

ErrorCode Server::Impl::who_am_i(const Connection& connection, uint32_t identities,
                                 wire::Writer& reply) {
  reply.write_count(identities);
  for (uint32_t i = 0; i < identities; ++i) {
    reply.write_string(connection.identities[i].scheme);
    reply.write_string(schemes_.user_name(connection.identities[i]));
  }
  return ErrorCode::kOk;
}

}  // namespace zookernel::core
