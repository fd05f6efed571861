#include <catch2/catch_test_macros.hpp>

#include "plugins/admin/fourletter/answer.h"
#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::fourletter {
namespace {

constexpr int64_t kSession = 0x10000132b7b0000;

FakeServer watched() {
  FakeServer server = FakeServer::standalone();
  server.tables["watches"] = {
      {kSession, "/app2"}, {kSession, "/app2/none"}, {kSession, "/zookeeper"}};
  return server;
}

// More bytes of paths than an answer may have.
FakeServer overcrowded() {
  constexpr size_t kPathBytes = size_t{1} << 20;
  FakeServer server = FakeServer::standalone();
  for (size_t i = 0; i < kAnswerBytesMax / kPathBytes + 1; ++i) {
    server.tables["watches"].push_back(
        {int64_t{1}, "/" + std::to_string(i) + std::string(kPathBytes, 'x')});
  }
  return server;
}

TEST_CASE("Wchs: tells the totals", "[admin][fourletter]") {
  CHECK(FakeServer::standalone().run("wchs") == recorded("standalone", "wchs"));
}

TEST_CASE("Wchc: lists paths by session", "[admin][fourletter]") {
  CHECK(watched().run("wchc") == recorded("standalone", "wchc"));
}

TEST_CASE("Wchp: lists sessions by path", "[admin][fourletter]") {
  CHECK(watched().run("wchp") == recorded("standalone", "wchp"));
}

TEST_CASE("Wchc and wchp: group what many sessions watch", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["watches"] = {
      {int64_t{2}, "/a"}, {int64_t{1}, "/a"}, {int64_t{2}, "/b"}, {int64_t{-1}, "/b"}};

  CHECK(server.run("wchc") == "0x1\n\t/a\n0x2\n\t/a\n\t/b\n0xffffffffffffffff\n\t/b\n\n");
  CHECK(server.run("wchp") == "/a\n\t0x2\n\t0x1\n/b\n\t0x2\n\t0xffffffffffffffff\n\n");
}

TEST_CASE("Wchc and wchp: are an empty line without watches", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["watches"] = {};

  CHECK(server.run("wchc") == "\n");
  CHECK(server.run("wchp") == "\n");
}

TEST_CASE("Wchc and wchp: stop at the limit of an answer and say so", "[admin][fourletter]") {
  FakeServer server = overcrowded();
  const std::string note = "... the rest is left out: an answer is limited to 67108864 bytes\n\n";

  for (const char* word : {"wchc", "wchp"}) {
    const std::string answer = server.run(word);

    INFO(word);
    CHECK(answer.size() < kAnswerBytesMax + 100);
    CHECK(answer.size() > kAnswerBytesMax / 2);
    CHECK(answer.ends_with(note));
  }
}

}  // namespace
}  // namespace zookernel::fourletter
