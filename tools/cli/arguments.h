// The options and words of one command, with the rules and messages of the parser that Apache's
// client uses (commons-cli's DefaultParser), since scripts rely on both.
//
//   -s            an option             -sw   two of them
//   -v 3  -v3  -v=3   one with a value; the value may be a negative number
//   --            ends the options
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::cli {

struct Option {
  enum class Value { kNone, kRequired };

  std::string_view name;  // without the dash
  Value value = Value::kNone;
  std::string_view description;
};

// How the options of a command exclude each other.
enum class OptionGroup { kNone, kAtMostOne, kExactlyOne };

class Arguments {
 public:
  // Without the options and without the command's name.
  std::vector<std::string> words;

  [[nodiscard]] bool has(std::string_view option) const;
  // The first value that was given.
  [[nodiscard]] std::optional<std::string> value(std::string_view option) const;
  // All values, joined by commas: for options that take a list.
  [[nodiscard]] std::optional<std::string> list(std::string_view option) const;

  void add(std::string_view option, std::string value) {
    given_.emplace_back(option, std::move(value));
  }
  // Adds to the value of the option given last.
  void set_last_value(std::string value) { given_.back().second = std::move(value); }
  [[nodiscard]] bool empty() const { return given_.empty(); }
  [[nodiscard]] const std::string& first_option() const { return given_.front().first; }

 private:
  std::vector<std::pair<std::string, std::string>> given_;
};

// `words` are what follows the command's name. The error is the line that Apache's client prints,
// the names of its exceptions included. [any]
[[nodiscard]] Result<Arguments> parse_arguments(std::span<const std::string> words,
                                                std::span<const Option> options, OptionGroup group);

// " -b   Output data in base64 format", a line for each option, sorted by name without regard to
// case.
[[nodiscard]] std::string options_text(std::span<const Option> options);

}  // namespace zookernel::cli
