// zk4lw: asks a server one four-letter word and prints its answer. For scripts on machines without
// nc.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/fourletter/exchange.h"

namespace {

using zookernel::fourletter::Outcome;
using zookernel::fourletter::Question;

constexpr int kExitAnswered = 0;
constexpr int kExitNoConnection = 1;
constexpr int kExitUsage = 2;
constexpr int kExitNoAnswer = 3;

constexpr const char* kUsage =
    "usage: zk4lw [--timeout SECONDS] HOST PORT WORD [MASK]\n"
    "  Sends the four-letter WORD (ruok, srvr, stat, conf, mntr, ...) to a ZooKeeper server and "
    "prints the answer.\n"
    "  MASK, decimal, is the argument of stmk. SECONDS, 5 by default, limit each wait.\n"
    "exit: 0 answered, 1 no connection, 2 wrong arguments, 3 connected but no whole answer\n";

template <typename Number>
std::optional<Number> number_of(std::string_view text, Number least, Number most) {
  Number number{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  if (number < least || number > most) return std::nullopt;
  return number;
}

std::string big_endian(int64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> shift & 0xff);
  }
  return bytes;
}

// The question that the arguments ask; nothing when they are wrong.
std::optional<Question> question_of(std::vector<std::string> arguments) {
  Question question;
  if (arguments.size() >= 2 && arguments[0] == "--timeout") {
    const auto seconds = number_of<int>(arguments[1], 1, 3600);
    if (!seconds) return std::nullopt;
    question.timeout_ms = *seconds * 1000;
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.size() < 3 || arguments.size() > 4) return std::nullopt;
  question.host = arguments[0];
  question.port = arguments[1];
  question.word = arguments[2];
  if (question.host.empty() || question.word.size() != 4) return std::nullopt;
  if (!number_of<int>(question.port, 1, 65535)) return std::nullopt;
  if ((arguments.size() == 4) != (question.word == "stmk")) return std::nullopt;
  if (arguments.size() == 4) {
    const auto mask = number_of<int64_t>(arguments[3], INT64_MIN, INT64_MAX);
    if (!mask) return std::nullopt;
    question.word += big_endian(*mask);
  }
  return question;
}

}  // namespace

int main(int argc, char** argv) {
  const auto question = question_of({argv + 1, argv + argc});
  if (!question) {
    std::fputs(kUsage, stderr);
    return kExitUsage;
  }
  const auto exchange = ask(*question, [](std::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  });
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::perror("zk4lw: cannot write the answer to standard output");
    return kExitNoAnswer;
  }
  if (!exchange.problem.empty()) std::fprintf(stderr, "zk4lw: %s\n", exchange.problem.c_str());
  switch (exchange.outcome) {
    case Outcome::kAnswered:
      return kExitAnswered;
    case Outcome::kNoConnection:
      return kExitNoConnection;
    case Outcome::kNoAnswer:
      break;
  }
  return kExitNoAnswer;
}
