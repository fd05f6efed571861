// One four-letter word asked of one server over a plain TCP connection. Blocking; no state is kept
// between calls. [any]
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace zookernel::fourletter {

struct Question {
  std::string host;       // a name or an address; [] around an address of version 6 are dropped
  std::string port;       // decimal
  std::string word;       // the bytes to send: the word, for stmk with its argument
  int timeout_ms = 5000;  // for each wait: a connection, a piece of the answer
};

enum class Outcome {
  kAnswered,      // at least one byte, then an orderly end
  kNoConnection,  // the name does not resolve, or no address of it accepts a connection
  kNoAnswer,      // connected, but nothing came, or it broke off
};

struct Exchange {
  Outcome outcome;
  std::string problem;  // a sentence, empty when answered
};

// Tries all addresses of the host in the resolver's order until one accepts, sends, and gives what
// comes to put(), piece by piece.
Exchange ask(const Question& question, const std::function<void(std::string_view)>& put);

}  // namespace zookernel::fourletter
