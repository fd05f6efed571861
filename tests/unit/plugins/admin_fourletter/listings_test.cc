#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <sstream>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::fourletter {
namespace {

// "12" becomes an integer, "0.7754" a real, all else stays text: as a server has them.
FakeServer::Value typed(const std::string& text) {
  const char* end = text.data() + text.size();
  int64_t integer = 0;
  if (std::from_chars(text.data(), end, integer).ptr == end) return integer;
  double real = 0;
  if (std::from_chars(text.data(), end, real).ptr == end) return real;
  return text;
}

// Turns lines of the form <prefix><name><separator><value> into rows; lines without the separator
// are left out.
std::vector<FakeServer::Row> rows_of(const std::string& text, char separator, size_t prefix) {
  std::vector<FakeServer::Row> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    rows.push_back({line.substr(prefix, at - prefix), typed(line.substr(at + 1))});
  }
  return rows;
}

TEST_CASE("Mntr: prints each metric of the recorded answer as Java does", "[admin][fourletter]") {
  const std::string answer = recorded("standalone", "mntr");
  FakeServer server = FakeServer::standalone();
  server.tables["metrics"] = rows_of(answer, '\t', 3);
  REQUIRE(server.tables["metrics"].size() > 500);

  CHECK(server.run("mntr") == answer);
}

TEST_CASE("Conf: is the recorded answer of a standalone server", "[admin][fourletter]") {
  const std::string answer = recorded("standalone", "conf");
  FakeServer server = FakeServer::standalone();
  server.tables["config"] = rows_of(answer, '=', 0);
  REQUIRE(server.tables["config"].size() == 12);

  CHECK(server.run("conf") == answer);
}

TEST_CASE("Conf: ends with the membership and without a newline in an ensemble",
          "[admin][fourletter]") {
  const std::string answer = recorded("leader", "conf");
  const std::string heading = "membership: \n";
  const size_t at = answer.find(heading);
  REQUIRE(at != std::string::npos);
  FakeServer server = FakeServer::standalone();
  server.tables["config"] = rows_of(answer.substr(0, at), '=', 0);
  server.tables["config"].push_back({"membership", answer.substr(at + heading.size())});

  CHECK(server.run("conf") == answer);
}

TEST_CASE("Envi: is the recorded answer, serving or not", "[admin][fourletter]") {
  const std::string answer = recorded("standalone", "envi");
  FakeServer server = FakeServer::standalone();
  server.tables["environment"] = rows_of(answer, '=', 0);
  REQUIRE(server.tables["environment"].size() == 18);
  CHECK(server.run("envi") == answer);

  server.tables["environment"] = rows_of(recorded("not_serving", "envi"), '=', 0);
  CHECK(server.run("envi") == recorded("not_serving", "envi"));
}

}  // namespace
}  // namespace zookernel::fourletter
