#include "zookernel/wire/ensemble_text.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::wire {
namespace {

Member member(int64_t id, std::vector<std::string> hosts, bool observer = false) {
  Member made;
  made.id = ServerId{id};
  for (const std::string& host : hosts) {
    made.quorum.push_back({host, static_cast<uint16_t>(22310 + id)});
    made.election.push_back({host, static_cast<uint16_t>(22320 + id)});
  }
  made.client = Endpoint{"127.0.0." + std::to_string(id), static_cast<uint16_t>(22300 + id)};
  made.observer = observer;
  return made;
}

}  // namespace

// The three texts were recorded from Apache's servers.
TEST_CASE("ensemble_text: as Apache writes a majority, a hierarchy and several addresses",
          "[wire][ensemble]") {
  Ensemble three;
  three.members = {member(3, {"127.0.0.3"}), member(1, {"127.0.0.1"}), member(2, {"127.0.0.2"})};
  CHECK(ensemble_text(three) ==
        "server.1=127.0.0.1:22311:22321:participant;127.0.0.1:22301\n"
        "server.2=127.0.0.2:22312:22322:participant;127.0.0.2:22302\n"
        "server.3=127.0.0.3:22313:22323:participant;127.0.0.3:22303\n"
        "version=0");

  three.groups = {{1, {ServerId{1}, ServerId{2}, ServerId{3}}}};
  three.weights = {{ServerId{1}, 2}};
  CHECK(ensemble_text(three) ==
        "server.1=127.0.0.1:22311:22321:participant;127.0.0.1:22301\n"
        "server.2=127.0.0.2:22312:22322:participant;127.0.0.2:22302\n"
        "server.3=127.0.0.3:22313:22323:participant;127.0.0.3:22303\n"
        "group.1=1:2:3\nweight.1=2\nweight.2=1\nweight.3=1\nversion=0");

  Ensemble several;
  several.members = {member(1, {"127.0.0.1", "127.0.0.11"})};
  CHECK(ensemble_text(several) ==
        "server.1=127.0.0.1:22311:22321|127.0.0.11:22311:22321:participant;127.0.0.1:22301\n"
        "version=0");
}

TEST_CASE("ensemble_text: observers, IPv6, no client address, a version", "[wire][ensemble]") {
  Ensemble one;
  one.members = {member(1, {"::1"}, true)};
  one.members[0].client.reset();
  one.version = 0x100000000;
  CHECK(ensemble_text(one) == "server.1=[::1]:22311:22321:observer\nversion=100000000");
}

TEST_CASE("parse_ensemble_text: what ensemble_text wrote", "[wire][ensemble]") {
  const std::string texts[] = {
      "server.1=127.0.0.1:22311:22321:participant;127.0.0.1:22301\n"
      "server.2=[::1]:22312:22322:observer\nversion=100000000",
      "server.1=a:1:2:participant\nserver.2=b:1:2:participant\ngroup.1=1:2\nweight.1=2\nweight.2="
      "1\n"
      "version=0",
      "server.-1=127.0.0.1:1:2|127.0.0.11:1:2:participant;0.0.0.0:2181\nversion=ff"};
  Ensemble base;
  base.tick_ms = 77;
  for (const std::string& text : texts) {
    const Result<Ensemble> read = parse_ensemble_text(text, base);
    REQUIRE(read.ok());
    CHECK(ensemble_text(*read) == text);
    CHECK(read->tick_ms == 77);
  }
  // The role may be left out, the order is free, and blanks do not count.
  const Result<Ensemble> loose =
      parse_ensemble_text("\n server.2 = b:1:2;2181 \r\nversion=1\nserver.1=a:1:2\n", base);
  REQUIRE(loose.ok());
  CHECK(ensemble_text(*loose) ==
        "server.1=a:1:2:participant\nserver.2=b:1:2:participant;0.0.0.0:2181\nversion=1");
}

TEST_CASE("parse_ensemble_text: nonsense is refused with the line", "[wire][ensemble]") {
  const Ensemble base;
  for (const char* text : {"", "version=0", "server.1=a:1:2\nserver.1=b:1:2", "server.x=a:1:2",
                           "server.1", "server.1=a:1", "server.1=a:1:2\nversion=xyz",
                           "server.1=a:1:2\nweight.1=", "server.1=a:1:2\ngroup.1=x",
                           "server.1=a:1:2\ntickTime=3", "server.1=a:1:99999"}) {
    INFO(text);
    CHECK_FALSE(parse_ensemble_text(text, base).ok());
  }
}

}  // namespace zookernel::wire
