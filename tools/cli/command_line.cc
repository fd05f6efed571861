#include "tools/cli/command_line.h"

namespace zookernel::cli {

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    std::string* value = nullptr;
    if (word == "-server") value = &line.server;
    if (word == "-timeout") value = &line.timeout_ms;
    if (word == "-client-configuration") value = &line.client_configuration;
    if (value != nullptr) {
      if (++i == arguments.size()) {
        line.problem = "Error: no argument found for option " + word;
        return line;
      }
      *value = arguments[i];
    } else if (word == "-r") {
      line.read_only = true;
    } else if (word == "-waitforconnection") {
      line.wait_for_connection = true;
    } else if (word == "-quiet" || word == "--quiet") {
      line.quiet = true;
    } else if (!word.starts_with('-')) {
      line.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      return line;
    }
  }
  return line;
}

}  // namespace zookernel::cli
