#include "tools/cli/piped_reader.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <sstream>

using namespace zookernel::cli;
using Got = LineReader::Got;

namespace {

// A pipe that holds some text and has no more.
struct Pipe {
  explicit Pipe(const std::string& text) {
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
  }
  ~Pipe() { ::close(ends[0]); }

  int ends[2] = {-1, -1};
};

struct Harness {
  explicit Harness(const std::string& text, bool quiet = false)
      : pipe(text),
        reader(
            pipe.ends[0], output, [](int) { return true; }, quiet) {}

  Got read() { return reader.read("> ", line); }

  Pipe pipe;
  std::ostringstream out;
  Output output{out, out, Output::Style::kRaw};
  PipedReader reader;
  std::string line;
};

}  // namespace

TEST_CASE("PipedReader: lines come without their ends, the last one also without one",
          "[cli][reader]") {
  Harness h("ls /\r\n\nget /a\nquit");

  for (const char* expected : {"ls /", "", "get /a", "quit"}) {
    REQUIRE(h.read() == Got::kLine);
    CHECK(h.line == expected);
  }
  CHECK(h.read() == Got::kEnd);
  CHECK(h.read() == Got::kEnd);
}

TEST_CASE("PipedReader: prompts are printed where scripts look for them", "[cli][reader]") {
  Harness h("ls /\n");
  CHECK(h.read() == Got::kLine);
  CHECK(h.out.str() == "> ");

  Harness quiet("ls /\n", true);
  CHECK(quiet.read() == Got::kLine);
  CHECK(quiet.out.str().empty());
}

TEST_CASE("PipedReader: a line longer than one block is whole", "[cli][reader]") {
  const std::string text(30000, 'x');
  Harness h(text + "\nnext\n");

  REQUIRE(h.read() == Got::kLine);
  CHECK(h.line == text);
  REQUIRE(h.read() == Got::kLine);
  CHECK(h.line == "next");
}

TEST_CASE("PipedReader: a signal ends the wait", "[cli][reader]") {
  std::ostringstream out;
  Output output(out, out, Output::Style::kRaw);
  PipedReader reader(
      -1, output, [](int) { return false; }, true);
  std::string line;

  CHECK(reader.read("", line) == Got::kInterrupted);
}
