// What the operator's configuration means for the core. Defaults are Apache's.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kernel/core/connection_throttle.h"
#include "zookernel/ids.h"

namespace zookernel::core {

// What may wait before it is worked on. Source: RequestThrottler.
struct RequestThrottleOptions {
  int32_t requests_max = 0;       // request_throttle_max_requests: in process; 0: no throttle
  bool drop_stale = true;         // request_throttle_drop_stale
  bool stale_by_latency = false;  // request_stale_latency_check: older than the session timeout
  int32_t wait_ms_max = 0;        // throttled_op_wait_time; longer: answered as throttled; 0: never
};

struct Options {
  ServerId self;        // myid; 0 standalone
  std::string version;  // as srvr shows it
  int32_t tick_ms = 3000;
  int32_t min_session_timeout_ms = 6000;            // 2 ticks
  int32_t max_session_timeout_ms = 60000;           // 20 ticks
  uint32_t max_frame_bytes = 1048575;               // jute.maxbuffer
  uint32_t max_field_bytes = 2 * 1048575;           // jute.maxbuffer + extrasize
  int32_t outstanding_max = 1000;                   // globalOutstandingLimit
  size_t multi_read_bytes_max = size_t{256} << 20;  // of one reply; no key
  ConnectionThrottleOptions connection_throttle;
  RequestThrottleOptions request_throttle;
  int32_t large_request_bytes = -1;              // largeRequestThreshold; -1: no request is large
  int64_t large_requests_bytes_max = 104857600;  // largeRequestMaxBytes: of all in process
  bool skip_acl = false;
  bool digest = true;                           // digest.enabled
  bool extended_types = false;                  // extendedTypesEnabled: TTL znodes
  bool emulate_353 = false;                     // emulate353TTLNodes
  int64_t container_check_interval_ms = 60000;  // znode.container.checkIntervalMs
  int32_t containers_per_minute_max = 10000;    // znode.container.maxPerMinute
  int64_t container_unused_max_ms = 0;  // znode.container.maxNeverUsedIntervalMs; 0: for ever
  bool enforce_quota = false;
  bool standalone_enabled = true;                  // standaloneEnabled
  bool reconfig_enabled = false;                   // reconfigEnabled
  std::vector<std::string> required_auth_schemes;  // enforce.auth.schemes; empty: none is required
  std::set<std::string, std::less<>> admin_words;  // 4lw.commands.whitelist after its rules
  bool all_admin_words = false;                    // "*"
  bool admin_thread = false;  // long listings are handed over: see Effects::admin_runs
};

}  // namespace zookernel::core
