#include "kernel/core/view.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <type_traits>

namespace zookernel::core {
namespace {

// Watches passed before it is looked whether the visitor wants more.
constexpr size_t kLooksAtOnce = 128;

ZookernelValue value_of(std::string_view text) {
  return {ZOOKERNEL_VALUE_TEXT, 0, 0, {text.data(), text.size()}};
}
ZookernelValue value_of(double real) {
  return {ZOOKERNEL_VALUE_REAL, 0, real, {nullptr, 0}};
}
template <typename T>
requires std::is_integral_v<T> ZookernelValue value_of(T integer) {
  return {ZOOKERNEL_VALUE_INTEGER, static_cast<int64_t>(integer), 0, {nullptr, 0}};
}

std::string_view mode_of(Role role) {
  switch (role) {
    case Role::kStandalone:
      return "standalone";
    case Role::kLeading:
      return "leader";
    case Role::kFollowing:
      return "follower";
    case Role::kObserving:
      return "observer";
    case Role::kReadOnly:
      return "read-only";
    case Role::kLooking:
      break;
  }
  return "looking";
}

// Request.op2String of Apache, short as `cons` prints it.
std::string_view short_name(wire::Opcode opcode) {
  using wire::Opcode;
  switch (opcode) {
    case Opcode::kPing:
      return "PING";
    case Opcode::kCreateSession:
      return "SESS";
    case Opcode::kMulti:
      return "MULT";
    case Opcode::kMultiRead:
      return "MLTR";
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateTtl:
    case Opcode::kCreateContainer:
      return "CREA";
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return "DELE";
    case Opcode::kSetData:
      return "SETD";
    case Opcode::kReconfig:
      return "RECO";
    case Opcode::kSetAcl:
      return "SETA";
    case Opcode::kCloseSession:
      return "CLOS";
    case Opcode::kSync:
      return "SYNC";
    case Opcode::kCheck:
      return "CHEC";
    case Opcode::kExists:
      return "EXIS";
    case Opcode::kGetData:
      return "GETD";
    case Opcode::kSetWatches:
      return "SETW";
    case Opcode::kSetWatches2:
      return "STW2";
    case Opcode::kAddWatch:
      return "ADDW";
    case Opcode::kGetAcl:
      return "GETA";
    case Opcode::kGetChildren:
    case Opcode::kGetChildren2:
      return "GETC";
    case Opcode::kGetAllChildrenNumber:
      return "GETACN";
    case Opcode::kCheckWatches:
      return "CHKW";
    case Opcode::kRemoveWatches:
      return "REMW";
    case Opcode::kWhoAmI:
      return "HOMI";
    case Opcode::kGetEphemerals:
      return "GETE";
    default:
      return "NA";
  }
}

double average(int64_t sum, int64_t count) {
  return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

std::string address_of(const PeerInfo& peer) {
  const bool v6 = peer.address.find(':') != std::string::npos;
  return (v6 ? "[" + peer.address + "]" : peer.address) + ":" + std::to_string(peer.port);
}

}  // namespace

template <typename... Columns>
void View::Rows::put(const Columns&... columns) {
  if (!ended && view.rows_left_ == 0) ended = view.too_long_ = true;
  if (ended) return;
  --view.rows_left_;
  const std::array<ZookernelValue, sizeof...(Columns)> row = {value_of(columns)...};
  ended = visitor(context, row.data(), static_cast<uint32_t>(row.size())) != 0;
}

ZookernelServerView View::table() {
  return {static_cast<uint32_t>(sizeof(ZookernelServerView)), this,
          [](void* context, const char* table, ZookernelRowVisitor visitor,
             void* visitor_context) -> int32_t {
            View& view = *static_cast<View*>(context);
            Rows rows{visitor, visitor_context, view};
            return view.visit(table, rows) ? 1 : 0;
          },
          [](void* context, const char* action, int64_t argument) -> int32_t {
            return static_cast<View*>(context)->act(action, argument) ? 1 : 0;
          }};
}

bool View::visit(std::string_view table, Rows& rows) {
  if (table == "server") return server_facts(rows), true;
  if (table == "metrics") return metrics(rows), true;
  if (table == "connections") return connections(rows), true;
  // Who does not decide about expiry only knows which sessions there are.
  if (table == "session_expiry") return !server_.learns() && (session_expiry(rows), true);
  if (table == "global_sessions") return server_.learns() && (global_sessions(rows), true);
  if (table == "connection_expiry") return connection_expiry(rows), true;
  if (table == "ephemerals") return ephemerals(rows), true;
  if (table == "watches") return watches(rows), true;
  if (table == "digests") return digests(rows), true;
  if (table == "config") return outside("config", rows), true;
  if (table == "environment") return outside("environment", rows), true;
  return false;
}

bool View::act(std::string_view action, int64_t argument) {
  if (action == "reset_server_stats") {
    server_.statistics_.reset();
    server_.preparer_.reset_quota_refusals();
    if (server_.outside_ != nullptr) server_.outside_->reset_metrics();
    return true;
  }
  if (action == "reset_connection_stats") {
    for (auto& [id, connection] : server_.connections_) {
      connection->received = connection->sent = 0;
      connection->last_latency = connection->max_latency = connection->latency_sum =
          connection->latency_count = 0;
      connection->min_latency = INT64_MAX;
    }
    return true;
  }
  if (action == "set_trace_mask") {
    server_.trace_mask_ = argument;
    return true;
  }
  return false;
}

void View::outside(const char* table, Rows& rows) {
  if (server_.outside_ == nullptr) return;
  server_.outside_->visit(
      table,
      [](void* context, const ZookernelValue* columns, uint32_t count) -> int32_t {
        Rows& to = *static_cast<Rows*>(context);
        if (!to.ended) to.ended = to.visitor(to.context, columns, count) != 0;
        return to.ended ? 1 : 0;
      },
      &rows);
}

// Apache keeps the root under two names and counts it twice; dashboards know the number that way.
int64_t View::shown_nodes() const {
  return static_cast<int64_t>(server_.tree_.nodes().size()) + 1;
}

void View::server_facts(Rows& rows) {
  const Statistics& s = server_.statistics_;
  rows.put("version", std::string_view(server_.options_.version));
  rows.put("mode", mode_of(server_.role_));
  rows.put("serving", server_.serving_ ? 1 : 0);
  rows.put("read_only", server_.role_ == Role::kReadOnly ? 1 : 0);
  rows.put("zxid", shown_zxid());
  rows.put("node_count", shown_nodes());
  rows.put("min_latency", s.latency_count == 0 ? 0 : s.latency_min);
  rows.put("average_latency", average(s.latency_sum, s.latency_count));
  rows.put("max_latency", s.latency_max);
  rows.put("received", s.packets_received);
  rows.put("sent", s.packets_sent);
  rows.put("connections", server_.connections_.size());
  rows.put("outstanding", server_.outstanding_);
  rows.put("trace_mask", server_.trace_mask_);
  const WatchTable::Totals watched = server_.watches_.totals(WatchList::kData);
  rows.put("watch_connections", watched.connections);
  rows.put("watch_paths", watched.paths);
  rows.put("watch_total", watched.watches);
  if (server_.role_ == Role::kLeading) {
    rows.put("last_proposal_size", s.last_proposal_size);
    rows.put("min_proposal_size", s.min_proposal_size);
    rows.put("max_proposal_size", s.max_proposal_size);
  }
  outside("server", rows);
}

// A leader shows its epoch from the beginning, as Apache's does.
int64_t View::shown_zxid() const {
  const Zxid zxid = server_.tree_.last_zxid();
  return server_.role_ == Role::kLeading ? std::max(zxid, server_.epoch_zxid_).value : zxid.value;
}

// The rows of the world outside, with the gauges that only the core knows filled in.
void View::metrics(Rows& rows) {
  const Statistics& s = server_.statistics_;
  rows.put("version", std::string_view(server_.options_.version));
  rows.put("server_state", mode_of(server_.role_));
  if (server_.role_ != Role::kStandalone) ensemble_metrics(rows);
  const size_t watches = server_.watches_.totals(WatchList::kData).watches +
                         server_.watches_.totals(WatchList::kChild).watches;
  const std::map<std::string_view, int64_t> gauges = {
      {"approximate_data_size", static_cast<int64_t>(server_.tree_.approximate_data_size())},
      {"auth_failed_count", s.auth_failed},
      {"ephemerals_count", static_cast<int64_t>(server_.tree_.ephemeral_count())},
      {"global_sessions", static_cast<int64_t>(server_.sessions_.size())},
      {"last_client_response_size", s.last_response_size},
      {"max_client_response_size", s.max_response_size},
      {"min_client_response_size", s.min_response_size},
      {"max_latency", s.latency_max},
      {"min_latency", s.latency_count == 0 ? 0 : s.latency_min},
      {"num_alive_connections", static_cast<int64_t>(server_.connections_.size())},
      {"outstanding_requests", server_.outstanding_},
      {"packets_received", s.packets_received},
      {"packets_sent", s.packets_sent},
      {"watch_count", static_cast<int64_t>(watches)},
      {"znode_count", shown_nodes()},
  };
  struct Filled {
    Rows& rows;
    const std::map<std::string_view, int64_t>& gauges;
    double average_latency;
  } filled{rows, gauges, average(s.latency_sum, s.latency_count)};
  if (server_.outside_ == nullptr) return;
  server_.outside_->visit(
      "metrics",
      [](void* context, const ZookernelValue* columns, uint32_t count) -> int32_t {
        const Filled& to = *static_cast<Filled*>(context);
        const std::string_view name =
            count == 0 ? std::string_view()
                       : std::string_view(columns[0].text.data, columns[0].text.size);
        if (name == "avg_latency") {
          to.rows.put(name, to.average_latency);
        } else if (const auto gauge = to.gauges.find(name); gauge != to.gauges.end()) {
          to.rows.put(name, gauge->second);
        } else if (!to.rows.ended) {
          to.rows.ended = to.rows.visitor(to.rows.context, columns, count) != 0;
        }
        return to.rows.ended ? 1 : 0;
      },
      &filled);
  quota_metrics(rows);
}

void View::ensemble_metrics(Rows& rows) {
  const ConsensusStatus status =
      server_.machine_ == nullptr ? ConsensusStatus{} : server_.machine_->status();
  const bool leads = server_.role_ == Role::kLeading;
  rows.put("peer_state",
           std::string_view(leads                               ? "leading - broadcast"
                            : server_.role_ == Role::kFollowing ? "following - broadcast"
                            : server_.role_ == Role::kObserving ? "observing - broadcast"
                                                                : "looking"));
  rows.put("quorum_size", status.voters);
  if (!leads) return;
  const Statistics& s = server_.statistics_;
  rows.put("last_proposal_size", s.last_proposal_size);
  rows.put("leader_uptime", server_.now_.mono_ms - server_.leading_since_ms_);
  rows.put("learners", status.learners);
  rows.put("max_proposal_size", s.max_proposal_size);
  rows.put("min_proposal_size", s.min_proposal_size);
  rows.put("pending_syncs", status.pending_syncs);
  rows.put("synced_followers", status.synced_followers);
  rows.put("synced_non_voting_followers", 0);
  rows.put("synced_observers", status.synced_observers);
}

// Apache's numbers by the first name of a quota's path. A limit that is not set is left out, where
// Apache adds -1.
void View::quota_metrics(Rows& rows) {
  struct Sums {
    int64_t count_limit = -1, bytes_limit = -1, count = 0, bytes = 0;
  };
  const auto add_limit = [](int64_t& sum, int64_t hard, int64_t soft) {
    const int64_t limit = hard > -1 ? hard : soft;
    if (limit > -1) sum = std::max<int64_t>(sum, 0) + limit;
  };
  std::map<std::string, Sums> sums;
  for (const QuotaState& quota : server_.tree_.quotas()) {
    Sums& sum = sums[std::string(quota_namespace(quota.path))];
    sum.count += quota.usage.count;
    sum.bytes += quota.usage.bytes;
    if (!quota.limits) continue;
    add_limit(sum.count_limit, quota.limits->count_hard_limit(), quota.limits->count);
    add_limit(sum.bytes_limit, quota.limits->byte_hard_limit(), quota.limits->bytes);
  }
  const auto put = [&rows](const std::string& key, const char* name, int64_t value) {
    rows.put(std::string_view(key + "_" + name), value);
  };
  for (const auto& [key, sum] : sums) {
    if (sum.count_limit > -1) put(key, "quota_count_limit_per_namespace", sum.count_limit);
    if (sum.bytes_limit > -1) put(key, "quota_bytes_limit_per_namespace", sum.bytes_limit);
    put(key, "quota_count_usage_per_namespace", sum.count);
    put(key, "quota_bytes_usage_per_namespace", sum.bytes);
  }
  for (const auto& [key, refusals] : server_.preparer_.quota_refusals())
    put(key, "quota_exceeded_error_per_namespace", refusals);
}

void View::connections(Rows& rows) {
  std::vector<const Connection*> all;
  for (const auto& [id, connection] : server_.connections_) all.push_back(connection.get());
  std::sort(all.begin(), all.end(),
            [](const Connection* a, const Connection* b) { return a->id < b->id; });
  for (const Connection* c : all) {
    const bool asking = c->id == asking_;
    const int64_t average_latency = c->latency_count == 0 ? 0 : c->latency_sum / c->latency_count;
    rows.put(std::string_view(address_of(c->peer)), asking || !c->reading ? 0 : 1,
             c->pending.size(), c->received + (asking ? 1 : 0), c->sent,
             c->session == nullptr ? 0 : c->session_id.value, short_name(c->last_opcode),
             c->established_ms, c->timeout_ms, c->last_cxid, c->last_zxid, c->last_response_ms,
             c->last_latency, c->latency_count == 0 ? 0 : c->min_latency, average_latency,
             c->max_latency, asking ? 1 : 0);
  }
}

void View::session_expiry(Rows& rows) {
  const int64_t to_wall = server_.now_.wall_ms - server_.now_.mono_ms;
  for (const auto& [expires_ms, id] : server_.sessions_.by_expiry())
    rows.put(expires_ms + to_wall, id.value);
}

void View::global_sessions(Rows& rows) {
  for (const auto& [id, timeout_ms] : server_.sessions_.stored()) rows.put(id, timeout_ms);
}

// Connections have no clock of their own here: one lives as long as its session does.
void View::connection_expiry(Rows& rows) {
  const int64_t to_wall = server_.now_.wall_ms - server_.now_.mono_ms;
  std::vector<std::pair<int64_t, const Connection*>> all;
  for (const auto& [id, c] : server_.connections_) {
    all.emplace_back(c->session == nullptr ? server_.now_.mono_ms : c->session->expires_ms,
                     c.get());
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->id < b.second->id;
  });
  for (const auto& [expires_ms, c] : all) {
    rows.put(expires_ms + to_wall, std::string_view(address_of(c->peer)),
             c->session == nullptr ? 0 : c->session_id.value);
  }
}

void View::ephemerals(Rows& rows) {
  for (const SessionId session : server_.tree_.sessions_with_ephemerals()) {
    for (const NodeId node : server_.tree_.ephemerals(session)) {
      rows.put(session.value, std::string_view(server_.tree_.nodes().path_of(node)));
    }
  }
}

void View::watches(Rows& rows) {
  WatchTable::Position at;
  while (!at.end && !rows.ended) watches(rows, at, kLooksAtOnce);
}

void View::watches(Rows& rows, WatchTable::Position& at, size_t budget) {
  server_.watches_.visit_data(at, budget, [&](Bytes path, ConnId conn) {
    const Connection* connection = server_.find(conn);
    if (connection != nullptr)
      rows.put(connection->session_id.value, path == WatchTable::kNullPath ? "null" : path);
  });
}

void View::slice(std::string_view table, size_t row_budget, WatchTable::Position& at,
                 AdminBlock& block) {
  Rows rows{[](void* context, const ZookernelValue* columns, uint32_t count) -> int32_t {
              static_cast<RowBlock*>(context)->add(columns, count);
              return 0;
            },
            &block.rows, *this};
  if (table == "watches") {
    watches(rows, at, row_budget);
    block.known = true;
    block.end = at.end;
    return;
  }
  block.known = visit(table, rows);
  block.end = true;
}

void View::digests(Rows& rows) {
  for (const auto& [zxid, digest] : server_.tree_.digest_log())
    rows.put(zxid.value, static_cast<int64_t>(digest));
}

}  // namespace zookernel::core
