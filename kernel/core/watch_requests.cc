// What sets, asks for and removes watches. Source: FinalRequestProcessor, DataTree.
//
// Nothing here asks for a permission, and no path has to be well formed: a watch on what no znode
// can be called never fires. One cannot watch the root as "": that is another path to a watch.
#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;
using wire::OptBytes;

namespace {

// A path as watches know it: what Apache writes after it has read it. addWatch takes a null path as
// well, which is one of its own.
class WatchedPath {
 public:
  explicit WatchedPath(const OptBytes& path) {
    if (path.null) {
      bytes_ = WatchTable::kNullPath;
    } else if (wire::utf8_is_plain(path.bytes)) {
      bytes_ = path.bytes;
    } else {
      made_ = wire::utf8_sanitize(path.bytes);
      bytes_ = made_;
    }
  }
  WatchedPath(const WatchedPath&) = delete;
  WatchedPath& operator=(const WatchedPath&) = delete;

  [[nodiscard]] Bytes bytes() const { return bytes_; }
  // `node` is what stands at the path.
  [[nodiscard]] WatchPlace at(NodeId node) const {
    return {bytes_, bytes_.empty() ? kNoNode : node};
  }
  [[nodiscard]] WatchPlace at(const NodeTable& nodes) const { return at(nodes.find(bytes_)); }

 private:
  std::string made_;
  Bytes bytes_;
};

// What a WatcherType means: which kinds in which of the lists. Nothing in both: there is no such
// type.
struct Meant {
  WatchKinds data = 0, child = 0;
};
Meant meaning_of(int32_t type) {
  switch (static_cast<wire::WatcherType>(type)) {
    case wire::WatcherType::kChildren:
      return {0, kOneShot};
    case wire::WatcherType::kData:
      return {kOneShot, 0};
    case wire::WatcherType::kAny:
      return {kAnyKind, kAnyKind};
    case wire::WatcherType::kPersistent:
      return {kPersistent, kPersistent};
    case wire::WatcherType::kPersistentRecursive:
      return {kRecursive, 0};
  }
  return {};
}

}  // namespace

void Server::Impl::watch(const Connection& connection, Bytes path, NodeId node, WatchList list) {
  const WatchedPath watched({path, false});
  watches_.add(connection.id, watched.at(node), list, kOneShot);
}

// A client that comes back tells what it watched and the last zxid it saw: what changed since fires
// now, the rest is watched again. A null in the place of a list ends the request there: what stood
// before it is done.
ErrorCode Server::Impl::set_watches(Connection& connection, Opcode opcode, wire::Reader& in) {
  wire::SetWatches2RequestView request;
  if (opcode == Opcode::kSetWatches2) {
    if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  } else {
    wire::SetWatchesRequestView one_shot;
    if (!wire::read(in, one_shot)) return ErrorCode::kMarshallingError;
    request.relative_zxid = one_shot.relative_zxid;
    request.data_watches = std::move(one_shot.data_watches);
    request.exist_watches = std::move(one_shot.exist_watches);
    request.child_watches = std::move(one_shot.child_watches);
  }

  const NodeTable& nodes = tree_.nodes();
  if (request.data_watches.null) return ErrorCode::kMarshallingError;
  for (const OptBytes& path : request.data_watches.paths) {
    if (path.null) return ErrorCode::kMarshallingError;
    const WatchedPath watched(path);
    const NodeId node = nodes.find(watched.bytes());
    if (node == kNoNode) {
      replay_event(connection, wire::EventType::kNodeDeleted, watched.bytes());
    } else if (nodes.node(node).mzxid > request.relative_zxid) {
      replay_event(connection, wire::EventType::kNodeDataChanged, watched.bytes());
    } else {
      watches_.add(connection.id, watched.at(node), WatchList::kData, kOneShot);
    }
  }
  if (request.exist_watches.null) return ErrorCode::kMarshallingError;
  for (const OptBytes& path : request.exist_watches.paths) {
    if (path.null) return ErrorCode::kMarshallingError;
    const WatchedPath watched(path);
    if (nodes.find(watched.bytes()) != kNoNode) {
      replay_event(connection, wire::EventType::kNodeCreated, watched.bytes());
    } else {
      watches_.add(connection.id, watched.at(kNoNode), WatchList::kData, kOneShot);
    }
  }
  if (request.child_watches.null) return ErrorCode::kMarshallingError;
  for (const OptBytes& path : request.child_watches.paths) {
    if (path.null) return ErrorCode::kMarshallingError;
    const WatchedPath watched(path);
    const NodeId node = nodes.find(watched.bytes());
    if (node == kNoNode) {
      replay_event(connection, wire::EventType::kNodeDeleted, watched.bytes());
    } else if (nodes.node(node).pzxid > request.relative_zxid) {
      replay_event(connection, wire::EventType::kNodeChildrenChanged, watched.bytes());
    } else {
      watches_.add(connection.id, watched.at(node), WatchList::kChild, kOneShot);
    }
  }
  if (opcode == Opcode::kSetWatches) return ErrorCode::kOk;

  if (request.persistent_watches.null) return ErrorCode::kMarshallingError;
  for (const OptBytes& path : request.persistent_watches.paths) {
    const WatchedPath watched(path);
    const WatchPlace place = watched.at(nodes);
    watches_.add(connection.id, place, WatchList::kData, kPersistent);
    watches_.add(connection.id, place, WatchList::kChild, kPersistent);
  }
  if (request.persistent_recursive_watches.null) return ErrorCode::kMarshallingError;
  for (const OptBytes& path : request.persistent_recursive_watches.paths) {
    const WatchedPath watched(path);
    watches_.add(connection.id, watched.at(nodes), WatchList::kData, kRecursive);
  }
  return ErrorCode::kOk;
}

