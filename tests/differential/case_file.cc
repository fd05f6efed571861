#include "tests/differential/case_file.h"

#include <fstream>
#include <sstream>

namespace zookernel::differential {

bool read_case(const std::string& path, CaseFile& file, std::string& problem) {
  std::ifstream in(path);
  if (!in) {
    problem = "open " + path + ": it cannot be read";
    return false;
  }
  std::string script;
  bool in_transcript = false;
  for (std::string line; std::getline(in, line);) {
    if (in_transcript) {
      file.transcript.push_back(line);
    } else if (line == "----") {
      in_transcript = true;
    } else if (line.starts_with("#") && script.empty()) {
      file.comment += line + "\n";
    } else {
      script += line + "\n";
    }
  }
  if (from_text(script, file.script, problem)) return true;
  problem = path + ": " + problem + " (lines are counted after the comment)";
  return false;
}

bool write_case(const std::string& path, const CaseFile& file, std::string& problem) {
  std::ofstream out(path);
  out << file.comment << to_text(file.script) << "----\n";
  for (const std::string& line : file.transcript) out << line << "\n";
  out.close();
  if (out) return true;
  problem = "write " + path + ": it cannot be written (does its directory exist?)";
  return false;
}

}  // namespace zookernel::differential
