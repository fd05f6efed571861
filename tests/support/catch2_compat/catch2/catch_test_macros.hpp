#pragma once

// Catch2 3 splits its one header into many; Debian 12 still ships Catch2 2. These headers give the
// tests the names of version 3 on top of version 2, so that test sources are written once. The
// folder is on the include path only where Catch2 2 was found.

#include <string>

#include <catch2/catch.hpp>

namespace Catch {
using Detail::Approx;
namespace Matchers {
inline auto ContainsSubstring(const std::string& part,
                              CaseSensitive::Choice choice = CaseSensitive::Yes) {
  return Contains(part, choice);
}
}  // namespace Matchers
}  // namespace Catch
