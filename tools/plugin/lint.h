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
//
// Constructors and thread_local of a plugin of the inner circle are notes, not findings: such a
// plugin is built together with the server, and a library that it uses as headers may bring them
// (Boost.Asio does: one per source file that includes it). That nothing of our own hides among them
// is a test of the built-in plugins.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "kernel/shell/elf_file.h"

namespace zookernel::plugin_tool {

struct LintFindings {
  std::vector<std::string> bad;            // for a plugin of either circle
  std::vector<std::string> bad_for_outer;  // a note where the circle is the inner one
};

// What the bytes of the file tell. Opens nothing.
LintFindings lint_elf(const shell::ElfFile& file);

// Prints the findings on `out`, with notes and the needed libraries as information, and returns the
// exit code (info.h).
int lint(const std::filesystem::path& file, std::ostream& out, std::ostream& err);

}  // namespace zookernel::plugin_tool
