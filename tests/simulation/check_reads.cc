// The checker's model of what reads answer.
#include <algorithm>

#include "tests/simulation/checkers.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"
#include "zookernel/wire/records/multi.h"

namespace zookernel::sim {

using wire::ErrorCode;
using wire::Opcode;

namespace {

const std::string kNoWatches(8, '\0');  // two empty lists

template <typename Record>
Record parsed(Bytes bytes) {
  Record record;
  wire::Reader reader(bytes);
  const bool whole = wire::decode(reader, record);
  ZOOKERNEL_ASSERT(whole);  // our own clients made it
  return record;
}

}  // namespace

// Reads are answered as soon as no write of their connection is before them.
void Checker::run_reads(ConnId id, Connection& connection) {
  while (!connection.requests.empty() && connection.requests.front().zxid == 0) {
    const Request request = std::move(connection.requests.front());
    connection.requests.pop_front();
    check_read(id, connection, request);
  }
}

void Checker::check_read(ConnId id, Connection& connection, const Request& request) {
  if (request.opcode == Opcode::kSetWatches || request.opcode == Opcode::kSetWatches2)
    return check_set_watches(id, connection, request);
  if (request.opcode == Opcode::kGetEphemerals) return check_ephemerals(id, connection, request);
  if (request.opcode == Opcode::kMultiRead) {
    const std::vector<wire::Id> ids(connection.ids.begin(),
                                    connection.ids.begin() + static_cast<ptrdiff_t>(request.ids));
    return check_multi_read(id, ids, request);
  }
  std::string body;
  const ErrorCode error = expected_read(connection, request, body);
  const int32_t xid = request.opcode == Opcode::kPing ? wire::kXidPing : request.xid;
  const std::string header =
      wire::encoded(wire::ReplyHeader{xid, zxid_, static_cast<int32_t>(error)});
  const bool children =
      request.opcode == Opcode::kGetChildren || request.opcode == Opcode::kGetChildren2;
  if (!children || error != ErrorCode::kOk) return expect_frame(id, header + body);
  const std::string frame = take_frame(id, "the answer to getChildren");
  if (!frame.starts_with(header))
    throw Violation(
        "replies come in order and equal the model",
        "sent " + describe_reply(frame, false) + ", due was " + describe_reply(header, false));
  check_children(request, Bytes(frame).substr(header.size()));
}

ErrorCode Checker::reach(const std::vector<wire::Id>& ids, const std::string& path,
                         int32_t permissions) const {
  const ModelNode* node = tree_.find(path);
  if (node == nullptr) return ErrorCode::kNoNode;
  return allowed(ids, node->acl, permissions) ? ErrorCode::kOk : ErrorCode::kNoAuth;
}

ErrorCode Checker::expected_read(Connection& connection, const Request& request,
                                 std::string& body) {
  const std::vector<wire::Id> ids(connection.ids.begin(),
                                  connection.ids.begin() + static_cast<ptrdiff_t>(request.ids));
  switch (request.opcode) {
    case Opcode::kPing:
      return ErrorCode::kOk;
    case Opcode::kSync:
      body = wire::encoded(wire::SyncResponse{parsed<wire::SyncRequest>(request.body).path});
      return ErrorCode::kOk;
    case Opcode::kExists: {
      const auto asked = parsed<wire::ExistsRequest>(request.body);
      const ErrorCode error = reach(ids, asked.path, wire::kPermRead);
      if (asked.watch && error != ErrorCode::kNoAuth) connection.data_watches[asked.path] |= kOnce;
      if (error == ErrorCode::kOk) body = wire::encoded(tree_.stat(asked.path));
      return error;
    }
    case Opcode::kGetData: {
      const auto asked = parsed<wire::GetDataRequest>(request.body);
      const ErrorCode error = reach(ids, asked.path, wire::kPermRead);
      if (error != ErrorCode::kOk) return error;
      if (asked.watch) connection.data_watches[asked.path] |= kOnce;
      body = wire::encoded(
          wire::GetDataResponse{tree_.find(asked.path)->data, tree_.stat(asked.path)});
      return error;
    }
    case Opcode::kGetAcl: {
      const auto asked = parsed<wire::GetAclRequest>(request.body);
      const ErrorCode error = reach(ids, asked.path, wire::kPermRead | wire::kPermAdmin);
      if (error != ErrorCode::kOk) return error;
      std::vector<wire::Acl> acl = tree_.find(asked.path)->acl;
      // The hashes are for those who may set them.
      if (!allowed(ids, acl, wire::kPermAdmin)) {
        for (wire::Acl& entry : acl) {
          if (entry.id.scheme == "digest")
            entry.id.id = entry.id.id.substr(0, entry.id.id.find(':')) + ":x";
        }
      }
      body = wire::encoded(wire::GetAclResponse{acl, tree_.stat(asked.path)});
      return error;
    }
    case Opcode::kGetChildren:
    case Opcode::kGetChildren2: {
      const auto asked = parsed<wire::GetChildrenRequest>(request.body);
      const ErrorCode error = reach(ids, asked.path, wire::kPermRead);
      if (error == ErrorCode::kOk && asked.watch) connection.child_watches[asked.path] |= kOnce;
      return error;
    }
    case Opcode::kGetAllChildrenNumber: {
      const auto asked = parsed<wire::GetAllChildrenNumberRequest>(request.body);
      const ErrorCode error = reach(ids, asked.path, wire::kPermRead);
      if (error == ErrorCode::kOk)
        body = wire::encoded(wire::GetAllChildrenNumberResponse{
            static_cast<int32_t>(tree_.descendants(asked.path))});
      return error;
    }
    case Opcode::kAddWatch:
    case Opcode::kCheckWatches:
    case Opcode::kRemoveWatches:
      return expected_watch(connection, request, body);
    default:
      throw Violation("the checker knows every request",
                      std::string(wire::opcode_name(request.opcode)));
  }
}

ErrorCode Checker::expected_watch(Connection& connection, const Request& request,
                                  std::string& body) {
  if (request.opcode == Opcode::kAddWatch) {
    const auto asked = parsed<wire::AddWatchRequest>(request.body);
    const std::string path = asked.path.value_or("");
    if (asked.mode == static_cast<int32_t>(wire::AddWatchMode::kPersistent)) {
      connection.data_watches[path] |= kPersistent;
      connection.child_watches[path] |= kPersistent;
    } else if (asked.mode == static_cast<int32_t>(wire::AddWatchMode::kPersistentRecursive)) {
      connection.data_watches[path] |= kRecursive;
    } else {
      return ErrorCode::kMarshallingError;
    }
    body = wire::encoded(wire::ErrorResponse{0});
    return ErrorCode::kOk;
  }
  const auto asked = parsed<wire::RemoveWatchesRequest>(request.body);
  unsigned data = 0, child = 0;
  switch (static_cast<wire::WatcherType>(asked.type)) {
    case wire::WatcherType::kChildren:
      child = kOnce;
      break;
    case wire::WatcherType::kData:
      data = kOnce;
      break;
    case wire::WatcherType::kAny:
      data = child = kOnce | kPersistent | kRecursive;
      break;
    case wire::WatcherType::kPersistent:
      data = child = kPersistent;
      break;
    case wire::WatcherType::kPersistentRecursive:
      data = kRecursive;
      break;
    default:
      return ErrorCode::kMarshallingError;
  }
  bool there = false;
  for (const auto& [watches, kinds] :
       {std::pair{&connection.data_watches, data}, std::pair{&connection.child_watches, child}}) {
    const auto at = watches->find(asked.path);
    if (at == watches->end() || (at->second & kinds) == 0) continue;
    there = true;
    if (request.opcode == Opcode::kCheckWatches) continue;
    at->second &= ~kinds;
    if (at->second == 0) watches->erase(at);
  }
  return there ? ErrorCode::kOk : ErrorCode::kNoWatcher;
}

// In whatever order, but each once.
void Checker::check_children(const Request& request, Bytes actual) {
  const auto asked = parsed<wire::GetChildrenRequest>(request.body);
  std::vector<std::string> names;
  wire::Reader reader(actual);
  bool whole = true;
  if (request.opcode == Opcode::kGetChildren2) {
    wire::GetChildren2Response response;
    whole = wire::decode(reader, response) && response.stat == tree_.stat(asked.path);
    names = std::move(response.children);
  } else {
    wire::GetChildrenResponse response;
    whole = wire::decode(reader, response);
    names = std::move(response.children);
  }
  std::sort(names.begin(), names.end());
  const std::set<std::string>& due = tree_.find(asked.path)->children;
  if (!whole || reader.remaining() != 0 ||
      !std::equal(names.begin(), names.end(), due.begin(), due.end()))
    throw Violation("replies come in order and equal the model",
                    "children of " + asked.path + ": " + std::to_string(names.size()) +
                        " names, due were " + std::to_string(due.size()));
}

// In whatever order, but each once.
void Checker::check_ephemerals(ConnId id, const Connection& connection, const Request& request) {
  const auto asked = parsed<wire::GetEphemeralsRequest>(request.body);
  const std::string prefix = asked.prefix_path.value_or("/");
  std::vector<std::string> due;
  for (const std::string& path : tree_.ephemerals(connection.session)) {
    if (path.starts_with(prefix)) due.push_back(path);
  }
  const std::string frame = take_frame(id, "the answer to getEphemerals");
  wire::Reader reader(frame);
  wire::ReplyHeader header;
  wire::GetEphemeralsResponse response;
  const bool whole = wire::decode(reader, header) && wire::decode(reader, response);
  std::sort(response.ephemerals.begin(), response.ephemerals.end());
  if (!whole || header != wire::ReplyHeader{request.xid, zxid_, 0} || response.ephemerals != due)
    throw Violation("replies come in order and equal the model",
                    "ephemerals under " + prefix + ": " +
                        std::to_string(response.ephemerals.size()) + ", due were " +
                        std::to_string(due.size()));
}

void Checker::check_multi_read(ConnId id, const std::vector<wire::Id>& ids,
                               const Request& request) {
  const std::string frame = take_frame(id, "the answer to multiRead");
  wire::Reader reader(frame);
  wire::ReplyHeader header;
  wire::MultiResponse response;
  const bool whole = wire::decode(reader, header) && wire::decode(reader, response);
  if (!whole || header != wire::ReplyHeader{request.xid, zxid_, 0})
    throw Violation("replies come in order and equal the model", describe_reply(frame, false));
  wire::MultiResponse due;
  for (const wire::MultiOperation& operation :
       parsed<wire::MultiRequest>(request.body).operations) {
    const auto* data = std::get_if<wire::GetDataRequest>(&operation.request);
    const std::string path =
        data != nullptr ? data->path : std::get<wire::GetChildrenRequest>(operation.request).path;
    wire::MultiResult result;
    result.type = operation.type;
    const ErrorCode error = reach(ids, path, wire::kPermRead);
    if (error != ErrorCode::kOk) {
      result.type = Opcode::kError;
      result.err = static_cast<int32_t>(error);
      result.result = wire::ErrorResponse{result.err};
    } else if (data != nullptr) {
      result.result = wire::GetDataResponse{tree_.find(path)->data, tree_.stat(path)};
    } else {
      const std::set<std::string>& children = tree_.find(path)->children;
      result.result = wire::GetChildrenResponse{{children.begin(), children.end()}};
    }
    due.results.push_back(std::move(result));
  }
  for (wire::MultiResult& result : response.results) {
    if (auto* children = std::get_if<wire::GetChildrenResponse>(&result.result))
      std::sort(children->children.begin(), children->children.end());
  }
  if (response != due)
    throw Violation("replies come in order and equal the model", "a multiRead does not");
}

// What changed since the client's last zxid is told now, the rest is watched.
void Checker::check_set_watches(ConnId id, Connection& connection, const Request& request) {
  // setWatches is the beginning of setWatches2.
  const bool whole = request.opcode == Opcode::kSetWatches2;
  const auto asked = parsed<wire::SetWatches2>(whole ? request.body : request.body + kNoWatches);
  constexpr int64_t kNoZxid = -1;
  for (const std::string& path : asked.data_watches) {
    const ModelNode* node = tree_.find(path);
    if (node == nullptr) {
      expect_event(id, wire::EventType::kNodeDeleted, path, kNoZxid);
    } else if (node->mzxid > asked.relative_zxid) {
      expect_event(id, wire::EventType::kNodeDataChanged, path, kNoZxid);
    } else {
      connection.data_watches[path] |= kOnce;
    }
  }
  for (const std::string& path : asked.exist_watches) {
    if (tree_.find(path) != nullptr) {
      expect_event(id, wire::EventType::kNodeCreated, path, kNoZxid);
    } else {
      connection.data_watches[path] |= kOnce;
    }
  }
  for (const std::string& path : asked.child_watches) {
    const ModelNode* node = tree_.find(path);
    if (node == nullptr) {
      expect_event(id, wire::EventType::kNodeDeleted, path, kNoZxid);
    } else if (node->pzxid > asked.relative_zxid) {
      expect_event(id, wire::EventType::kNodeChildrenChanged, path, kNoZxid);
    } else {
      connection.child_watches[path] |= kOnce;
    }
  }
  for (const std::string& path : asked.persistent_watches) {
    connection.data_watches[path] |= kPersistent;
    connection.child_watches[path] |= kPersistent;
  }
  for (const std::string& path : asked.persistent_recursive_watches)
    connection.data_watches[path] |= kRecursive;
  expect_frame(id, wire::encoded(wire::ReplyHeader{request.xid, zxid_, 0}));
}

}  // namespace zookernel::sim
