// zkCli: the command-line client. Options, commands, texts and exit codes are those of Apache
// ZooKeeper's zkCli.sh; docs/manual/command-line-client.md says where they differ.

#include <signal.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <memory>

#include "tools/cli/client_configuration.h"
#include "tools/cli/command_line.h"
#include "tools/cli/history_file.h"
#include "tools/cli/line_editor.h"
#include "tools/cli/piped_reader.h"
#include "tools/cli/shell.h"

namespace {

using namespace zookernel;
using namespace zookernel::cli;

// Only ends the wait that it arrives in.
void on_interrupt(int) {}

// SIGINT is taken only where the program waits, so that none gets lost between a look and a wait.
// Returns the mask for waiting.
sigset_t set_up_signals() {
  sigset_t interrupt;
  sigset_t before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before);
  struct sigaction action = {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigdelset(&before, SIGINT);
  return before;
}

Status configure(const CommandLine& line, ClientConfiguration& configuration) {
  for (const char* name : {"JVMFLAGS", "CLIENT_JVMFLAGS"}) {
    if (const char* flags = std::getenv(name)) {
      const Status status = apply_flags(flags, configuration);
      if (!status.ok()) {
        return Error{status.error().code, std::string(name) + ": " + status.error().message};
      }
    }
  }
  if (line.client_configuration.empty()) return Unit{};
  return apply_file(line.client_configuration, configuration);
}

int interact(Shell& shell, Output& output, const CommandLine& line, bool terminal) {
  const WaitReadable wait = [&shell](int descriptor) { return shell.wait_readable(descriptor); };
  if (!line.quiet) {
    // The second line is what Apache's client says, and what scripts wait for.
    output.line("Welcome to ZooKeeper!\nJLine support is enabled");
    output.flush();
  }
  if (terminal) {
    LineEditor reader(
        wait, [&shell](const std::string& path) { return shell.list_children(path); },
        HistoryFile(HistoryFile::default_name()));
    return shell.run(reader);
  }
  PipedReader reader(STDIN_FILENO, output, wait, line.quiet);
  return shell.run(reader);
}

}  // namespace

int main(int argc, char** argv) {
  const CommandLine line = parse_command_line({argv + 1, argv + argc});
  const bool terminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  std::ios::sync_with_stdio(false);
  Output output(std::cout, std::cerr,
                isatty(STDOUT_FILENO) == 1 ? Output::Style::kTerminal : Output::Style::kRaw);
  if (!line.problem.empty()) output.error(line.problem);
  if (!line.quiet) output.line("Connecting to " + line.server);

  ClientConfiguration configuration;
  const Status configured = configure(line, configuration);
  if (!configured.ok()) {
    output.error("zkCli: " + configured.error().message);
    return kExitConfiguration;
  }
  Result<client::ConnectString> servers = client::parse_connect_string(line.server);
  if (!servers.ok()) {
    output.error("zkCli: " + servers.error().message);
    return kExitFailed;
  }
  const auto timeout_ms = parse_integer(line.timeout_ms);
  if (!timeout_ms || *timeout_ms <= 0 || *timeout_ms > std::numeric_limits<int32_t>::max()) {
    output.error("zkCli: -timeout " + line.timeout_ms + ": a number of milliseconds is expected");
    return kExitFailed;
  }

  const sigset_t waiting = set_up_signals();
  Shell::Settings settings;
  settings.quiet = line.quiet;
  settings.connection.timeout_ms = static_cast<int32_t>(*timeout_ms);
  settings.connection.frame_bytes_max = configuration.frame_bytes_max;
  settings.connection.signals_while_waiting = &waiting;
  if (line.read_only) settings.connection.access = client::Session::Access::kReadOnlyAllowed;
  Shell shell(settings, line.server, std::move(*servers), output);
  if (line.wait_for_connection && !shell.wait_connected()) return kExitFailed;
  if (!line.command.empty()) return shell.run_once(line.command);
  return interact(shell, output, line, terminal);
}
