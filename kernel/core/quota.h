// Quotas: how their numbers are written, and which paths have one. Keeping the numbers is
// DataTree's.
//
//   /zookeeper/quota/a/b/zookeeper_limits   makes /a/b a quota; its data are the limits
//   /zookeeper/quota/a/b/zookeeper_stats    its data are the usage; each server writes its own
//
//   text := pair ( [,;]+ pair )*        "count=3,bytes=120"
//   pair := key "=" integer?            "count=3,bytes=120=;countHardLimit=5"
//
// As written, count and bytes come first, then, after an extra "=", the others.
//
// Source: Quotas, StatsTrack, PathTrie. [any]
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "zookernel/bytes.h"

namespace zookernel::core {

inline constexpr std::string_view kQuotaRoot = "/zookeeper/quota";
inline constexpr std::string_view kQuotaLimits = "zookeeper_limits";
inline constexpr std::string_view kQuotaUsage = "zookeeper_stats";

// -1 is "no limit", and what a missing key means.
struct QuotaNumbers {
  int64_t count = -1;
  int64_t bytes = -1;
  std::map<std::string, int64_t, std::less<>> others;  // countHardLimit, byteHardLimit

  // Empty for text that is no list of pairs. Empty text is a list of none.
  [[nodiscard]] static std::optional<QuotaNumbers> parse(Bytes text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] int64_t count_hard_limit() const { return other("countHardLimit"); }
  [[nodiscard]] int64_t byte_hard_limit() const { return other("byteHardLimit"); }

 private:
  [[nodiscard]] int64_t other(std::string_view key) const {
    const auto found = others.find(key);
    return found == others.end() ? -1 : found->second;
  }
};

// The path whose quota is kept under `parent`, the parent of a limits or usage znode: "/a" for
// "/zookeeper/quota/a". Empty for all that can have no quota: the root ("/zookeeper/quota" itself)
// and what lies elsewhere.
[[nodiscard]] Bytes quota_target(Bytes parent);

// The first name of a path, by which Apache's metrics tell quotas apart: "a" for "/a/b".
[[nodiscard]] Bytes quota_namespace(Bytes path);

// The paths with a quota.
class QuotaPaths {
 public:
  [[nodiscard]] bool empty() const { return paths_.empty(); }
  void add(Bytes path) { paths_.emplace(path); }
  void remove(Bytes path);
  void clear() { paths_.clear(); }
  [[nodiscard]] std::vector<std::string> all() const;  // ascending
  // The longest of them that is `path` or above it; empty if none is. What lies under kQuotaRoot
  // belongs to none. Borrowed from `path`.
  [[nodiscard]] Bytes deepest(Bytes path) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> paths_;  // never iterated unsorted
};

}  // namespace zookernel::core
