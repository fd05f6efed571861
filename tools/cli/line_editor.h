// Lines from a person at a terminal: editing, history and completion, by libedit.
#pragma once

#include <memory>
#include <string>

#include "tools/cli/completion.h"
#include "tools/cli/history_file.h"
#include "tools/cli/line_reader.h"

namespace zookernel::cli {

class LineEditor : public LineReader {
 public:
  // Takes over the terminal on descriptors 0 to 2 while read() waits.
  LineEditor(WaitReadable wait, ListChildren list_children, HistoryFile history);
  ~LineEditor() override;

  Got read(const std::string& prompt, std::string& line) override;
  [[nodiscard]] bool is_script() const override { return false; }
  void before_output() override;
  void after_output(const std::string& prompt) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zookernel::cli