void Server::Impl::replay_event(Connection& connection, wire::EventType type, Bytes path) {
  constexpr int64_t kNoZxid = -1;
  event_.clear();
  write_event(event_, type, path, kNoZxid);
  send_event(connection, event_.view());
}

ErrorCode Server::Impl::add_watch(const Connection& connection, wire::Reader& in,
                                  wire::Writer& reply) {
  wire::AddWatchRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  const WatchedPath watched(request.path);
  const WatchPlace place = watched.at(tree_.nodes());
  switch (static_cast<wire::AddWatchMode>(request.mode)) {
    case wire::AddWatchMode::kPersistent:
      watches_.add(connection.id, place, WatchList::kData, kPersistent);
      watches_.add(connection.id, place, WatchList::kChild, kPersistent);
      break;
    case wire::AddWatchMode::kPersistentRecursive:
      watches_.add(connection.id, place, WatchList::kData, kRecursive);
      break;
    default:
      return ErrorCode::kMarshallingError;
  }
  reply.write_int(0);  // an ErrorResponse that says that there is none
  return ErrorCode::kOk;
}

ErrorCode Server::Impl::check_watches(const Connection& connection, wire::Reader& in) {
  wire::WatchesRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  const Meant meant = meaning_of(request.type);
  if (meant.data == 0 && meant.child == 0) return ErrorCode::kMarshallingError;
  const WatchedPath watched(request.path);
  const WatchPlace place = watched.at(tree_.nodes());
  const bool there = watches_.has(connection.id, place, WatchList::kData, meant.data) ||
                     watches_.has(connection.id, place, WatchList::kChild, meant.child);
  return there ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

// The client makes up the events that tell of a removal; the server sends none.
ErrorCode Server::Impl::remove_watches(const Connection& connection, wire::Reader& in) {
  wire::WatchesRequestView request;
  if (!wire::read(in, request)) return ErrorCode::kMarshallingError;
  const Meant meant = meaning_of(request.type);
  if (meant.data == 0 && meant.child == 0) return ErrorCode::kMarshallingError;
  const WatchedPath watched(request.path);
  const WatchPlace place = watched.at(tree_.nodes());
  const bool data = watches_.remove(connection.id, place, WatchList::kData, meant.data);
  const bool child = watches_.remove(connection.id, place, WatchList::kChild, meant.child);
  return data || child ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

}  // namespace zookernel::core
