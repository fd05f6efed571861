#include "tools/cli/completion.h"

#include <algorithm>

#include "tools/cli/command_table.h"
#include "tools/cli/output.h"
#include "tools/cli/words.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

// The word at the end of a line that is not finished: its text, and the quote that it began with.
struct OpenWord {
  std::string_view text;
  std::string quote;
  bool first = false;  // nothing before it
};

OpenWord open_word(std::string_view line) {
  size_t begin = 0;
  char quote = '\0';
  bool inside = false;
  bool first = true;
  bool seen = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool blank = c == ' ' || c == '\t';
    if (!inside && !blank) {
      inside = true;
      first = !seen;
      seen = true;
      quote = c == '"' || c == '\'' ? c : '\0';
      begin = quote == '\0' ? i : i + 1;
    } else if (inside && (quote == '\0' ? blank : c == quote)) {
      inside = false;
    }
  }
  if (!inside) return {{}, {}, !seen};
  return {line.substr(begin), quote == '\0' ? std::string() : std::string(1, quote), first};
}

std::string common_prefix(const std::vector<std::string>& sorted) {
  const std::string& first = sorted.front();
  const std::string& last = sorted.back();
  const auto end = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  std::string prefix(first.begin(), end);
  // Not into the middle of a UTF-8 character.
  while (prefix.size() < first.size() &&
         (static_cast<unsigned char>(first[prefix.size()]) & 0xc0) == 0x80) {
    prefix.pop_back();
  }
  return prefix;
}

std::vector<std::string> paths(const OpenWord& word, const ListChildren& list_children) {
  std::vector<std::string> found;
  const size_t slash = word.text.rfind('/');
  const std::string parent(slash == 0 ? "/" : word.text.substr(0, slash));
  for (const std::string& name : list_children(parent)) {
    // What would not be one word again when it is read, or would do things to the terminal.
    const bool splits = word.quote.empty() ? name.find_first_of(" \t") != std::string::npos
                                           : name.find(word.quote) != std::string::npos;
    if (splits || without_controls(name) != name) continue;
    std::string path = client::child_path(parent, name);
    if (path.starts_with(word.text)) found.push_back(std::move(path));
  }
  return found;
}

std::vector<std::string> options(std::string_view line, const OpenWord& word) {
  std::vector<std::string> found;
  const std::vector<std::string> words = split_words(line);
  const Command* command = words.empty() ? nullptr : find_command(words.front());
  if (command == nullptr) return found;
  for (const Option& option : command->options) {
    std::string text = "-" + std::string(option.name);
    if (text.starts_with(word.text)) found.push_back(std::move(text));
  }
  return found;
}

}  // namespace

Completion complete(std::string_view line, const ListChildren& list_children) {
  const OpenWord word = open_word(line);
  Completion completion;
  std::vector<std::string>& candidates = completion.candidates;
  if (word.text.starts_with('/')) {
    candidates = paths(word, list_children);
  } else if (word.first ||
             (word.text.empty() && split_words(line) == std::vector<std::string>{"help"})) {
    for (const Command* command : all_commands()) {
      if (command->name.starts_with(word.text)) candidates.emplace_back(command->name);
    }
  } else if (word.text.starts_with('-')) {
    candidates = options(line, word);
  }
  if (candidates.empty()) return completion;
  std::sort(candidates.begin(), candidates.end());
  const std::string prefix = common_prefix(candidates);
  if (prefix.size() > word.text.size()) completion.insert = prefix.substr(word.text.size());
  if (candidates.size() == 1) completion.insert += word.quote + " ";
  return completion;
}

}  // namespace zookernel::cli
