// Lines from a pipe or a file, or from a terminal that cannot be edited on.
#pragma once

#include <string>

#include "tools/cli/line_reader.h"
#include "tools/cli/output.h"

namespace zookernel::cli {

class PipedReader : public LineReader {
 public:
  // Longer lines are cut: a line has to fit into memory, and no znode holds more.
  static constexpr size_t kLineBytesMax = 16 * 1024 * 1024;

  // Reads `descriptor`, which stays the caller's. Prompts are printed, unless `quiet`: scripts look
  // for them in the output of Apache's client.
  PipedReader(int descriptor, Output& output, WaitReadable wait, bool quiet);

  Got read(const std::string& prompt, std::string& line) override;
  [[nodiscard]] bool is_script() const override { return true; }

 private:
  int descriptor_;
  Output& output_;  // the caller's
  WaitReadable wait_;
  bool quiet_;
  std::string read_;  // beyond the last line
  bool ended_ = false;
};

}  // namespace zookernel::cli
