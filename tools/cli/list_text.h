// A list of names as Apache's client prints it.
#pragma once

#include <string>
#include <vector>

namespace zookernel::cli {

// "[a, b]" [any]
[[nodiscard]] std::string list_text(const std::vector<std::string>& names);

}  // namespace zookernel::cli
