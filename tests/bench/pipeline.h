// Many connections, each with several requests under way, as fast as the server answers.
//
// All requests of a workload have one length, so that the requests of a connection are a ring of
// equal slots, encoded once; sending is patching xids and one system call for all free slots. Every
// reply's xid, err and body are verified; the first wrong one ends the run with an error.
#pragma once

#include <sys/types.h>
#include <zookernel/result.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/bench/histogram.h"
#include "tests/bench/socket.h"

namespace zookernel::bench {

// What the connections ask for. Called by several threads, but for one connection always by the
// same one.
class Workload {
 public:
  virtual ~Workload() = default;

  // The length of every request's frame.
  [[nodiscard]] virtual size_t request_bytes() const = 0;
  // Writes a whole frame of request_bytes() into a slot of `connection`, once, before anything is
  // sent.
  virtual void prepare(size_t connection, char* frame) = 0;
  // Makes a prepared frame the request number `index`; the xid is set elsewhere.
  virtual void update(uint64_t index, char* frame) {
    static_cast<void>(index);
    static_cast<void>(frame);
  }
  // Whether `body` (what follows the reply's header) is the right answer to request `index`.
  [[nodiscard]] virtual bool accepts(size_t connection, uint64_t index, std::string_view body) = 0;
};

struct PipelinePlan {
  Address address;
  size_t connections = 1;
  size_t depth = 1;    // requests under way per connection
  size_t threads = 1;  // the connections are dealt out to them
  // Either a number of requests, indices 0 .. count-1 ...
  uint64_t count = 0;
  // ... or, when that is 0, a time: `warmup_s` unmeasured, then `seconds` measured.
  double warmup_s = 0;
  double seconds = 0;
  pid_t server_pid = 0;  // whose processor time to measure, 0 for nobody's
};

struct PipelineResult {
  uint64_t requests = 0;     // answered in the measured time
  double seconds = 0;        // the measured time
  double server_cpu_s = -1;  // of it, by the server; negative when unknown
  double client_cpu_s = 0;   // of it, by this process
  Histogram latencies;       // from queueing a request to reading its reply
};

// Opens the sessions, runs, and closes the sessions.
[[nodiscard]] Result<PipelineResult> run_pipeline(const PipelinePlan& plan, Workload& workload);

}  // namespace zookernel::bench
