#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>

#include "tools/db/apache/java_text.h"
#include "tools/db/json_text.h"
#include "tools/db/txn_json.h"

using namespace zookernel;
using namespace zookernel::db_tool;

TEST_CASE("put: text stays text, other bytes become base64 under another name", "[tools][db]") {
  Json to;

  put(to, "a", Bytes("gr\xc3\xbc\xc3\x9f"));
  put(to, "b", Bytes("\xff\x00", 2));
  put(to, "c", wire::OptBytes{{}, true});
  put(to, "d", wire::OptBytes{});

  CHECK(to_json_line(to) ==
        "{\"a\":\"gr\xc3\xbc\xc3\x9f\",\"b64\":\"/wA=\",\"c\":null,\"d\":\"\"}\n");
}

TEST_CASE("is_text: overlong forms, surrogates and lone bytes are none", "[tools][db]") {
  CHECK(is_text("plain\ttext\n"));
  CHECK(is_text("\xf0\x9f\x90\x98"));
  CHECK_FALSE(is_text("\xc0\x80"));
  CHECK_FALSE(is_text("\xed\xa0\x80"));
  CHECK_FALSE(is_text("\xf5\x80\x80\x80"));
  CHECK_FALSE(is_text("\xe2\x82"));
  CHECK_FALSE(is_text("\x80"));
  CHECK_FALSE(is_text("bell\x07"));
}

TEST_CASE("base64: each length of the last group", "[tools][db]") {
  CHECK(base64("") == "");
  CHECK(base64("a") == "YQ==");
  CHECK(base64("ab") == "YWI=");
  CHECK(base64("abc") == "YWJj");
}

TEST_CASE("iso_time: milliseconds and UTC; what is no time is a number", "[tools][db]") {
  CHECK(iso_time(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso_time(1795397025888) == "2026-11-23T01:23:45.888Z");
  CHECK(iso_time(-1) == "-1");
  CHECK(iso_time(INT64_MAX) == "9223372036854775807");
}

TEST_CASE("permission_letters: all, none, and bits that have no letter", "[tools][db]") {
  CHECK(permission_letters(31) == "cdrwa");
  CHECK(permission_letters(0).empty());
  CHECK(permission_letters(1 | 64) == "r+64");
}

TEST_CASE("Java's dates: English in the zone of the process", "[tools][db]") {
  setenv("TZ", "UTC", 1);
  tzset();

  CHECK(java_date(1795397025888) == "Mon Nov 23 01:23:45 UTC 2026");
  CHECK(java_short_date(1795397025888) == "11/23/26, 1:23:45 AM UTC");
  CHECK(java_short_date(1795397025888 + 43200000) == "11/23/26, 1:23:45 PM UTC");
  CHECK(java_file_date(1795392000000) == "Nov 23, 2026, 12:00:00 AM");
}
