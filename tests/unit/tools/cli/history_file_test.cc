#include "tools/cli/history_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>

using namespace zookernel::cli;
using Words = std::vector<std::string>;

namespace {

struct Directory {
  Directory() { REQUIRE(::mkdtemp(name) != nullptr); }
  ~Directory() {
    std::remove(file().c_str());
    ::rmdir(name);
  }
  [[nodiscard]] std::string file() const { return std::string(name) + "/history"; }

  char name[64] = "/tmp/zookernel-history-XXXXXX";
};

}  // namespace

TEST_CASE("history file: lines come back, and nobody else may read them", "[cli][history]") {
  const Directory directory;
  const HistoryFile history(directory.file());

  history.append("ls /");
  history.append("get /a");

  CHECK(HistoryFile(directory.file()).load() == Words{"ls /", "get /a"});
  struct stat status = {};
  REQUIRE(::stat(directory.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("history file: passwords are not written", "[cli][history]") {
  const Directory directory;
  const HistoryFile history(directory.file());

  history.append("ls /");
  history.append("  addauth digest user:secret");
  history.append("\"addauth\" digest user:secret");

  CHECK(history.load() == Words{"ls /"});
}

TEST_CASE("history file: the oldest lines are forgotten", "[cli][history]") {
  const Directory directory;
  const HistoryFile history(directory.file());
  const size_t count = 2 * HistoryFile::kLinesMax;
  for (size_t i = 0; i < count; ++i) history.append("get /" + std::to_string(i));

  const Words lines = history.load();

  REQUIRE(lines.size() == HistoryFile::kLinesMax);
  CHECK(lines.back() == "get /" + std::to_string(count - 1));
  CHECK(history.load() == lines);
}

TEST_CASE("history file: without a place there is no history, and no error", "[cli][history]") {
  HistoryFile("").append("ls /");
  CHECK(HistoryFile("").load().empty());
  HistoryFile("/nonexistent/history").append("ls /");
  CHECK(HistoryFile("/nonexistent/history").load().empty());
}
