// What a command says: results on standard output, everything else on standard error, in the order
// in which it was said.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

namespace zookernel::cli {

class Output {
 public:
  // Raw: bytes go out as they are, as for a pipe or a file. Terminal: control characters that come
  // from znodes are replaced, so that nobody's data moves the cursor or types into the terminal.
  enum class Style { kRaw, kTerminal };

  Output(std::ostream& out, std::ostream& err, Style style) : out_(out), err_(err), style_(style) {}

  // A line of the result.
  void line(std::string_view text);
  // A part of one.
  void text(std::string_view text);
  // A line for the user's eyes.
  void error(std::string_view text);
  void flush();

 private:
  void write(std::ostream& stream, std::string_view text);

  std::ostream& out_;  // the caller's
  std::ostream& err_;
  Style style_;
};

// `text` with every control character but line feed, carriage return and tabulator replaced.
[[nodiscard]] std::string without_controls(std::string_view text);

}  // namespace zookernel::cli
