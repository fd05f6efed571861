#include "plugins/consensus/zab/machine/config_text.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::zab {
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
TEST_CASE("config_text: as Apache writes a majority, a hierarchy and several addresses",
          "[zab][config]") {
  Ensemble three;
  three.members = {member(3, {"127.0.0.3"}), member(1, {"127.0.0.1"}), member(2, {"127.0.0.2"})};
  CHECK(config_text(three) ==
        "server.1=127.0.0.1:22311:22321:participant;127.0.0.1:22301\n"
        "server.2=127.0.0.2:22312:22322:participant;127.0.0.2:22302\n"
        "server.3=127.0.0.3:22313:22323:participant;127.0.0.3:22303\n"
        "version=0");

  three.groups = {{1, {ServerId{1}, ServerId{2}, ServerId{3}}}};
  three.weights = {{ServerId{1}, 2}};
  CHECK(config_text(three) ==
        "server.1=127.0.0.1:22311:22321:participant;127.0.0.1:22301\n"
        "server.2=127.0.0.2:22312:22322:participant;127.0.0.2:22302\n"
        "server.3=127.0.0.3:22313:22323:participant;127.0.0.3:22303\n"
        "group.1=1:2:3\nweight.1=2\nweight.2=1\nweight.3=1\nversion=0");

  Ensemble several;
  several.members = {member(1, {"127.0.0.1", "127.0.0.11"})};
  CHECK(config_text(several) ==
        "server.1=127.0.0.1:22311:22321|127.0.0.11:22311:22321:participant;127.0.0.1:22301\n"
        "version=0");
}

TEST_CASE("config_text: observers, IPv6, no client address, a version", "[zab][config]") {
  Ensemble one;
  one.members = {member(1, {"::1"}, true)};
  one.members[0].client.reset();
  one.version = 0x100000000;
  CHECK(config_text(one) == "server.1=[::1]:22311:22321:observer\nversion=100000000");
}

}  // namespace zookernel::zab
