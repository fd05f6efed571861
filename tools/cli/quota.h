// The nodes below /zookeeper/quota that hold a quota, and the text in them.
//
//   /zookeeper/quota/a/b/zookeeper_limits   count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=-1
//   /zookeeper/quota/a/b/zookeeper_stats    count=3,bytes=6
//
// -1 is "no limit". Source: Quotas, StatsTrack.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zookernel::cli {

inline constexpr std::string_view kQuotaRoot = "/zookeeper/quota";
inline constexpr std::string_view kLimitsNode = "zookeeper_limits";
inline constexpr std::string_view kStatsNode = "zookeeper_stats";

[[nodiscard]] std::string quota_path(std::string_view path);
[[nodiscard]] std::string limits_path(std::string_view path);
[[nodiscard]] std::string stats_path(std::string_view path);

struct Quota {
  int64_t count = -1;
  int64_t bytes = -1;
  int64_t count_hard = -1;
  int64_t bytes_hard = -1;

  bool operator==(const Quota&) const = default;
};

// What is not there or is no number stays -1. [any]
[[nodiscard]] Quota parse_quota(std::string_view text);
[[nodiscard]] std::string to_string(const Quota& quota);

}  // namespace zookernel::cli
