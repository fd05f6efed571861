#include "tests/bench/pipeline.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/bench/pipeline_worker.h"
#include "tests/bench/process_clock.h"

namespace zookernel::bench {
namespace {

using Workers = std::vector<std::unique_ptr<PipelineWorker>>;

// What the result is a difference of.
struct Sample {
  uint64_t at_ns = 0;
  uint64_t answered = 0;
  double server_cpu_s = 0;
  double client_cpu_s = 0;
};

Sample take_sample(const Workers& workers, pid_t server_pid) {
  Sample sample;
  for (const auto& worker : workers) sample.answered += worker->answered();
  sample.server_cpu_s = process_cpu_s(server_pid);
  sample.client_cpu_s = process_cpu_s(::getpid());
  sample.at_ns = monotonic_ns();
  return sample;
}

// Counts the threads that have ended, so that a failed one cuts the measured time short.
class EndGate {
 public:
  void one_ended() {
    std::lock_guard lock(mutex_);
    ++ended_;
    changed_.notify_all();
  }
  // True when some thread ended before the time was over.
  bool wait_any(double seconds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                             [this] { return ended_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t ended_ = 0;
};

Result<Workers> make_workers(const PipelinePlan& plan, Workload& workload,
                             PipelineControl& control) {
  const size_t threads = std::clamp<size_t>(plan.threads, 1, plan.connections);
  Workers workers;
  uint64_t first = 0;
  for (size_t i = 0; i < threads; ++i) {
    uint64_t share = std::numeric_limits<uint64_t>::max();
    if (plan.count > 0) share = plan.count / threads + (i < plan.count % threads ? 1 : 0);
    workers.push_back(
        std::make_unique<PipelineWorker>(workload, control, plan.depth, first, share));
    if (plan.count > 0) first += share;
  }
  for (size_t i = 0; i < plan.connections; ++i) {
    auto opened = workers[i % threads]->open_connection(plan.address, i);
    if (!opened.ok()) return opened.error();
  }
  return workers;
}

}  // namespace

Result<PipelineResult> run_pipeline(const PipelinePlan& plan, Workload& workload) {
  PipelineControl control;
  control.measuring = plan.count > 0;
  auto made = make_workers(plan, workload, control);
  if (!made.ok()) return made.error();
  Workers& workers = *made;

  Sample before = take_sample(workers, plan.server_pid);
  EndGate gate;
  std::vector<std::optional<Error>> errors(workers.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < workers.size(); ++i) {
    threads.emplace_back([&, i] {
      auto status = workers[i]->run();
      if (!status.ok()) {
        errors[i] = status.error();
        control.stopping = true;
      }
      gate.one_ended();
    });
  }
  std::optional<Sample> after;
  if (plan.count == 0 && !gate.wait_any(plan.warmup_s)) {
    before = take_sample(workers, plan.server_pid);
    control.measuring = true;
    gate.wait_any(plan.seconds);
    after = take_sample(workers, plan.server_pid);
    control.measuring = false;
    control.stopping = true;
  }
  for (std::thread& thread : threads) thread.join();
  if (!after) after = take_sample(workers, plan.server_pid);
  for (const auto& error : errors) {
    if (error) return *error;
  }

  PipelineResult result;
  result.requests = after->answered - before.answered;
  result.seconds = static_cast<double>(after->at_ns - before.at_ns) / 1e9;
  if (before.server_cpu_s >= 0 && after->server_cpu_s >= 0)
    result.server_cpu_s = after->server_cpu_s - before.server_cpu_s;
  result.client_cpu_s = after->client_cpu_s - before.client_cpu_s;
  for (const auto& worker : workers) {
    result.latencies.merge(worker->latencies());
    if (auto closed = worker->close_connections(); !closed.ok()) return closed.error();
  }
  return result;
}

}  // namespace zookernel::bench
