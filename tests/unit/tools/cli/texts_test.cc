// The forms in which results are printed: what scripts parse.
#include <stdlib.h>
#include <time.h>

#include <catch2/catch_test_macros.hpp>

#include "tools/cli/acl_text.h"
#include "tools/cli/base64.h"
#include "tools/cli/command.h"
#include "tools/cli/ensemble_text.h"
#include "tools/cli/event_text.h"
#include "tools/cli/hex_dump.h"
#include "tools/cli/list_text.h"
#include "tools/cli/output.h"
#include "tools/cli/stat_text.h"

using namespace zookernel;
using namespace zookernel::cli;

TEST_CASE("stat text: eleven lines, numbers of transactions in hexadecimal", "[cli][texts]") {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  wire::Stat stat;
  stat.czxid = 0x2a;
  stat.mzxid = 0x100000001;
  stat.ctime = 1795397368000;
  stat.mtime = -1;
  stat.version = 3;
  stat.cversion = -1;
  stat.ephemeral_owner = -1;

  CHECK(stat_text(stat) ==
        "cZxid = 0x2a\n"
        "ctime = Mon Nov 23 01:29:28 UTC 2026\n"
        "mZxid = 0x100000001\n"
        "mtime = Wed Dec 31 23:59:59 UTC 1969\n"
        "pZxid = 0x0\n"
        "cversion = -1\n"
        "dataVersion = 3\n"
        "aclVersion = 0\n"
        "ephemeralOwner = 0xffffffffffffffff\n"
        "dataLength = 0\n"
        "numChildren = 0");
}

TEST_CASE("stat text: a time beyond all calendars is a number", "[cli][texts]") {
  CHECK(date_text(INT64_MAX).size() > 4);
  CHECK(date_text(INT64_MIN).size() > 4);
}

TEST_CASE("hex dump: sixteen bytes a line, dots for what is no letter", "[cli][texts]") {
  CHECK(hex_dump("").empty());
  CHECK(hex_dump("0123456789abcdef\x01\xffz") ==
        "         +-------------------------------------------------+\n"
        "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
        "+--------+-------------------------------------------------+----------------+\n"
        "|00000000| 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 |0123456789abcdef|\n"
        "|00000010| 01 ff 7a                                        |..z             |\n"
        "+--------+-------------------------------------------------+----------------+");
}

TEST_CASE("base64: there and back", "[cli][texts]") {
  const std::vector<std::string> texts = {"",    "h",     "he",
                                          "hel", "hello", std::string("\0\xff\x80", 3)};
  for (const std::string& text : texts) {
    CHECK(*base64_decode(base64_encode(text)) == text);
  }
  CHECK(base64_encode("hello") == "aGVsbG8=");
  CHECK(*base64_decode("aGVsbG8") == "hello");
}

TEST_CASE("base64: what is none is refused", "[cli][texts]") {
  for (const char* text : {"@@@@", "a", "aGVsbG8==", "aG=sbG8=", "aGVsbG8=x", "====", "aaa a"}) {
    INFO(text);
    CHECK_FALSE(base64_decode(text).ok());
  }
}

TEST_CASE("acl text: entries are read as Apache's client reads them", "[cli][texts]") {
  const auto acls = parse_acls("world:anyone:r,digest:u:hash=:cdrwa,auth::a,x:y:");

  REQUIRE(acls.ok());
  CHECK(*acls == std::vector<wire::Acl>{{wire::kPermRead, {"world", "anyone"}},
                                        {wire::kPermAll, {"digest", "u:hash="}},
                                        {wire::kPermAdmin, {"auth", ""}},
                                        {0, {"x", "y"}}});
}

TEST_CASE("acl text: a part that is wrong makes the whole wrong", "[cli][texts]") {
  CHECK(parse_acls("foo").error().message == "foo does not have the form scheme:id:perm");
  CHECK(parse_acls("world:anyone:r,world:anyone").error().message ==
        "world:anyone does not have the form scheme:id:perm");
  CHECK(parse_acls("world:anyone:rx").error().message == "Unknown perm type: x");
  CHECK_FALSE(parse_acls("").ok());
}

TEST_CASE("acl text: permissions are printed in one order", "[cli][texts]") {
  CHECK(perms_text(wire::kPermAll) == "cdrwa");
  CHECK(perms_text(wire::kPermAdmin | wire::kPermRead) == "ra");
  CHECK(perms_text(0).empty());
}

TEST_CASE("event text: as Apache's client prints it", "[cli][texts]") {
  CHECK(event_text({}) == "WatchedEvent state:SyncConnected type:None path:null zxid: -1");
  CHECK(event_text({wire::EventType::kNodeDataChanged, wire::KeeperState::kSyncConnected, "/a",
                    7}) == "WatchedEvent state:SyncConnected type:NodeDataChanged path:/a zxid: 7");
}

TEST_CASE("ensemble text: the addresses of clients", "[cli][texts]") {
  CHECK(client_config_text("") == " ");
  CHECK(client_config_text("server.1=h1:2888:3888:participant;h1:2181\n"
                           "server.2=h2:2888:3888:observer;2182\n"
                           "server.3=h3:2888:3888\n"
                           "version=200000003") == "200000003 h1:2181,0.0.0.0:2182");
  CHECK(members_of_file("tickTime=2000\nserver.1=h1:1:2;3\n# server.9=x\nserver.2=h2:1:2;3\n") ==
        "server.1=h1:1:2;3,server.2=h2:1:2;3");
}

TEST_CASE("list text: names between brackets", "[cli][texts]") {
  CHECK(list_text({}) == "[]");
  CHECK(list_text({"a", "b c"}) == "[a, b c]");
}

TEST_CASE("error line: the words of Apache's client", "[cli][texts]") {
  using enum wire::ErrorCode;
  CHECK(error_line(kNoNode, "/a") == "Node does not exist: /a");
  CHECK(error_line(kBadVersion, "/a") == "version No is not valid : /a");
  CHECK(error_line(kNoAuth, "") == "Insufficient permission : ");
  CHECK(error_line(kNoWatcher, "/a") == "KeeperErrorCode = No such watcher for /a");
  CHECK(error_line(kReconfigDisabled, "") == "KeeperErrorCode = Reconfig is disabled");
  CHECK(error_line(kConnectionLoss, "/") == "KeeperErrorCode = ConnectionLoss for /");
  CHECK(error_line(static_cast<wire::ErrorCode>(-999), "") ==
        "KeeperErrorCode = Unknown error -999");
}

TEST_CASE("output: what would move the cursor of a terminal is replaced", "[cli][texts]") {
  CHECK(without_controls("a\x1b[2J\tb\n\x7f\xc3\xa4") ==
        "a\xef\xbf\xbd[2J\tb\n\xef\xbf\xbd\xc3\xa4");
}

TEST_CASE("parse_integer: all of the text or nothing", "[cli][texts]") {
  CHECK(parse_integer("-5") == -5);
  CHECK(parse_integer("+5") == 5);
  for (const char* text : {"", "x", "5x", " 5", "++5", "+-5", "99999999999999999999"}) {
    INFO(text);
    CHECK(!parse_integer(text));
  }
}
