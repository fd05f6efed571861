// Numbers about the server that admin words show. The core counts; handles of the kernel's metrics
// are where graphs look.
#pragma once

#include <cstddef>
#include <cstdint>

#include "zookernel/metrics.h"

namespace zookernel::core {

struct Statistics {
  explicit Statistics(Metrics& metrics)
      : read_latency(metrics.summary("readlatency")),
        update_latency(metrics.summary("updatelatency")),
        bytes_received(metrics.counter("bytes_received_count")),
        response_bytes(metrics.counter("response_bytes")),
        connection_requests(metrics.counter("connection_request_count")),
        revalidations(metrics.counter("connection_revalidate_count")),
        sessions_expired(metrics.counter("stale_sessions_expired")),
        connection_token_deficit(metrics.summary("connection_token_deficit")),
        large_requests_rejected(metrics.counter("large_requests_rejected")),
        request_throttle_waits(metrics.counter("request_throttle_wait_count")),
        request_throttle_time(metrics.summary("request_throttle_queue_time_ms")),
        stale_requests(metrics.counter("stale_requests")),
        stale_requests_dropped(metrics.counter("stale_requests_dropped")),
        throttled_ops(metrics.counter("throttled_ops")),
        watch_bytes(metrics.counter("watch_bytes")),
        created_watches(metrics.summary("node_created_watch_count")),
        deleted_watches(metrics.summary("node_deleted_watch_count")),
        changed_watches(metrics.summary("node_changed_watch_count")),
        children_watches(metrics.summary("node_children_watch_count")) {}

  // Since the start or the last srst.
  int64_t packets_received = 0, packets_sent = 0;
  int64_t latency_count = 0, latency_sum = 0, latency_min = INT64_MAX, latency_max = 0;  // ms
  int64_t auth_failed = 0;
  int64_t last_response_size = -1, min_response_size = -1, max_response_size = -1;  // bytes

  void add_latency(int64_t ms) {
    ++latency_count;
    latency_sum += ms;
    if (ms < latency_min) latency_min = ms;
    if (ms > latency_max) latency_max = ms;
  }
  int64_t last_proposal_size = -1, min_proposal_size = -1, max_proposal_size = -1;  // bytes

  // A frame to a client, its length aside.
  void add_response(size_t bytes) {
    last_response_size = static_cast<int64_t>(bytes);
    if (min_response_size == -1 || last_response_size < min_response_size)
      min_response_size = last_response_size;
    if (last_response_size > max_response_size) max_response_size = last_response_size;
  }
  // A transaction that a leader proposes.
  void add_proposal(size_t bytes) {
    last_proposal_size = static_cast<int64_t>(bytes);
    if (min_proposal_size == -1 || last_proposal_size < min_proposal_size)
      min_proposal_size = last_proposal_size;
    if (last_proposal_size > max_proposal_size) max_proposal_size = last_proposal_size;
  }
  void reset_proposals() { last_proposal_size = min_proposal_size = max_proposal_size = -1; }
  void reset() {
    reset_proposals();
    packets_received = packets_sent = 0;
    latency_count = latency_sum = latency_max = 0;
    latency_min = INT64_MAX;
    last_response_size = min_response_size = max_response_size = -1;
  }

  Summary& read_latency;
  Summary& update_latency;
  Counter& bytes_received;
  Counter& response_bytes;
  Counter& connection_requests;
  Counter& revalidations;
  Counter& sessions_expired;
  Summary& connection_token_deficit;
  Counter& large_requests_rejected;
  Counter& request_throttle_waits;
  Summary& request_throttle_time;
  Counter& stale_requests;
  Counter& stale_requests_dropped;
  Counter& throttled_ops;
  Counter& watch_bytes;
  Summary& created_watches;
  Summary& deleted_watches;
  Summary& changed_watches;
  Summary& children_watches;
};

}  // namespace zookernel::core
