// The server program. Arguments in, exit code out; everything else is in the shell.
#include <cstdio>

#include "kernel/shell/command_line.h"
#include "kernel/shell/process.h"

int main(int argc, char** argv) {
  const auto line = zookernel::shell::parse_command_line(argc, argv);
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().message.c_str());
    return static_cast<int>(zookernel::shell::ExitCode::kInvalidInvocation);
  }
  return zookernel::shell::run_process(*line);
}
