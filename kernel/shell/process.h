// The server process: builds everything in order, serves, and takes it down in reverse.
#pragma once

#include "kernel/shell/command_line.h"
#include "kernel/shell/config.h"

namespace zookernel::shell {

// Apache's exit codes. Ending by SIGTERM or SIGINT is 0: Java's 143 is the JVM's way of dying, not
// a result.
enum class ExitCode : int {
  kFinished = 0,
  kUnexpected = 1,
  kInvalidInvocation = 2,
  kCannotUseDataDirectory = 3,
  kCannotBindElectionPort = 14,
};

// Does what the command line says. Returns the exit code.
int run_process(const CommandLine& line);

}  // namespace zookernel::shell
