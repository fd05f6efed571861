// All inputs and effects of a run as lines of text, in ZooKeeper's words. Two runs of one seed must
// give the same lines; only their hashes are kept.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/bytes.h"

namespace zookernel::sim {

class Trace {
 public:
  // `print_to` may be null. Keeps the text of line number `wanted`.
  explicit Trace(std::FILE* print_to = nullptr, std::optional<size_t> wanted = std::nullopt)
      : print_to_(print_to), wanted_(wanted) {}

  void line(int64_t now_us, const std::string& text);

  [[nodiscard]] const std::vector<uint64_t>& hashes() const { return hashes_; }
  [[nodiscard]] const std::string& wanted_line() const { return wanted_line_; }

 private:
  std::FILE* print_to_;
  std::optional<size_t> wanted_;
  std::string wanted_line_;
  std::vector<uint64_t> hashes_;
};

// One request of a client, without its length. `handshake`: it is the first of its connection.
[[nodiscard]] std::string describe_request(Bytes payload, bool handshake);
// One frame of the server, without its length. `handshake`: it answers the first request.
[[nodiscard]] std::string describe_reply(Bytes payload, bool handshake);
// One transaction record.
[[nodiscard]] std::string describe_record(Bytes record);
// Eight hex digits that stand for bytes nobody wants to read.
[[nodiscard]] std::string fingerprint(Bytes bytes);

}  // namespace zookernel::sim
