#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::fourletter {
namespace {

constexpr int64_t kSession = 0x10000132b7b0000;

// Milliseconds of Mon Nov 23 hh:mm:ss UTC 2026.
int64_t at(int hour, int minute, int second) {
  return (int64_t{1795392000} + hour * 3600 + minute * 60 + second) * 1000;
}

// The recorded servers ran in UTC.
void use_utc() {
  REQUIRE(setenv("TZ", "UTC0", 1) == 0);
  tzset();
}

TEST_CASE("Dump: is the recorded answer of a standalone server", "[admin][fourletter]") {
  use_utc();
  FakeServer server = FakeServer::standalone();
  server.tables["session_expiry"] = {
      {at(1, 17, 46), int64_t{0}}, {at(1, 17, 48), int64_t{0}}, {at(1, 17, 58), int64_t{0}},
      {at(1, 18, 8), int64_t{0}},  {at(1, 19, 44), int64_t{0}}, {at(1, 19, 46), kSession},
  };
  server.tables["ephemerals"] = {{kSession, "/app2/eph-10000132b7b0000"}};
  server.tables["connection_expiry"] = {
      {at(1, 19, 28), "", int64_t{0}},
      {at(1, 19, 38), "127.0.0.1:52932", int64_t{0}},
      {at(1, 19, 48), "127.0.0.1:54840", kSession},
  };

  CHECK(server.run("dump") == recorded("standalone", "dump"));
}

TEST_CASE("Dump: keeps local and global sessions apart on a leader", "[admin][fourletter]") {
  use_utc();
  FakeServer server = FakeServer::standalone();
  server.tables["local_session_expiry"] = {};
  server.tables["session_expiry"] = {
      {at(1, 19, 28), int64_t{0}},
      {at(1, 19, 30), int64_t{0}},
      {at(1, 19, 32), int64_t{0}},
      {at(1, 19, 38), int64_t{0}},
      {at(1, 19, 40), int64_t{0}},
      {at(1, 19, 42), int64_t{0}},
      {at(1, 19, 48), int64_t{0x200001400090000}},
      {at(1, 19, 50), int64_t{0x30000140a310000}},
      {at(1, 19, 50), int64_t{0x1000013ffb20000}},
      {at(1, 19, 52), int64_t{0x4000014685f0000}},
  };
  server.tables["ephemerals"] = {
      {int64_t{0x1000013ffb20000}, "/app1/eph-1000013ffb20000"},
      {int64_t{0x30000140a310000}, "/app3/eph-30000140a310000"},
      {int64_t{0x4000014685f0000}, "/app4/eph-4000014685f0000"},
      {int64_t{0x200001400090000}, "/app2/eph-200001400090000"},
  };
  server.tables["connection_expiry"] = {
      {at(1, 19, 28), "", int64_t{0}},
      {at(1, 19, 38), "127.0.0.1:41568", int64_t{0}},
      {at(1, 19, 48), "127.0.0.1:34548", int64_t{0x200001400090000}},
  };

  CHECK(server.run("dump") == recorded("leader", "dump"));
}

TEST_CASE("Dump: lists sessions with their timeouts on a follower", "[admin][fourletter]") {
  use_utc();
  FakeServer server = FakeServer::standalone();
  server.tables["local_session_expiry"] = {};
  server.tables["global_sessions"] = {
      {int64_t{0x1000013ffb20000}, int64_t{30000}},
      {int64_t{0x200001400090000}, int64_t{30000}},
      {int64_t{0x30000140a310000}, int64_t{30000}},
      {int64_t{0x4000014685f0000}, int64_t{30000}},
  };
  server.tables["ephemerals"] = {
      {int64_t{0x1000013ffb20000}, "/app1/eph-1000013ffb20000"},
      {int64_t{0x30000140a310000}, "/app3/eph-30000140a310000"},
      {int64_t{0x4000014685f0000}, "/app4/eph-4000014685f0000"},
      {int64_t{0x200001400090000}, "/app2/eph-200001400090000"},
  };
  server.tables["connection_expiry"] = {
      {at(1, 19, 28), "", int64_t{0}},
      {at(1, 19, 38), "127.0.0.1:49792", int64_t{0}},
      {at(1, 19, 48), "", int64_t{0}},
      {at(1, 19, 58), "127.0.0.1:46310", int64_t{0x1000013ffb20000}},
  };

  CHECK(server.run("dump") == recorded("follower", "dump"));
}

TEST_CASE("Dump: groups the paths of a session and the sessions of a bucket",
          "[admin][fourletter]") {
  use_utc();
  FakeServer server = FakeServer::standalone();
  server.tables["session_expiry"] = {{at(1, 0, 0), int64_t{0xa}}, {at(1, 0, 0), int64_t{0xb}}};
  server.tables["ephemerals"] = {{int64_t{0xa}, "/1"}, {int64_t{0xa}, "/2"}, {int64_t{0xb}, "/3"}};
  server.tables["connection_expiry"] = {};

  CHECK(server.run("dump") ==
        "SessionTracker dump:\n"
        "Session Sets (1)/(2):\n"
        "2 expire at Mon Nov 23 01:00:00 UTC 2026:\n"
        "\t0xa\n"
        "\t0xb\n"
        "ephemeral nodes dump:\n"
        "Sessions with Ephemerals (2):\n"
        "0xa:\n"
        "\t/1\n"
        "\t/2\n"
        "0xb:\n"
        "\t/3\n"
        "Connections dump:\n"
        "Connections Sets (0)/(0):\n");
}

TEST_CASE("Dump: has its headings on a server without sessions", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["session_expiry"] = {};
  server.tables["ephemerals"] = {};
  server.tables["connection_expiry"] = {};

  CHECK(server.run("dump") ==
        "SessionTracker dump:\nSession Sets (0)/(0):\nephemeral nodes dump:\n"
        "Sessions with Ephemerals (0):\nConnections dump:\nConnections Sets (0)/(0):\n");
}

}  // namespace
}  // namespace zookernel::fourletter
