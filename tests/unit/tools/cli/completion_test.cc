#include "tools/cli/completion.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::cli;
using Words = std::vector<std::string>;

namespace {

Completion complete_in_tree(std::string_view line) {
  return complete(line, [](const std::string& path) -> Words {
    if (path == "/") return {"zookeeper", "app", "apple", "with space", "\x1b[2Jevil"};
    if (path == "/app") return {"only"};
    return {};
  });
}

}  // namespace

TEST_CASE("completion: the first word is a command", "[cli][completion]") {
  CHECK(complete_in_tree("getE").insert == "phemerals ");
  CHECK(complete_in_tree("  whoa").insert == "mi ");
  const Completion many = complete_in_tree("getA");
  CHECK(many.insert.empty());
  CHECK(many.candidates == Words{"getAcl", "getAllChildrenNumber"});
  CHECK(complete_in_tree("").candidates.size() > 20);
  CHECK(complete_in_tree("nosuch").candidates.empty());
}

TEST_CASE("completion: a path is completed as far as it is certain", "[cli][completion]") {
  CHECK(complete_in_tree("ls /z").insert == "ookeeper ");
  CHECK(complete_in_tree("ls /a").insert == "pp");
  CHECK(complete_in_tree("ls /app").candidates == Words{"/app", "/apple"});
  CHECK(complete_in_tree("ls -s /app/").insert == "only ");
  CHECK(complete_in_tree("ls /none/").candidates.empty());
}

TEST_CASE("completion: a name with blanks needs a quote, which is closed", "[cli][completion]") {
  CHECK(complete_in_tree("ls /w").candidates.empty());
  CHECK(complete_in_tree("ls \"/w").insert == "ith space\" ");
  CHECK(complete_in_tree("ls '/with s").insert == "pace' ");
}

TEST_CASE("completion: a name with control characters is not offered", "[cli][completion]") {
  for (const std::string& candidate : complete_in_tree("ls /").candidates) {
    CHECK(candidate.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("completion: options belong to the command", "[cli][completion]") {
  CHECK(complete_in_tree("reconfig -me").insert == "mbers ");
  CHECK(complete_in_tree("get -").candidates == Words{"-b", "-n", "-s", "-w", "-x"});
  CHECK(complete_in_tree("nosuch -").candidates.empty());
}
