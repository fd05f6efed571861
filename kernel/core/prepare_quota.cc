// Quotas that are enforced: with enforceQuota, what would exceed a hard limit is refused, and a
// soft limit is worth a line in the log. Source: ZooKeeperServer.checkQuota.
//
// The usage is that of the tree: several creates that are not applied yet are each judged alone, as
// Apache does it.
#include "kernel/core/preparer.h"
#include "kernel/core/quota.h"

namespace zookernel::core {
namespace {

struct Limit {
  int64_t value;  // -1: none
  bool hard;
};

// A hard limit counts in place of a soft one, whichever is lower.
Limit limit_of(int64_t hard, int64_t soft) {
  if (hard > -1) return {hard, true};
  return {soft > -1 ? soft : -1, false};
}

}  // namespace

Preparer::Error Preparer::check_quota(Bytes path, int64_t bytes, int64_t count) {
  if (!options_.enforce_quota) return Error::kOk;
  const std::optional<QuotaState> quota = tree_.quota_of(path);
  if (!quota) return Error::kOk;
  if (!quota->limits) return Error::kMarshallingError;  // as Apache answers when it trips over it
  if (!quota->counted) return Error::kOk;
  const QuotaNumbers& limits = *quota->limits;
  const auto exceeds = [&](const Limit& limit, int64_t used, int64_t change, const char* what) {
    if (change == 0 || limit.value == -1) return false;
    int64_t after = 0;
    if (__builtin_add_overflow(used, change, &after)) after = change > 0 ? INT64_MAX : INT64_MIN;
    if (after <= limit.value) return false;
    // Only the last of a request is told: a multi may have many.
    warning_ = "Quota exceeded: " + quota->path + " [current " + what + "=" +
               std::to_string(after) + (limit.hard ? ", hard" : ", soft") +
               " limit=" + std::to_string(limit.value) + "]";
    return limit.hard;
  };
  const bool exceeded =
      exceeds(limit_of(limits.count_hard_limit(), limits.count), quota->usage.count, count,
              "count") ||
      exceeds(limit_of(limits.byte_hard_limit(), limits.bytes), quota->usage.bytes, bytes, "bytes");
  if (!exceeded) return Error::kOk;
  ++quota_refusals_[std::string(quota_namespace(quota->path))];
  return Error::kQuotaExceeded;
}

}  // namespace zookernel::core
