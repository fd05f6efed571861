// zookernel-plugin lint: what makes a plugin a bad guest although the server may load it.
//
// Findings, one line each:
//   constructors         code that runs at dlopen, before the server can check or report anything
//   unique symbols       C++ statics that bind across all objects of the process (STB_GNU_UNIQUE)
//   other exports        symbols besides zookernel_plugin, which may collide with those of others
//   thread_local         its destructors run at times that nobody controls
//   executable stack, text relocations   weaken the whole process, and hardened systems refuse them
//   what the plugin host refuses: permissions, other machine, missing entry, needed libraries,
//   other SDK, sanitizers
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "kernel/shell/elf_file.h"

namespace zookernel::plugin_tool {

// What the bytes of the file tell. Opens nothing.
std::vector<std::string> lint_elf(const shell::ElfFile& file);

// Prints the findings on `out`, with the needed libraries as information, and returns the exit code
// (info.h).
int lint(const std::filesystem::path& file, std::ostream& out, std::ostream& err);

}  // namespace zookernel::plugin_tool
