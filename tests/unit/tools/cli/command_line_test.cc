#include "tools/cli/command_line.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::cli;
using Words = std::vector<std::string>;

TEST_CASE("command line: defaults", "[cli][command_line]") {
  const CommandLine line = parse_command_line({});

  CHECK(line.server == "localhost:2181");
  CHECK(line.timeout_ms == "30000");
  CHECK_FALSE(line.read_only);
  CHECK_FALSE(line.wait_for_connection);
  CHECK_FALSE(line.quiet);
  CHECK(line.command.empty());
}

TEST_CASE("command line: the first word without a dash begins the command", "[cli][command_line]") {
  const CommandLine line =
      parse_command_line({"-server", "h:1/app", "-timeout", "500", "-r", "-waitforconnection",
                          "--quiet", "-client-configuration", "f", "ls", "-s", "/", "-server"});

  CHECK(line.server == "h:1/app");
  CHECK(line.timeout_ms == "500");
  CHECK(line.read_only);
  CHECK(line.wait_for_connection);
  CHECK(line.quiet);
  CHECK(line.client_configuration == "f");
  CHECK(line.command == Words{"ls", "-s", "/", "-server"});
  CHECK(line.problem.empty());
}

TEST_CASE("command line: unknown options are passed over", "[cli][command_line]") {
  CHECK(parse_command_line({"-nosuch", "ls", "/"}).command == Words{"ls", "/"});
}

TEST_CASE("command line: an option without its value is said, and the rest goes on",
          "[cli][command_line]") {
  const CommandLine line = parse_command_line({"-r", "-server"});

  CHECK(line.problem == "Error: no argument found for option -server");
  CHECK(line.server == "localhost:2181");
  CHECK(line.read_only);
}
