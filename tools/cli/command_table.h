// All commands of the shell, those that it does itself among them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/cli/command.h"

namespace zookernel::cli {

// In ASCII order of their names.
[[nodiscard]] std::span<const Command* const> all_commands();

// nullptr if there is none of this name.
[[nodiscard]] const Command* find_command(std::string_view name);

// What help prints: how to call the program, then a line for each command.
[[nodiscard]] std::string help_text();

}  // namespace zookernel::cli
