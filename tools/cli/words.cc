#include "tools/cli/words.h"

namespace zookernel::cli {

namespace {

constexpr std::string_view kBlanks = " \t\n\v\f\r";

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  while ((at = line.find_first_not_of(kBlanks, at)) != std::string_view::npos) {
    const char quote = line[at];
    if (quote == '"' || quote == '\'') {
      const size_t close = line.find(quote, at + 1);
      ++at;
      if (close == std::string_view::npos) continue;
      words.emplace_back(line.substr(at, close - at));
      at = close + 1;
      continue;
    }
    const size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    words.emplace_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

}  // namespace zookernel::cli
