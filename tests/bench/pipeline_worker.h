// One thread's share of a pipeline: its connections, their rings of requests, and the loop that
// serves them.
#pragma once

#include <zookernel/result.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/histogram.h"
#include "tests/bench/pipeline.h"
#include "tests/bench/socket.h"

namespace zookernel::bench {

// What the threads of one run share.
struct PipelineControl {
  std::atomic<bool> measuring{false};  // latencies are recorded
  std::atomic<bool> stopping{false};   // send nothing more, read what is due, end
};

class PipelineWorker {
 public:
  // `workload` and `control` outlive the worker. The worker sends the requests first_index ..
  // first_index + count - 1.
  PipelineWorker(Workload& workload, PipelineControl& control, size_t depth, uint64_t first_index,
                 uint64_t count);

  // Before run(): opens a session and makes its connection one of this worker's.
  Status open_connection(const Address& address, size_t number);

  // Sends and receives until all requests are answered, or, once control.stopping is set, those
  // that were sent.
  Status run();

  // After run(): closes the sessions.
  Status close_connections();

  // Replies so far. Any thread may ask.
  [[nodiscard]] uint64_t answered() const { return answered_.load(std::memory_order_relaxed); }
  [[nodiscard]] const Histogram& latencies() const { return latencies_; }

 private:
  struct Slot {
    uint64_t index = 0;
    uint64_t queued_at_ns = 0;
  };
  struct Connection {
    Fd socket;
    size_t number = 0;
    std::string ring;         // depth frames
    std::vector<Slot> slots;  // what is in them
    uint64_t queued =
        0;  // requests, so the next slot is queued % depth and its xid follows from queued
    uint64_t answered = 0;
    uint64_t bytes_sent = 0;
    bool awaits_writable = false;
    std::string leftover;  // of the last read: the beginning of a frame
  };

  void refill(Connection& connection, uint64_t now_ns);
  Status flush(Connection& connection, size_t position);
  Status on_readable(Connection& connection);
  Status on_reply(Connection& connection, std::string_view payload, uint64_t now_ns);
  [[nodiscard]] bool has_more() const;

  Workload& workload_;
  PipelineControl& control_;
  const size_t depth_;
  const size_t frame_bytes_;
  uint64_t next_index_;
  uint64_t left_;  // requests that no connection has taken yet
  uint64_t in_flight_ = 0;
  std::atomic<uint64_t> answered_{0};
  std::vector<Connection> connections_;
  std::vector<char> buffer_;  // what a read fills, for one connection at a time
  Histogram latencies_;
  Fd epoll_;
};

}  // namespace zookernel::bench
