// zookernel-plugin info: what a plugin says about itself.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace zookernel::plugin_tool {

inline constexpr int kFine = 0;      // the server would load it
inline constexpr int kFindings = 1;  // the server would refuse it, or lint has something to say
inline constexpr int kUsage = 2;     // wrong arguments, or no such file

// Prints identity, build and extensions with their zoo.cfg keys. Opens the file and asks for its
// manifest, as the server does, but creates nothing. What the server would refuse is told on `err`,
// after as much as can be read safely. Returns the exit code.
int info(const std::filesystem::path& file, std::ostream& out, std::ostream& err);

}  // namespace zookernel::plugin_tool
