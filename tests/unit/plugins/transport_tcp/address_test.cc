#include "plugins/transport/tcp/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <catch2/catch_test_macros.hpp>
#include <cstring>

using namespace zookernel;
using namespace zookernel::transport;

namespace {

sockaddr_storage v6(const char* text, uint32_t scope = 0) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(4711);
  address.sin6_scope_id = scope;
  REQUIRE(::inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  return storage;
}

}  // namespace

TEST_CASE("Address: IPv6 is printed as Java does", "[transport][address]") {
  CHECK(java_address(v6("::1")) == "0:0:0:0:0:0:0:1");
  CHECK(java_address(v6("2001:0db8::FF00:42:8329")) == "2001:db8:0:0:0:ff00:42:8329");
  CHECK(java_address(v6("::ffff:10.1.2.3")) == "10.1.2.3");
  CHECK(java_address(v6("fe80::1", ::if_nametoindex("lo"))) == "fe80:0:0:0:0:0:0:1%lo");
  CHECK(java_address(v6("fe80::1", 4000000000u)) == "fe80:0:0:0:0:0:0:1%4000000000");
}

TEST_CASE("Address: IPv4 has four decimal parts", "[transport][address]") {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(99);
  REQUIRE(::inet_pton(AF_INET, "192.168.0.255", &address.sin_addr) == 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);

  CHECK(java_address(storage) == "192.168.0.255");
  CHECK(peer_info(storage).port == 99);
}

TEST_CASE("Address: endpoints are shown with their port", "[transport][address]") {
  CHECK(display({"", 2181}) == "*:2181");
  CHECK(display({"::1", 2181}) == "[::1]:2181");
  CHECK(display({"zk1", 2181}) == "zk1:2181");
}

TEST_CASE("Address: numeric hosts need no resolver", "[transport][address]") {
  CHECK(listen_address({"127.0.0.1", 5})->address().to_string() == "127.0.0.1");
  CHECK(listen_address({"::1", 5})->port() == 5);
  CHECK(listen_address({"", 5})->address().is_unspecified());
}
