// The arguments of the program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zookernel::cli {

struct CommandLine {
  std::string server = "localhost:2181";
  std::string timeout_ms = "30000";
  std::string client_configuration;  // empty: none
  bool read_only = false;
  bool wait_for_connection = false;
  // Results only: no greeting, no prompt of a script, no events of the session.
  bool quiet = false;
  std::vector<std::string> command;  // empty: interactive
  std::string problem;               // an option without its value, as a line to print
};

// The first word that does not begin with "-" begins the command. Options that are not known are
// passed over, as in Apache's client. An option without its value ends the list; the defaults hold
// for what is missing. Source: ZooKeeperMain.MyCommandOptions. [any]
[[nodiscard]] CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace zookernel::cli
