// The shell: one session with an ensemble, and the commands that are run in it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/command.h"
#include "tools/cli/line_reader.h"
#include "tools/client/client.h"

namespace zookernel::cli {

class Shell {
 public:
  struct Settings {
    client::Connection::Settings connection;
    bool quiet = false;  // events of the session are not printed
  };

  // Begins to connect; whoever runs a command waits for that.
  Shell(Settings settings, const std::string& connect_string, client::ConnectString servers,
        Output& output);
  // Ends the session, so that its ephemeral nodes do not outlive the program.
  ~Shell();

  // Runs commands until the end of the input, or quit. Returns the exit code of the last one.
  int run(LineReader& reader);
  // Runs one command that was split into words already.
  int run_once(const std::vector<std::string>& words);

  // Waits for the connection for as long as the session's timeout; says what is wrong if it does
  // not come.
  [[nodiscard]] bool wait_connected();
  // For line readers.
  [[nodiscard]] bool wait_readable(int descriptor);
  [[nodiscard]] std::vector<std::string> list_children(const std::string& path);

 private:
  enum class Next { kGoOn, kQuit };

  void open(const std::string& connect_string, client::ConnectString servers);
  Next run_line(const std::string& line);
  Next run_words(const std::vector<std::string>& words);
  int run_builtin(const Command& command, const std::vector<std::string>& words);
  int run_command(const Command& command, const std::vector<std::string>& words);
  int connect(const std::vector<std::string>& words);
  int help(const std::vector<std::string>& words);
  int history();
  int print_watches(const std::vector<std::string>& words);
  Next redo(const std::vector<std::string>& words);
  void settle(int64_t wait_ms);
  void on_event(const client::WatchedEvent& event);
  [[nodiscard]] std::string prompt() const;

  Settings settings_;
  Output& output_;  // the caller's
  std::string connect_string_;
  std::unique_ptr<client::Client> client_;
  LineReader* reader_ = nullptr;  // while run() is under way
  bool print_watches_ = true;
  bool closing_ = false;  // the program ends: nobody wants to hear of the session's end
  int exit_code_ = kExitOk;
  int64_t command_count_ = 0;
  std::map<int64_t, std::string> history_;  // the lines of this session by number
};

}  // namespace zookernel::cli
