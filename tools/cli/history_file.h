// The lines of earlier sessions, for the cursor keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zookernel::cli {

// A text file with a line each, readable by its owner only. Lines with passwords (addauth) are not
// written. Without a file name, or where it cannot be written, there is simply no history.
class HistoryFile {
 public:
  static constexpr size_t kLinesMax = 1000;

  // An empty name: none.
  explicit HistoryFile(std::string name);

  // The newest lines, oldest first. Cuts a file down that has grown to twice as many.
  [[nodiscard]] std::vector<std::string> load() const;
  void append(std::string_view line) const;

  // $ZOOKERNEL_CLI_HISTORY (empty: none), else ~/.zookernel_cli_history; empty without a HOME.
  [[nodiscard]] static std::string default_name();

 private:
  void write(const std::vector<std::string>& lines, int flags) const;

  std::string name_;
};

}  // namespace zookernel::cli
