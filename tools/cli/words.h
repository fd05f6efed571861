// A line of input as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zookernel::cli {

// Words are split at blanks. One that begins with ' or " goes to the next of the same kind, which
// ends it; the quotes are not part of it, and there are no escapes. A quote inside a word is a
// letter like any other, and one that is never closed is dropped. Source: the pattern ARGS_PATTERN
// of ZooKeeperMain. [any]
//
//   create '/with space' "it's"   ->   create | /with space | it's
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

}  // namespace zookernel::cli
