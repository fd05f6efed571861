// group.N and weight.N lines: quorums that are not plain majorities.
//
//   line  := "group." gid "=" sid (":" sid)*
//          | "weight." sid "=" weight
//
//   group.1=1:2:3
//   weight.3=0
//
// What the lines mean together (every voter in one group) is judged by the consensus plugin.
#pragma once

#include <string_view>
#include <utility>

#include "zookernel/consensus.h"
#include "zookernel/result.h"

namespace zookernel::wire {

// As Apache recognises them, which also takes "groupfoo" for one.
[[nodiscard]] bool is_group_key(std::string_view key);
[[nodiscard]] bool is_weight_key(std::string_view key);

// Errors are a reason without place and key.
Result<MemberGroup> parse_group_line(std::string_view key, std::string_view value);
Result<std::pair<ServerId, int64_t>> parse_weight_line(std::string_view key,
                                                       std::string_view value);

}  // namespace zookernel::wire
