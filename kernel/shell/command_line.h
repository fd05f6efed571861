// The arguments of the server program.
#pragma once

#include <string>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::shell {

struct CommandLine {
  enum class Action {
    kServe,        // FILE, or port dataDir [tickTime [maxClientCnxns]]
    kCheckConfig,  // says what is wrong with FILE, and ends
    kPrintConfig,  // prints the value of `key` that holds with FILE
    kVersion,
    kHelp,
  };
  Action action = Action::kServe;
  std::string file;                    // empty in the form without a file
  std::string key;                     // kPrintConfig
  std::vector<std::string> arguments;  // the form without a file
};

// An error is a usage line.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

[[nodiscard]] std::string help_text();

}  // namespace zookernel::shell
