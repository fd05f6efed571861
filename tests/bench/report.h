// What a run found, printed as one JSON object on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/histogram.h"

namespace zookernel::bench {

class Report {
 public:
  void add(std::string_view key, double value);
  void add(std::string_view key, uint64_t value);
  void add(std::string_view key, std::string_view value);
  // p50_us, p90_us, p99_us, mean_us and max_us.
  void add(const Histogram& latencies);

  // The object, without a newline.
  [[nodiscard]] std::string json() const { return "{" + fields_ + "}"; }

 private:
  void key(std::string_view name);

  std::string fields_;
};

}  // namespace zookernel::bench
