// What a checker throws when a promise is broken: the run ends there.
#pragma once

#include <stdexcept>
#include <string>

namespace zookernel::sim {

struct Violation : std::runtime_error {
  Violation(std::string broken, const std::string& detail)
      : std::runtime_error(broken + ": " + detail), check(std::move(broken)) {}

  std::string check;  // which promise, in a few words
};

}  // namespace zookernel::sim
