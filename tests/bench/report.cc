#include "tests/bench/report.h"

#include <cstdio>

namespace zookernel::bench {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace

void Report::key(std::string_view name) {
  if (!fields_.empty()) fields_ += ", ";
  fields_ += quoted(name) + ": ";
}

void Report::add(std::string_view name, double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", value);
  key(name);
  fields_ += text;
}

void Report::add(std::string_view name, uint64_t value) {
  key(name);
  fields_ += std::to_string(value);
}

void Report::add(std::string_view name, std::string_view value) {
  key(name);
  fields_ += quoted(value);
}

void Report::add(const Histogram& latencies) {
  add("p50_us", latencies.quantile_us(0.50));
  add("p90_us", latencies.quantile_us(0.90));
  add("p99_us", latencies.quantile_us(0.99));
  add("mean_us", latencies.mean_us());
  add("max_us", latencies.max_us());
}

}  // namespace zookernel::bench
