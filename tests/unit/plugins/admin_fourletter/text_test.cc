#include "plugins/admin/fourletter/text.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>
#include <limits>

namespace zookernel::fourletter {
namespace {

void use_zone(const char* zone) {
  REQUIRE(setenv("TZ", zone, 1) == 0);
  tzset();
}

TEST_CASE("hex: prints the 64 bits", "[admin][fourletter]") {
  CHECK(hex(0) == "0");
  CHECK(hex(0x10000132b7b0000) == "10000132b7b0000");
  CHECK(hex(-1) == "ffffffffffffffff");
}

TEST_CASE("decimal: has 1 to 4 fraction digits", "[admin][fourletter]") {
  CHECK(decimal(0) == "0.0");
  CHECK(decimal(0.7754) == "0.7754");
  CHECK(decimal(3.4) == "3.4");
  CHECK(decimal(78) == "78.0");
  CHECK(decimal(1.33875) == "1.3388");
  CHECK(decimal(0.00001) == "0.0");
  CHECK(decimal(20000000.5) == "20000000.5");
  CHECK(decimal(-1.25) == "-1.25");
}

TEST_CASE("decimal: survives what is not a number", "[admin][fourletter]") {
  CHECK(decimal(std::numeric_limits<double>::quiet_NaN()) == "NaN");
  CHECK(decimal(std::numeric_limits<double>::infinity()) == "Infinity");
  CHECK(decimal(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(decimal(std::numeric_limits<double>::max()).size() == 311);
  CHECK(decimal(std::numeric_limits<double>::lowest()).size() == 312);
}

TEST_CASE("date: is Java's, in the server's time zone", "[admin][fourletter]") {
  use_zone("UTC0");
  CHECK(date(1795396546789) == "Mon Nov 23 01:15:46 UTC 2026");
  CHECK(date(1793581201000) == "Mon Nov 02 01:00:01 UTC 2026");

  use_zone("CET-1");
  CHECK(date(1795396546789) == "Mon Nov 23 02:15:46 CET 2026");
}

TEST_CASE("date: goes back beyond 1970 and gives up where years end", "[admin][fourletter]") {
  use_zone("UTC0");
  CHECK(date(-1) == "Wed Dec 31 23:59:59 UTC 1969");
  CHECK_FALSE(date(std::numeric_limits<int64_t>::max()).empty());
  CHECK_FALSE(date(std::numeric_limits<int64_t>::min()).empty());
}

}  // namespace
}  // namespace zookernel::fourletter
