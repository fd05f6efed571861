// The names of Apache's metrics that a standalone server has, by kind and in the order of mntr
// (names without zk_).
#pragma once

#include <span>
#include <string_view>

namespace zookernel::shell {

[[nodiscard]] std::span<const std::string_view> gauge_names();
[[nodiscard]] std::span<const std::string_view> counter_names();
[[nodiscard]] std::span<const std::string_view> basic_summary_names();     // avg min max cnt sum
[[nodiscard]] std::span<const std::string_view> advanced_summary_names();  // and p50 p95 p99 p999

// Whether a summary that is in none of the lists is an advanced one.
[[nodiscard]] bool has_percentiles(std::string_view name);

}  // namespace zookernel::shell
