// What the generator fills requests with: paths, data, ACLs and numbers, good ones and nearly good
// ones. The pools are small, so that requests meet on the same nodes.
//
// Choices avoid what Java's server does not survive (see README.md): they never name a limits or
// stats node of the root's quota or outside the quota tree, and `stats_data` is parsable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/random.h"

namespace zookernel::differential {

using sim::Random;

// No value is null on the wire.
using Text = std::optional<std::string>;

// A path of the pool, well formed.
[[nodiscard]] std::string good_path(Random& random);

// Mostly a path of the pool; sometimes one of the system's, sometimes a damaged one or null.
[[nodiscard]] Text any_path(Random& random);

// A node of the quota tree or a part of it.
[[nodiscard]] std::string quota_path(Random& random);
[[nodiscard]] bool is_quota_path(const Text& path);

// Data for a node; for nodes of the quota tree mostly limits.
[[nodiscard]] Text any_data(Random& random, const Text& path);

// -1, a low version that is often right, or one that never is.
[[nodiscard]] int32_t any_version(Random& random);

// Create flags: mostly valid ones.
[[nodiscard]] int32_t any_flags(Random& random);

struct AclEntry {
  int32_t perms;
  Text scheme;
  Text id;
};
// No value is a null vector.
using AclList = std::optional<std::vector<AclEntry>>;
[[nodiscard]] AclList any_acl(Random& random);

}  // namespace zookernel::differential
