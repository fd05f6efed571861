#include "tools/cli/quota.h"

#include <charconv>

namespace zookernel::cli {

std::string quota_path(std::string_view path) {
  return std::string(kQuotaRoot) + std::string(path);
}

std::string limits_path(std::string_view path) {
  return quota_path(path) + "/" + std::string(kLimitsNode);
}

std::string stats_path(std::string_view path) {
  return quota_path(path) + "/" + std::string(kStatsNode);
}

Quota parse_quota(std::string_view text) {
  Quota quota;
  while (!text.empty()) {
    const size_t end = text.find_first_of(",;");
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = part.substr(0, equals);
    part.remove_prefix(equals + 1);
    // "bytes=-1=" ends in a sign that keeps servers before 3.7 from reading on.
    int64_t value = -1;
    const auto [at, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{}) continue;
    if (key == "count") quota.count = value;
    if (key == "bytes") quota.bytes = value;
    if (key == "countHardLimit") quota.count_hard = value;
    if (key == "byteHardLimit") quota.bytes_hard = value;
  }
  return quota;
}

std::string to_string(const Quota& quota) {
  return "count=" + std::to_string(quota.count) + ",bytes=" + std::to_string(quota.bytes) +
         "=;byteHardLimit=" + std::to_string(quota.bytes_hard) +
         ";countHardLimit=" + std::to_string(quota.count_hard);
}

}  // namespace zookernel::cli
