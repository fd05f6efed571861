// The machine by text: testdata/*.txt are commands, "----", and what came out. REWRITE=1 writes
// what comes out now; the difference is to be read like code.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/zab/script.h"

namespace zookernel::zab {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

// Runs what is in `text` and answers it with what came out.
std::string replay(const std::string& text) {
  Script script;
  std::istringstream in(text);
  std::string result, line;
  bool in_output = false, after_output = false;
  while (std::getline(in, line)) {
    if (in_output) {
      if (line.empty()) in_output = false;
      continue;
    }
    if (line == "----") {
      in_output = true;
      continue;
    }
    // One that stood between two commands: an output ends with one of its own.
    if (line.empty() && after_output) continue;
    after_output = false;
    if (line.empty() || line[0] == '#') {
      result += line + "\n";
      continue;
    }
    result += line + "\n----\n" + script.run(line) + "\n";
    after_output = true;
  }
  return result;
}

}  // namespace

TEST_CASE("ZabMachine: conversations go as written", "[zab][script]") {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(ZOOKERNEL_ZAB_TESTDATA)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  CHECK(paths.size() >= 20);
  for (const fs::path& path : paths) {
    INFO(path.filename().string());
    const std::string text = read_file(path);
    const std::string now = replay(text);
    if (std::getenv("REWRITE") != nullptr) {
      std::ofstream(path) << now;
    } else {
      CHECK(now == text);
    }
  }
}

}  // namespace zookernel::zab
