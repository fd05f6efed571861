// The modes fill and verify: a tree of numbered znodes whose names and data follow from their
// numbers.
//
//   ROOT/DDDD                 the directories; node i lies in directory i % directories
//   ROOT/DDDD/nNNNNNNNN       the nodes; data: the number in eight digits, repeated and cut to the
//   size
#include <zookernel/bytes.h>

#include <algorithm>
#include <string>

#include "tests/bench/modes.h"
#include "tests/bench/pipeline.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

constexpr size_t kDirectoryDigits = 4;
constexpr size_t kNodeDigits = 8;

void put_digits(char* to, size_t digits, uint64_t value) {
  for (size_t i = digits; i > 0; --i, value /= 10) to[i - 1] = static_cast<char>('0' + value % 10);
}

std::string directory_path(const Options& options, uint64_t directory) {
  std::string path = options.root + "/" + std::string(kDirectoryDigits, '0');
  put_digits(path.data() + path.size() - kDirectoryDigits, kDirectoryDigits, directory);
  return path;
}

// Names and values of the nodes, and where they lie in a request for them. Not shared between
// threads: it writes in place.
class NodeNames {
 public:
  explicit NodeNames(const Options& options)
      : directories_(options.directories),
        path_(directory_path(options, 0) + "/n" + std::string(kNodeDigits, '0')),
        value_(options.size, '0') {}

  [[nodiscard]] const std::string& any_path() const { return path_; }
  [[nodiscard]] const std::string& any_value() const { return value_; }

  void put_path(uint64_t node, char* to) const {
    char* end = to + path_.size();
    put_digits(end - kNodeDigits, kNodeDigits, node);
    put_digits(end - kNodeDigits - 2 - kDirectoryDigits, kDirectoryDigits, node % directories_);
  }
  void put_value(uint64_t node, char* to) const {
    char digits[kNodeDigits];
    put_digits(digits, kNodeDigits, node);
    for (size_t i = 0; i < value_.size(); ++i) to[i] = digits[i % kNodeDigits];
  }
  [[nodiscard]] bool is_path(uint64_t node, std::string_view path) const {
    std::string wanted = path_;
    put_path(node, wanted.data());
    return path == wanted;
  }
  [[nodiscard]] bool is_value(uint64_t node, std::string_view value) const {
    std::string wanted = value_;
    put_value(node, wanted.data());
    return value == wanted;
  }

 private:
  const uint64_t directories_;
  const std::string path_;
  const std::string value_;
};

// In a request the path follows the header and its own length, and in a create the data follow that
// and theirs.
constexpr size_t kPathOffset = kLengthBytes + kRequestHeaderBytes + 4;

class CreateNodes : public Workload {
 public:
  explicit CreateNodes(const Options& options)
      : names_(options), request_(encode_create(names_.any_path(), names_.any_value())) {}

  [[nodiscard]] size_t request_bytes() const override { return request_.size(); }
  void prepare(size_t, char* frame) override { request_.copy(frame, request_.size()); }
  void update(uint64_t index, char* frame) override {
    names_.put_path(index, frame + kPathOffset);
    names_.put_value(index, frame + kPathOffset + names_.any_path().size() + 4);
  }
  [[nodiscard]] bool accepts(size_t, uint64_t index, std::string_view body) override {
    return body.size() == 4 + names_.any_path().size() && names_.is_path(index, body.substr(4));
  }

 private:
  const NodeNames names_;
  const std::string request_;
};

class CreateDirectories : public Workload {
 public:
  explicit CreateDirectories(const Options& options)
      : path_(directory_path(options, 0)), request_(encode_create(path_, "")) {}

  [[nodiscard]] size_t request_bytes() const override { return request_.size(); }
  void prepare(size_t, char* frame) override { request_.copy(frame, request_.size()); }
  void update(uint64_t index, char* frame) override {
    put_digits(frame + kPathOffset + path_.size() - kDirectoryDigits, kDirectoryDigits, index);
  }
  [[nodiscard]] bool accepts(size_t, uint64_t, std::string_view body) override {
    return body.size() == 4 + path_.size();
  }

 private:
  const std::string path_;
  const std::string request_;
};

class ReadNodes : public Workload {
 public:
  ReadNodes(const Options& options, uint64_t step)
      : names_(options), step_(step), request_(encode_get_data(names_.any_path())) {}

  [[nodiscard]] size_t request_bytes() const override { return request_.size(); }
  void prepare(size_t, char* frame) override { request_.copy(frame, request_.size()); }
  void update(uint64_t index, char* frame) override {
    names_.put_path(index * step_, frame + kPathOffset);
  }
  [[nodiscard]] bool accepts(size_t, uint64_t index, std::string_view body) override {
    const size_t size = names_.any_value().size();
    return body.size() == 4 + size + kStatBytes &&
           names_.is_value(index * step_, body.substr(4, size));
  }

 private:
  const NodeNames names_;
  const uint64_t step_;
  const std::string request_;
};

PipelinePlan plan_of(const Options& options, uint64_t count) {
  PipelinePlan plan;
  plan.address = options.address();
  plan.connections = std::min(options.connections, count);
  plan.depth = options.depth;
  plan.threads = options.threads;
  plan.count = count;
  plan.server_pid = static_cast<pid_t>(options.server_pid);
  return plan;
}

}  // namespace

Status run_fill(const Options& options, Report& report) {
  auto session = Session::open(options.address());
  if (!session.ok()) return session.error();
  std::string create = encode_create(options.root, "");
  if (auto body = expect_ok(session->call(create), "create " + options.root); !body.ok())
    return body.error();
  if (auto status = session->close(); !status.ok()) return status;

  CreateDirectories create_directories(options);
  auto directories = run_pipeline(plan_of(options, options.directories), create_directories);
  if (!directories.ok()) return directories.error();
  CreateNodes create_nodes(options);
  auto nodes = run_pipeline(plan_of(options, options.nodes), create_nodes);
  if (!nodes.ok()) return nodes.error();

  report.add("nodes", nodes->requests);
  report.add("seconds", nodes->seconds);
  report.add("per_s", static_cast<double>(nodes->requests) / nodes->seconds);
  report.add(nodes->latencies);
  if (nodes->server_cpu_s >= 0) report.add("server_cpu_s", nodes->server_cpu_s);
  return Unit{};
}

Status run_verify(const Options& options, Report& report) {
  auto session = Session::open(options.address());
  if (!session.ok()) return session.error();
  uint64_t children = 0;
  for (uint64_t i = 0; i < options.directories; ++i) {
    const std::string path = directory_path(options, i);
    std::string exists = encode_exists(path);
    auto body = expect_ok(session->call(exists), "look for " + path);
    if (!body.ok()) return body.error();
    if (body->size() != kStatBytes)
      return Error{Errc::kCorrupt, "the answer on " + path + " is no Stat"};
    children += load_be32(body->data() + kStatNumChildrenOffset);
  }
  if (auto status = session->close(); !status.ok()) return status;
  if (children != options.nodes) {
    return Error{Errc::kCorrupt, options.root + " holds " + std::to_string(children) +
                                     " nodes instead of " + std::to_string(options.nodes)};
  }

  const uint64_t wanted =
      options.sample == 0 ? options.nodes : std::min(options.sample, options.nodes);
  const uint64_t step = options.nodes / wanted;
  ReadNodes read_nodes(options, step);
  auto reads = run_pipeline(plan_of(options, wanted), read_nodes);
  if (!reads.ok()) return reads.error();
  report.add("nodes", children);
  report.add("read", reads->requests);
  return Unit{};
}

}  // namespace zookernel::bench
