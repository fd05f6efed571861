// Where the lines of a session come from: a person at a terminal, or a script.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace zookernel::cli {

// Waits for the descriptor to become readable, and keeps the session alive meanwhile. False when a
// signal came first.
using WaitReadable = std::function<bool(int descriptor)>;

class LineReader {
 public:
  virtual ~LineReader() = default;

  enum class Got { kLine, kEnd, kInterrupted };
  // The next line, without its end.
  virtual Got read(const std::string& prompt, std::string& line) = 0;

  // Ctrl-C ends a script, but only the line of a person.
  [[nodiscard]] virtual bool is_script() const = 0;

  // Something is about to be printed, or was, while read() waits: an event of a watch.
  virtual void before_output() {}
  virtual void after_output(const std::string& prompt) { static_cast<void>(prompt); }
};

}  // namespace zookernel::cli
