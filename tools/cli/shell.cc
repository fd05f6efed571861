#include "tools/cli/shell.h"

#include <utility>

#include "tools/cli/command_table.h"
#include "tools/cli/event_text.h"
#include "tools/cli/words.h"
#include "tools/client/error_text.h"

namespace zookernel::cli {

namespace {

// How long the end of a session is waited for. It ends by itself after its timeout.
constexpr int64_t kCloseWaitMs = 2000;
// So long the first prompt waits for the connection: it shows the state.
constexpr int64_t kPromptWaitMs = 1000;
// A completion that takes longer is given up.
constexpr int64_t kCompletionWaitMs = 2000;
// history prints so many lines before its own.
constexpr int64_t kHistoryLines = 10;
// Older ones are forgotten: a script may run for days.
constexpr size_t kHistoryLinesMax = 100000;

// "12", "0x1f" or "017", as Java's Integer.decode reads a number.
std::optional<int64_t> parse_index(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int64_t value = 0;
  const auto base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  if (text.empty() || text.size() > 15) return std::nullopt;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : 99;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return negative ? -value : value;
}

}  // namespace

Shell::Shell(Settings settings, const std::string& connect_string, client::ConnectString servers,
             Output& output)
    : settings_(settings), output_(output) {
  open(connect_string, std::move(servers));
}

Shell::~Shell() {
  closing_ = true;
  client_->close(kCloseWaitMs);
}

void Shell::open(const std::string& connect_string, client::ConnectString servers) {
  connect_string_ = connect_string;
  client_ = std::make_unique<client::Client>(
      std::move(servers), settings_.connection,
      [this](const client::WatchedEvent& event) { on_event(event); });
}

// --- Waiting -------------------------------------------------------------------------------------

bool Shell::wait_connected() {
  const int64_t deadline = client::Connection::now() + settings_.connection.timeout_ms;
  if (client_->wait_connected(deadline)) return true;
  output_.error(client::keeper_message(wire::ErrorCode::kConnectionLoss, ""));
  output_.error("zkCli: no connection to " + connect_string_ + " within " +
                std::to_string(settings_.connection.timeout_ms) + " ms" +
                (client_->connection().problem().empty() ? std::string()
                                                         : ": " + client_->connection().problem()));
  return false;
}

void Shell::settle(int64_t wait_ms) {
  const int64_t deadline = client::Connection::now() + wait_ms;
  while (client_->session().alive() && !client_->session().connected() &&
         client_->connection().problem().empty()) {
    if (client_->connection().turn(-1, deadline) != client::Connection::Woken::kNetwork) return;
  }
}

bool Shell::wait_readable(int descriptor) {
  using Woken = client::Connection::Woken;
  while (true) {
    const Woken woken = client_->connection().turn(descriptor, client::Connection::kForever);
    if (woken == Woken::kReadable) return true;
    if (woken == Woken::kInterrupted) return false;
  }
}

std::vector<std::string> Shell::list_children(const std::string& path) {
  if (!client_->session().connected()) return {};
  return client_->list_children(path, client::Connection::now() + kCompletionWaitMs).value;
}

// --- Running -------------------------------------------------------------------------------------

std::string Shell::prompt() const {
  return "[zk: " + connect_string_ + "(" +
         std::string(client::state_name(client_->session().state())) + ") " +
         std::to_string(command_count_) + "] ";
}

int Shell::run(LineReader& reader) {
  reader_ = &reader;
  settle(kPromptWaitMs);
  std::string line;
  while (true) {
    const LineReader::Got got = reader.read(prompt(), line);
    if (got == LineReader::Got::kEnd) break;
    if (got == LineReader::Got::kInterrupted) {
      exit_code_ = kExitInterrupted;
    } else if (run_line(line) == Next::kQuit) {
      break;
    }
    output_.flush();
    if (exit_code_ == kExitInterrupted && reader.is_script()) break;
  }
  reader_ = nullptr;
  return exit_code_;
}

int Shell::run_once(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  history_[command_count_] = line;
  run_words(words);
  output_.flush();
  return exit_code_;
}

Shell::Next Shell::run_line(const std::string& line) {
  const std::vector<std::string> words = split_words(line);
  if (words.empty()) return Next::kGoOn;
  history_[command_count_] = line;
  if (history_.size() > kHistoryLinesMax) history_.erase(history_.begin());
  const Next next = run_words(words);
  ++command_count_;
  return next;
}

Shell::Next Shell::run_words(const std::vector<std::string>& words) {
  const Command* command = find_command(words[0]);
  if (command == nullptr) {
    output_.error(help_text());
    output_.error("Command not found: Command not found " + words[0]);
    exit_code_ = kExitUnknownCommand;
    return Next::kGoOn;
  }
  if (command->name == "quit") {
    client_->close(kCloseWaitMs);
    return Next::kQuit;
  }
  if (command->name == "redo") return redo(words);
  exit_code_ =
      command->run == nullptr ? run_builtin(*command, words) : run_command(*command, words);
  return Next::kGoOn;
}

int Shell::run_command(const Command& command, const std::vector<std::string>& words) {
  // version is about the program alone.
  if (!client_->session().alive() && command.name != "version") {
    output_.line("Not connected");
    return kExitFailed;
  }
  Context context(*client_, output_, command);
  const Result<Arguments> arguments =
      parse_arguments(std::span(words).subspan(1), command.options, command.group);
  if (!arguments.ok()) return context.fail(arguments.error().message);
  if (arguments->words.size() < command.words_min) return context.usage();
  const int exit_code = command.run(context, *arguments);
  if (exit_code == kExitInterrupted) output_.error("Interrupted: " + words[0]);
  return exit_code;
}

int Shell::run_builtin(const Command& command, const std::vector<std::string>& words) {
  if (command.name == "connect") return connect(words);
  if (command.name == "help") return help(words);
  if (command.name == "history") return history();
  if (command.name == "printwatches") return print_watches(words);
  ZOOKERNEL_ASSERT(command.name == "close");
  if (!client_->session().alive()) {
    output_.line("Not connected");
    return kExitFailed;
  }
  client_->close(kCloseWaitMs);
  return kExitOk;
}

// --- The shell's own commands --------------------------------------------------------------------

int Shell::connect(const std::vector<std::string>& words) {
  const std::string text = words.size() > 1 ? words[1] : connect_string_;
  Result<client::ConnectString> servers = client::parse_connect_string(text);
  if (!servers.ok()) {
    output_.error(servers.error().message);
    return kExitFailed;
  }
  client_->close(kCloseWaitMs);
  open(text, std::move(*servers));
  settle(kPromptWaitMs);
  return kExitOk;
}

int Shell::help(const std::vector<std::string>& words) {
  if (words.size() == 1) {
    output_.line(help_text());
    return kExitOk;
  }
  const Command* command = find_command(words[1]);
  if (command == nullptr) {
    output_.error("Command not found: Command not found " + words[1]);
    return kExitFailed;
  }
  output_.line(usage_text(*command));
  output_.text(options_text(command->options));
  return kExitOk;
}

int Shell::history() {
  for (auto it = history_.lower_bound(command_count_ - kHistoryLines); it != history_.end(); ++it) {
    output_.line(std::to_string(it->first) + " - " + it->second);
  }
  return kExitOk;
}

int Shell::print_watches(const std::vector<std::string>& words) {
  if (words.size() == 1) {
    output_.line(print_watches_ ? "printwatches is on" : "printwatches is off");
  } else {
    print_watches_ = words[1] == "on";
  }
  return kExitOk;
}

Shell::Next Shell::redo(const std::vector<std::string>& words) {
  exit_code_ = kExitFailed;
  if (words.size() < 2) {
    output_.error(usage_text(*find_command("redo")));
    return Next::kGoOn;
  }
  const auto index = parse_index(words[1]);
  const auto line = index && *index < command_count_ ? history_.find(*index) : history_.end();
  if (line == history_.end()) {
    output_.error("Command index out of range");
    return Next::kGoOn;
  }
  const std::vector<std::string> again = split_words(line->second);
  if (again[0] == "redo") {
    output_.error("No redoing redos");
    return Next::kGoOn;
  }
  history_[command_count_] = line->second;
  return run_words(again);
}

// --- Events --------------------------------------------------------------------------------------

void Shell::on_event(const client::WatchedEvent& event) {
  const bool of_session = event.type == wire::EventType::kNone;
  if (!print_watches_ || closing_ || (of_session && settings_.quiet)) return;
  if (reader_ != nullptr) reader_->before_output();
  output_.line("\nWATCHER::\n\n" + event_text(event));
  output_.flush();
  if (reader_ != nullptr) reader_->after_output(prompt());
}

}  // namespace zookernel::cli
