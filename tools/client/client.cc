#include "tools/client/client.h"

#include <memory>
#include <utility>

#include "tools/client/path.h"

namespace zookernel::client {

using wire::ErrorCode;
using wire::Opcode;

namespace {

constexpr std::string_view kConfigPath = "/zookeeper/config";

WatchRequest watching(Watch watch, WatchKind kind, std::string_view path) {
  if (watch == Watch::kNo) return {};
  return {kind, std::string(path)};
}

bool wants(Watch watch) {
  return watch == Watch::kYes;
}

}  // namespace

Client::Client(ConnectString servers, Connection::Settings settings, EventHandler on_event)
    : connection_(std::move(servers), settings, std::move(on_event)) {}

std::string Client::server_path(std::string_view path) const {
  return with_chroot(connection_.session().chroot(), path);
}

std::string Client::user_path(std::string_view path) const {
  return without_chroot(connection_.session().chroot(), path);
}

bool Client::wait_connected(int64_t deadline) {
  interrupted_ = false;
  while (session().alive() && !session().connected()) {
    const Connection::Woken woken = connection_.turn(-1, deadline);
    if (woken == Connection::Woken::kInterrupted) interrupted_ = true;
    if (woken != Connection::Woken::kNetwork) break;
  }
  return session().connected();
}

Client::Kept Client::call(Opcode opcode, std::string_view body, WatchRequest watch,
                          int64_t deadline) {
  struct Slot {
    bool done = false;
    Kept kept;
  };
  // Two owners: this call, which may give up, and the session, which then drops the answer when it
  // comes. Neither outlives the other for sure.
  const auto slot = std::make_shared<Slot>();
  session().submit(opcode, body, std::move(watch), [slot](const Reply& reply) {
    slot->done = true;
    slot->kept.error = reply.error;
    slot->kept.body = reply.body;
  });
  interrupted_ = false;
  while (!slot->done) {
    const Connection::Woken woken = connection_.turn(-1, deadline);
    if (woken == Connection::Woken::kInterrupted) interrupted_ = true;
    if (woken == Connection::Woken::kInterrupted || woken == Connection::Woken::kTime) {
      return {ErrorCode::kOperationTimeout, {}};
    }
  }
  return std::move(slot->kept);
}

template <typename Response>
Answer<Response> Client::ask(Opcode opcode, std::string_view body, WatchRequest watch) {
  Kept kept = call(opcode, body, std::move(watch));
  Answer<Response> answer{kept.error, {}};
  if (!answer.ok()) return answer;
  wire::Reader reader(kept.body);
  if (!wire::decode(reader, answer.value)) answer.error = ErrorCode::kMarshallingError;
  return answer;
}

Answer<std::string> Client::create(std::string_view path, std::optional<std::string> data,
                                   const CreateOptions& options) {
  using enum wire::CreateMode;
  const auto flags = static_cast<int32_t>(options.mode);
  std::string body;
  Opcode opcode = options.mode == kContainer ? Opcode::kCreateContainer : Opcode::kCreate;
  if (options.mode == kPersistentTtl || options.mode == kPersistentSequentialTtl) {
    opcode = Opcode::kCreateTtl;
    body = wire::encoded(wire::CreateTtlRequest{server_path(path), std::move(data), options.acl,
                                                flags, options.ttl_ms});
  } else {
    body =
        wire::encoded(wire::CreateRequest{server_path(path), std::move(data), options.acl, flags});
  }
  // The response of the later opcodes begins with that of create.
  Answer<wire::CreateResponse> answer = ask<wire::CreateResponse>(opcode, body);
  return {answer.error, user_path(answer.value.path)};
}

Answer<Unit> Client::remove(std::string_view path, int32_t version) {
  const std::string body = wire::encoded(wire::DeleteRequest{server_path(path), version});
  return {call(Opcode::kDelete, body, {}).error, {}};
}

Answer<wire::Stat> Client::exists(std::string_view path, Watch watch) {
  const std::string body = wire::encoded(wire::ExistsRequest{server_path(path), wants(watch)});
  const auto answer =
      ask<wire::ExistsResponse>(Opcode::kExists, body, watching(watch, WatchKind::kData, path));
  return {answer.error, answer.value.stat};
}

Answer<Data> Client::get_data(std::string_view path, Watch watch) {
  const std::string body = wire::encoded(wire::GetDataRequest{server_path(path), wants(watch)});
  auto answer =
      ask<wire::GetDataResponse>(Opcode::kGetData, body, watching(watch, WatchKind::kData, path));
  return {answer.error, {std::move(answer.value.data), answer.value.stat}};
}

Answer<Data> Client::get_config(Watch watch) {
  const std::string body =
      wire::encoded(wire::GetDataRequest{std::string(kConfigPath), wants(watch)});
  auto answer = ask<wire::GetDataResponse>(Opcode::kGetData, body,
                                           watching(watch, WatchKind::kData, kConfigPath));
  return {answer.error, {std::move(answer.value.data), answer.value.stat}};
}

Answer<wire::Stat> Client::set_data(std::string_view path, std::string_view data, int32_t version) {
  const std::string body =
      wire::encoded(wire::SetDataRequest{server_path(path), std::string(data), version});
  const auto answer = ask<wire::SetDataResponse>(Opcode::kSetData, body);
  return {answer.error, answer.value.stat};
}

Answer<Acls> Client::get_acl(std::string_view path) {
  auto answer = ask<wire::GetAclResponse>(Opcode::kGetAcl,
                                          wire::encoded(wire::GetAclRequest{server_path(path)}));
  return {answer.error, {std::move(answer.value.acl), answer.value.stat}};
}

Answer<wire::Stat> Client::set_acl(std::string_view path, const std::vector<wire::Acl>& acl,
                                   int32_t version) {
  const auto answer = ask<wire::SetAclResponse>(
      Opcode::kSetAcl, wire::encoded(wire::SetAclRequest{server_path(path), acl, version}));
  return {answer.error, answer.value.stat};
}

Answer<Children> Client::get_children(std::string_view path, Watch watch) {
  const std::string body =
      wire::encoded(wire::GetChildren2Request{server_path(path), wants(watch)});
  auto answer = ask<wire::GetChildren2Response>(Opcode::kGetChildren2, body,
                                                watching(watch, WatchKind::kChildren, path));
  return {answer.error, {std::move(answer.value.children), answer.value.stat}};
}

Answer<std::vector<std::string>> Client::list_children(std::string_view path, int64_t deadline) {
  const Kept kept =
      call(Opcode::kGetChildren, wire::encoded(wire::GetChildrenRequest{server_path(path), false}),
           {}, deadline);
  Answer<std::vector<std::string>> answer{kept.error, {}};
  if (!answer.ok()) return answer;
  wire::Reader reader(kept.body);
  wire::GetChildrenResponse response;
  if (!wire::decode(reader, response)) answer.error = ErrorCode::kMarshallingError;
  answer.value = std::move(response.children);
  return answer;
}

Answer<int32_t> Client::get_all_children_number(std::string_view path) {
  const auto answer = ask<wire::GetAllChildrenNumberResponse>(
      Opcode::kGetAllChildrenNumber,
      wire::encoded(wire::GetAllChildrenNumberRequest{server_path(path)}));
  return {answer.error, answer.value.total_number};
}

Answer<std::vector<std::string>> Client::get_ephemerals(std::string_view prefix) {
  auto answer = ask<wire::GetEphemeralsResponse>(
      Opcode::kGetEphemerals, wire::encoded(wire::GetEphemeralsRequest{server_path(prefix)}));
  for (std::string& path : answer.value.ephemerals) path = user_path(path);
  return {answer.error, std::move(answer.value.ephemerals)};
}

Answer<Unit> Client::sync(std::string_view path) {
  return {call(Opcode::kSync, wire::encoded(wire::SyncRequest{server_path(path)}), {}).error, {}};
}

Answer<std::vector<wire::ClientInfo>> Client::who_am_i() {
  auto answer = ask<wire::WhoAmIResponse>(Opcode::kWhoAmI, {});
  return {answer.error, std::move(answer.value.client_info)};
}

Answer<Unit> Client::add_auth(std::string_view scheme, std::optional<std::string> auth) {
  // Two owners, as in call().
  const auto error = std::make_shared<std::optional<ErrorCode>>();
  session().add_auth(scheme, std::move(auth),
                     [error](const Reply& reply) { *error = reply.error; });
  if (!wait([&] { return error->has_value(); })) return {ErrorCode::kOperationTimeout, {}};
  return {**error, {}};
}

Answer<Unit> Client::add_watch(std::string_view path, wire::AddWatchMode mode) {
  const WatchKind kind = mode == wire::AddWatchMode::kPersistent ? WatchKind::kPersistent
                                                                 : WatchKind::kPersistentRecursive;
  const std::string body =
      wire::encoded(wire::AddWatchRequest{server_path(path), static_cast<int32_t>(mode)});
  return {call(Opcode::kAddWatch, body, {kind, std::string(path)}).error, {}};
}

Answer<Unit> Client::remove_watches(std::string_view path, wire::WatcherType type,
                                    RemoveWhere where) {
  WatchRegistry& watches = session().watches();
  if (!watches.contains(path, type)) return {ErrorCode::kNoWatcher, {}};
  const std::string body =
      wire::encoded(wire::RemoveWatchesRequest{server_path(path), static_cast<int32_t>(type)});
  const ErrorCode error = call(Opcode::kRemoveWatches, body, {}).error;
  if (error != ErrorCode::kOk && where == RemoveWhere::kServer) return {error, {}};
  for (const wire::EventType event : watches.remove(path, type)) session().raise(event, path);
  return {};
}

Answer<wire::MultiResponse> Client::multi(wire::MultiRequest request) {
  for (wire::MultiOperation& operation : request.operations) {
    std::visit([this](auto& part) { part.path = server_path(part.path); }, operation.request);
  }
  return ask<wire::MultiResponse>(Opcode::kMulti, wire::encoded(request));
}

Answer<Data> Client::reconfig(const Reconfiguration& change) {
  auto answer = ask<wire::GetDataResponse>(
      Opcode::kReconfig, wire::encoded(wire::ReconfigRequest{change.joining, change.leaving,
                                                             change.members, change.from_version}));
  return {answer.error, {std::move(answer.value.data), answer.value.stat}};
}

void Client::close(int64_t wait_ms) {
  if (!session().alive()) return;
  const int64_t deadline = Connection::now() + wait_ms;
  session().close();
  while (session().alive()) {
    const Connection::Woken woken = connection_.turn(-1, deadline);
    if (woken == Connection::Woken::kTime || woken == Connection::Woken::kInterrupted) return;
  }
}

void Client::start(Opcode opcode, Bytes body, ReplyHandler handler) {
  session().submit(opcode, body, {}, std::move(handler));
}

void Client::start_deletions(const std::vector<std::string>& paths, ReplyHandler handler) {
  wire::MultiRequest request;
  for (const std::string& path : paths) {
    request.operations.push_back({Opcode::kDelete, wire::DeleteRequest{server_path(path), -1}});
  }
  start(Opcode::kMulti, wire::encoded(request), std::move(handler));
}

}  // namespace zookernel::client
