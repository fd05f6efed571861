#include "tools/client/connect_string.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::client;

TEST_CASE("connect string: servers, default port and chroot", "[client][connect_string]") {
  const auto parsed = parse_connect_string("zk1:2182, zk2 ,[::1]:99,[fe80::1]/app/x");

  REQUIRE(parsed.ok());
  CHECK(parsed->servers ==
        std::vector<HostPort>{{"zk1", 2182}, {"zk2", 2181}, {"::1", 99}, {"fe80::1", 2181}});
  CHECK(parsed->chroot == "/app/x");
}

TEST_CASE("connect string: a lone slash is no chroot", "[client][connect_string]") {
  CHECK(parse_connect_string("zk1/")->chroot.empty());
}

TEST_CASE("connect string: an empty place in the list is skipped", "[client][connect_string]") {
  CHECK(parse_connect_string("zk1,,zk2,")->servers.size() == 2);
}

TEST_CASE("connect string: an error names the part that is wrong", "[client][connect_string]") {
  const auto message = [](std::string_view text) {
    const auto parsed = parse_connect_string(text);
    return parsed.ok() ? std::string("accepted") : parsed.error().message;
  };
  CHECK(message("").find("no server is named") != std::string::npos);
  CHECK(message("/app").find("no server is named") != std::string::npos);
  CHECK(message("zk1:0").find("'zk1:0'") != std::string::npos);
  CHECK(message("zk1:65536").find("1 to 65535") != std::string::npos);
  CHECK(message("zk1:21x").find("'zk1:21x'") != std::string::npos);
  CHECK(message(":2181").find("names no host") != std::string::npos);
  CHECK(message("[::1:2181").find("closing bracket") != std::string::npos);
  CHECK(message("[::1]2181").find("colon") != std::string::npos);
  CHECK(message("zk1/a/").find("chroot: Path must not end") != std::string::npos);
}

TEST_CASE("connect string: a server is written as it is read", "[client][connect_string]") {
  CHECK(to_string({"zk1", 2181}) == "zk1:2181");
  CHECK(to_string({"::1", 99}) == "[::1]:99");
}
