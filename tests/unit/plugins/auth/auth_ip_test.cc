#include <catch2/catch_test_macros.hpp>
#include <string>

#include "plugins/auth/ip/scheme.h"
#include "tests/unit/plugins/auth/scheme_under_test.h"

using namespace zookernel::auth;
using namespace zookernel::test;

TEST_CASE("Ip: every connection has its address, and a login adds it again whatever it says",
          "[auth][ip]") {
  SchemeUnderTest ip(ip_extension());

  CHECK(ip.connected("10.1.2.3") == Ids{{"", "10.1.2.3"}});
  CHECK(ip.login("", "10.1.2.3") == Ids{{"", "10.1.2.3"}});
  CHECK(ip.login("whatever", "0:0:0:0:0:0:0:1") == Ids{{"", "0:0:0:0:0:0:0:1"}});
  CHECK(ip.login_with_null() == Ids{{"", "127.0.0.1"}});
  CHECK(ip.flags() == 0);
  CHECK(ip.user_name("10.1.2.3") == "10.1.2.3");
}

TEST_CASE("Ip: ACL ids are addresses with an optional mask, in the number forms of Java",
          "[auth][ip]") {
  SchemeUnderTest ip(ip_extension());

  for (const char* good : {"127.0.0.1",
                           "0.0.0.0",
                           "255.255.255.255",
                           "127.0.0.01",
                           "+127.0.0.1",
                           "0127.0.0.1",
                           "1.2.3.-0",
                           "10.0.0.0/8",
                           "10.0.0.0/0",
                           "10.0.0.0/32",
                           "10.0.0.0/+8",
                           "10.0.0.0/08",
                           "::1",
                           "::",
                           "1::",
                           "1::8",
                           "0:0:0:0:0:0:0:1",
                           "1:2:3:4:5:6:7:8",
                           "1:2:3:4:5:6:7::",
                           "::2:3:4:5:6:7:8",
                           "FE80::abcd",
                           "fe80::/10",
                           "::/0",
                           "::1/128"}) {
    INFO(good);
    CHECK(ip.valid(good));
  }
  for (const char* bad : {"",
                          "localhost",
                          "127.0.0",
                          "127.0.0.1.1",
                          "127.0.0.",
                          ".0.0.1",
                          "127..0.1",
                          "256.0.0.1",
                          "-1.0.0.1",
                          "1.2.3.4 ",
                          " 1.2.3.4",
                          "1.2.3.0x4",
                          "1.2.3.+",
                          "4294967296.0.0.1",
                          "1.2.3.4/",
                          "1.2.3.4/33",
                          "1.2.3.4/-1",
                          "1.2.3.4/99999999999",
                          "1.2.3.4/8/9",
                          "1.2.3.4/x",
                          "/8",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4:5:6:7:8::",
                          "::1:2:3:4:5:6:7:8",
                          "1::2::3",
                          ":::",
                          ":",
                          "1:",
                          ":1",
                          "12345::",
                          "::g",
                          "::1.2.3.4",
                          "fe80::1%eth0",
                          "[::1]",
                          "::1/129",
                          "::1/"}) {
    INFO(bad);
    CHECK_FALSE(ip.valid(bad));
  }
}

TEST_CASE("Ip: an address matches when the first bits are equal", "[auth][ip]") {
  SchemeUnderTest ip(ip_extension());

  CHECK(ip.matches("127.0.0.1", "127.0.0.1"));
  CHECK(ip.matches("127.0.0.1", "127.0.0.01"));
  CHECK(ip.matches("127.0.0.1", "+127.0.0.1"));
  CHECK_FALSE(ip.matches("127.0.0.1", "127.0.0.2"));
  CHECK(ip.matches("127.9.8.7", "127.0.0.0/8"));
  CHECK_FALSE(ip.matches("128.0.0.1", "127.0.0.0/8"));
  CHECK(ip.matches("10.1.2.131", "10.1.2.128/25"));
  CHECK_FALSE(ip.matches("10.1.2.127", "10.1.2.128/25"));
  CHECK(ip.matches("10.1.2.3", "99.99.99.99/0"));

  CHECK(ip.matches("0:0:0:0:0:0:0:1", "::1"));
  CHECK(ip.matches("fe80:0:0:0:1:2:3:4", "fe80::/10"));
  CHECK(ip.matches("febf:0:0:0:1:2:3:4", "fe80::/10"));
  CHECK_FALSE(ip.matches("fec0:0:0:0:1:2:3:4", "fe80::/10"));
  CHECK(ip.matches("2001:db8:0:0:0:0:0:1", "::/0"));
}

TEST_CASE("Ip: the interface behind a link-local address does not count", "[auth][ip]") {
  SchemeUnderTest ip(ip_extension());
  CHECK(ip.matches("fe80:0:0:0:0:0:0:1%eth0", "fe80::/10"));
}

TEST_CASE("Ip: the families never match each other, and nonsense matches nothing", "[auth][ip]") {
  SchemeUnderTest ip(ip_extension());

  CHECK_FALSE(ip.matches("127.0.0.1", "::/0"));
  CHECK_FALSE(ip.matches("0:0:0:0:0:0:0:1", "0.0.0.0/0"));
  CHECK_FALSE(ip.matches("0:0:0:0:0:ffff:7f00:1", "127.0.0.1"));
  CHECK_FALSE(ip.matches("127.0.0.1", "127.0.0.1/x"));
  CHECK_FALSE(ip.matches("", "0.0.0.0/0"));
  CHECK_FALSE(ip.matches("unix", "0.0.0.0/0"));
}
