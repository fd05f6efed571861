// Requests that wait before they are worked on, when more are in process than the operator wants;
// and large ones, whose bytes in process are limited. Source: RequestThrottler,
// ZooKeeperServer.checkRequestSizeWhenMessageReceived.
//
// Nothing is stale for the want of its connection alone: what a client sent and no longer waits for
// is forgotten with its connection, as if it had never arrived.
#include "kernel/core/server_impl.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

bool Server::Impl::admit_large(size_t bytes) {
  const auto size = static_cast<int64_t>(bytes);
  if (large_bytes_ + size > options_.large_requests_bytes_max) {
    statistics_.large_requests_rejected.add();
    return false;
  }
  large_bytes_ += size;
  return true;
}

void Server::Impl::wait_at_gate(Connection& connection, const Request& request) {
  statistics_.request_throttle_waits.add();
  gate_.push_back({connection.id, request.xid, request.opcode, request.identities,
                   request.large_bytes, request.received_ms, std::string(request.body)});
  if (outstanding_ + static_cast<int64_t>(gate_.size()) > options_.outstanding_max)
    throttle(connection);
}

void Server::Impl::open_gate() {
  while (!gate_.empty() && outstanding_ < options_.request_throttle.requests_max) {
    const ThrottledRequest waited = std::move(gate_.front());
    gate_.pop_front();
    Connection* connection = find(waited.conn);
    const bool served = serving_ && connection != nullptr && connection->session != nullptr &&
                        !connection->session->closing;
    if (served) {
      pass_gate(*connection, waited);
      continue;
    }
    large_bytes_ -= waited.large_bytes;
    statistics_.stale_requests.add();
    statistics_.stale_requests_dropped.add();
  }
}

void Server::Impl::pass_gate(Connection& connection, const ThrottledRequest& waited) {
  const RequestThrottleOptions& limits = options_.request_throttle;
  const int64_t waited_ms = now_.mono_ms - waited.received_ms;
  statistics_.request_throttle_time.add(waited_ms);
  if (limits.stale_by_latency && waited_ms > connection.timeout_ms) {
    statistics_.stale_requests.add();
    if (limits.drop_stale) {
      statistics_.stale_requests_dropped.add();
      large_bytes_ -= waited.large_bytes;
      return close_connection(connection);
    }
  }
  const Request request{waited.xid,        waited.opcode,      waited.body,
                        waited.identities, waited.large_bytes, waited.received_ms};
  const bool may_be_refused =
      waited.opcode != Opcode::kPing && waited.opcode != Opcode::kCloseSession;
  if (limits.wait_ms_max > 0 && waited_ms > limits.wait_ms_max && may_be_refused) {
    statistics_.throttled_ops.add();
    touch(*connection.session);
    return refuse(connection, request, ErrorCode::kThrottledOp);
  }
  serve(connection, request);
}

}  // namespace zookernel::core
