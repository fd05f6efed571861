// A command of the shell: its name, what it takes, and what it does.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/cli/arguments.h"
#include "tools/cli/output.h"
#include "tools/client/client.h"

namespace zookernel::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitConfiguration = 2;
inline constexpr int kExitUnknownCommand = 127;
inline constexpr int kExitInterrupted = 130;

class Context;

struct Command {
  std::string_view name;
  std::string_view usage;  // what follows the name
  std::span<const Option> options = {};
  OptionGroup group = OptionGroup::kNone;
  size_t words_min = 0;  // with fewer words the usage is printed
  // Does it, and returns the exit code. nullptr: the shell itself does it.
  int (*run)(Context& context, const Arguments& arguments) = nullptr;
  // With the usage the options are explained.
  bool usage_lists_options = false;
};

// "name usage", as help and errors print it.
[[nodiscard]] std::string usage_text(const Command& command);

// What a running command works with, and how it fails. All functions that fail print the reason on
// standard error and return the exit code, so that a command can say `return context.fail(...)`.
class Context {
 public:
  Context(client::Client& connected, Output& to, const Command& command)
      : zk(connected), output(to), command_(command) {}

  client::Client& zk;
  Output& output;

  int fail(std::string_view message);
  // An error code in the words of Apache's client. An empty path stays empty.
  int fail(wire::ErrorCode error, std::string_view path);
  int usage();

  // The first word as a path; nullopt after having failed.
  [[nodiscard]] std::optional<std::string> path(const Arguments& arguments);
  // Prints what is wrong with a path, if anything.
  [[nodiscard]] bool good_path(std::string_view path);
  // The value of an option as a number, `fallback` without the option; nullopt after having failed.
  [[nodiscard]] std::optional<int32_t> number(const Arguments& arguments, std::string_view option,
                                              int32_t fallback);

 private:
  const Command& command_;
};

// The line for an error code: "Node does not exist: /a". [any]
[[nodiscard]] std::string error_line(wire::ErrorCode error, std::string_view path);

// A decimal number with an optional sign, all of the text. [any]
[[nodiscard]] std::optional<int64_t> parse_integer(std::string_view text);

}  // namespace zookernel::cli
