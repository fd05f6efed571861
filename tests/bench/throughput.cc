// The modes get, set and latency.

#include <sys/types.h>
#include <zookernel/bytes.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "tests/bench/modes.h"
#include "tests/bench/pipeline.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

constexpr size_t kStatVersionOffset = 32;
constexpr size_t kStatDataLengthOffset = 52;

std::string path_of(const Options& options, size_t connection) {
  char name[32];
  std::snprintf(name, sizeof name, "/n%05zu", options.shared ? 0 : connection);
  return options.root + name;
}

std::string value_of(const Options& options) {
  std::string value(options.size, '\0');
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>('a' + i % 26);
  return value;
}

bool is_get_answer(std::string_view body, std::string_view value) {
  return body.size() == 4 + value.size() + kStatBytes && load_be32(body.data()) == value.size() &&
         body.substr(4, value.size()) == value;
}

bool is_set_answer(std::string_view body, size_t value_bytes) {
  return body.size() == kStatBytes && load_be32(body.data() + kStatDataLengthOffset) == value_bytes;
}

class GetWorkload : public Workload {
 public:
  explicit GetWorkload(const Options& options) : options_(options), value_(value_of(options)) {}

  [[nodiscard]] size_t request_bytes() const override {
    return encode_get_data(path_of(options_, 0)).size();
  }
  void prepare(size_t connection, char* frame) override {
    std::string request = encode_get_data(path_of(options_, connection));
    request.copy(frame, request.size());
  }
  [[nodiscard]] bool accepts(size_t, uint64_t, std::string_view body) override {
    return is_get_answer(body, value_);
  }

 private:
  const Options& options_;
  const std::string value_;
};

class SetWorkload : public Workload {
 public:
  explicit SetWorkload(const Options& options)
      : options_(options), value_(value_of(options)), versions_(options.connections, -1) {}

  [[nodiscard]] size_t request_bytes() const override {
    return encode_set_data(path_of(options_, 0), value_).size();
  }
  void prepare(size_t connection, char* frame) override {
    std::string request = encode_set_data(path_of(options_, connection), value_);
    request.copy(frame, request.size());
  }
  // A connection sees its own writes in order, so the version that they answer must rise.
  [[nodiscard]] bool accepts(size_t connection, uint64_t, std::string_view body) override {
    if (!is_set_answer(body, value_.size())) return false;
    auto version = static_cast<int32_t>(load_be32(body.data() + kStatVersionOffset));
    if (version <= versions_[connection]) return false;
    versions_[connection] = version;
    return true;
  }

 private:
  const Options& options_;
  const std::string value_;
  std::vector<int32_t> versions_;  // the last one seen, by connection
};

Status ensure_nodes(const Options& options, size_t nodes) {
  auto session = Session::open(options.address());
  if (!session.ok()) return session.error();
  if (auto status = ensure_node(*session, options.root, ""); !status.ok()) return status;
  const std::string value = value_of(options);
  for (size_t i = 0; i < nodes; ++i) {
    if (auto status = ensure_node(*session, path_of(options, i), value); !status.ok())
      return status;
  }
  return session->close();
}

}  // namespace

Status run_throughput(const Options& options, Report& report) {
  auto status = ensure_nodes(options, options.shared ? 1 : options.connections);
  if (!status.ok()) return status;

  PipelinePlan plan;
  plan.address = options.address();
  plan.connections = options.connections;
  plan.depth = options.depth;
  plan.threads = options.threads;
  plan.count = options.count;
  plan.warmup_s = static_cast<double>(options.warmup);
  plan.seconds = static_cast<double>(options.seconds);
  plan.server_pid = static_cast<pid_t>(options.server_pid);
  std::unique_ptr<Workload> workload;
  if (options.mode == "get") {
    workload = std::make_unique<GetWorkload>(options);
  } else {
    workload = std::make_unique<SetWorkload>(options);
  }
  auto result = run_pipeline(plan, *workload);
  if (!result.ok()) return result.error();

  const auto requests = static_cast<double>(result->requests);
  report.add("requests", result->requests);
  report.add("seconds", result->seconds);
  report.add("per_s", requests / result->seconds);
  report.add(result->latencies);
  report.add("client_cpu_s", result->client_cpu_s);
  if (result->server_cpu_s >= 0) {
    report.add("server_cpu_s", result->server_cpu_s);
    report.add("server_cpu_s_per_1m", requests == 0 ? 0 : result->server_cpu_s / requests * 1e6);
  }
  return Unit{};
}

Status run_latency(const Options& options, Report& report) {
  if (auto status = ensure_nodes(options, 1); !status.ok()) return status;
  auto session = Session::open(options.address());
  if (!session.ok()) return session.error();

  const bool is_get = options.op == "get";
  const std::string value = value_of(options);
  std::string frame =
      is_get ? encode_get_data(path_of(options, 0)) : encode_set_data(path_of(options, 0), value);
  const uint64_t warmup_ns = options.warmup * 1'000'000'000U;
  const uint64_t seconds_ns = options.seconds * 1'000'000'000U;
  const uint64_t begin_ns = monotonic_ns();
  Histogram latencies;
  uint64_t done = 0;
  for (uint64_t sent_ns = begin_ns;; ++done) {
    const bool warming = options.count > 0 ? done < options.warmup : sent_ns - begin_ns < warmup_ns;
    if (!warming) {
      if (options.count > 0 && latencies.count() == options.count) break;
      if (options.count == 0 && sent_ns - begin_ns >= warmup_ns + seconds_ns) break;
    }
    auto body = expect_ok(session->call(frame), options.op);
    if (!body.ok()) return body.error();
    if (!(is_get ? is_get_answer(*body, value) : is_set_answer(*body, value.size()))) {
      return Error{Errc::kCorrupt, "the reply to a " + options.op + " has a wrong body"};
    }
    const uint64_t now_ns = monotonic_ns();
    if (!warming) latencies.add(now_ns - sent_ns);
    sent_ns = now_ns;
  }
  report.add("requests", latencies.count());
  report.add(latencies);
  return session->close();
}

}  // namespace zookernel::bench
