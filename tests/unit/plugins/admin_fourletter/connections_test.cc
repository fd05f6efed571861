#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::fourletter {
namespace {

FakeServer::Row with_session(int64_t last_cxid) {
  return {"127.0.0.1:54840",
          int64_t{1},
          int64_t{0},
          int64_t{909},
          int64_t{909},
          int64_t{0x10000132b7b0000},
          "GETC",
          int64_t{1795396754545},
          int64_t{30000},
          last_cxid,
          int64_t{0x4b7},
          int64_t{1377066},
          int64_t{1},
          int64_t{0},
          int64_t{0},
          int64_t{8},
          int64_t{0}};
}

FakeServer::Row without_session() {
  return {"127.0.0.1:52922", int64_t{0}, int64_t{0}, int64_t{1}, int64_t{0},
          int64_t{0},        "NA",       int64_t{0}, int64_t{0}, int64_t{-1},
          int64_t{-1},       int64_t{0}, int64_t{0}, int64_t{0}, int64_t{0},
          int64_t{0},        int64_t{1}};
}

TEST_CASE("Cons: is the recorded answer", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["connections"] = {with_session(0x38c), without_session()};

  CHECK(server.run("cons") == recorded("standalone", "cons"));
}

TEST_CASE("Cons: leaves lcxid out before the first request with one", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["connections"] = {with_session(-1)};

  CHECK(server.run("cons").find(",to=30000,lzxid=0x4b7,") != std::string::npos);
}

TEST_CASE("Cons: is an empty line without connections", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["connections"] = {};

  CHECK(server.run("cons") == "\n");
}

TEST_CASE("Cons: shows addresses of version 6 and ids with the highest bit",
          "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  FakeServer::Row row = with_session(0);
  row[0] = "[0:0:0:0:0:0:0:1]:40000";
  row[5] = int64_t{-0x7fffffffffff0000};
  row[10] = int64_t{-1};
  server.tables["connections"] = {row};

  const std::string answer = server.run("cons");

  CHECK(answer.starts_with(" /[0:0:0:0:0:0:0:1]:40000[1](queued=0,"));
  CHECK(answer.find(",sid=0x8000000000010000,") != std::string::npos);
  CHECK(answer.find(",lcxid=0x0,lzxid=0xffffffffffffffff,") != std::string::npos);
}

}  // namespace
}  // namespace zookernel::fourletter
