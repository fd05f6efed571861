// A script and what Java's server did, in one file: a difference that was found once stays a test.
//
//   file := { "# " comment } script "----" NEWLINE { line of a transcript }
#pragma once

#include <string>
#include <vector>

#include "tests/differential/script.h"

namespace zookernel::differential {

struct CaseFile {
  std::string comment;  // whole lines, each with its "# "
  Script script;
  std::vector<std::string> transcript;
};

// False with the file and the reason in `problem`.
[[nodiscard]] bool read_case(const std::string& path, CaseFile& file, std::string& problem);
[[nodiscard]] bool write_case(const std::string& path, const CaseFile& file, std::string& problem);

}  // namespace zookernel::differential
