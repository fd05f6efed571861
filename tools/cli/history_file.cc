#include "tools/cli/history_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "tools/cli/words.h"

namespace zookernel::cli {

HistoryFile::HistoryFile(std::string name) : name_(std::move(name)) {}

std::string HistoryFile::default_name() {
  if (const char* name = std::getenv("ZOOKERNEL_CLI_HISTORY")) return name;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::string(home) + "/.zookernel_cli_history";
}

std::vector<std::string> HistoryFile::load() const {
  std::vector<std::string> lines;
  if (name_.empty()) return lines;
  std::ifstream file(name_);
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  if (lines.size() <= kLinesMax) return lines;
  const bool grown = lines.size() >= 2 * kLinesMax;
  lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kLinesMax));
  if (grown) write(lines, O_TRUNC);
  return lines;
}

void HistoryFile::append(std::string_view line) const {
  const std::vector<std::string> words = split_words(line);
  if (name_.empty() || words.empty() || words.front() == "addauth") return;
  write({std::string(line)}, O_APPEND);
}

void HistoryFile::write(const std::vector<std::string>& lines, int flags) const {
  const int descriptor =
      ::open(name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (descriptor < 0) return;
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  // What cannot be kept is not missed enough to trouble the user.
  [[maybe_unused]] const ssize_t written = ::write(descriptor, text.data(), text.size());
  ::close(descriptor);
}

}  // namespace zookernel::cli
