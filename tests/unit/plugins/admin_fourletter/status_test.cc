#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::fourletter {
namespace {

FakeServer::Row connection(const std::string& address, int64_t ops, int64_t received,
                           int64_t sent) {
  return {address, ops, int64_t{0}, received, sent, int64_t{0x1}, "PING"};
}

TEST_CASE("Srvr: is the recorded answer of a standalone server", "[admin][fourletter]") {
  CHECK(FakeServer::standalone().run("srvr") == recorded("standalone", "srvr"));
}

TEST_CASE("Srvr: tells the sizes of proposals on a leader", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.fact("mode", "leader");
  server.fact("average_latency", 4.9231);
  server.fact("max_latency", int64_t{85});
  server.fact("received", int64_t{324});
  server.fact("sent", int64_t{325});
  server.fact("zxid", int64_t{0x10000032c});
  server.fact("node_count", int64_t{413});
  server.fact("last_proposal_size", int64_t{110});
  server.fact("min_proposal_size", int64_t{48});
  server.fact("max_proposal_size", int64_t{110});

  CHECK(server.run("srvr") == recorded("leader", "srvr"));
}

TEST_CASE("Stat: lists the clients before the numbers", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.fact("received", int64_t{930});
  server.fact("sent", int64_t{932});
  server.tables["connections"] = {connection("127.0.0.1:54840", 1, 909, 909),
                                  connection("127.0.0.1:53008", 0, 1, 0)};

  CHECK(server.run("stat") == recorded("standalone", "stat"));
}

TEST_CASE("Stat: says that a server is read-only", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.fact("mode", "read-only");
  server.fact("read_only", int64_t{1});
  server.fact("average_latency", 0.0);
  server.fact("max_latency", int64_t{0});
  server.fact("received", int64_t{12});
  server.fact("sent", int64_t{13});
  server.fact("connections", int64_t{1});
  server.fact("zxid", int64_t{0x10000032c});
  server.fact("node_count", int64_t{413});
  server.tables["connections"] = {connection("127.0.0.1:52934", 0, 1, 0)};

  CHECK(server.run("stat") == recorded("readonly", "stat"));
}

TEST_CASE("Srvr: takes an average that is a whole number", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.fact("average_latency", int64_t{3});

  CHECK(server.run("srvr").find("Latency min/avg/max: 0/3.0/8\n") != std::string::npos);
}

}  // namespace
}  // namespace zookernel::fourletter
