#include <catch2/catch_test_macros.hpp>

#include "plugins/auth/auth/scheme.h"
#include "plugins/auth/super/scheme.h"
#include "plugins/auth/world/scheme.h"
#include "tests/unit/plugins/auth/scheme_under_test.h"

using namespace zookernel::auth;
using namespace zookernel::test;

TEST_CASE("World: anyone is everybody, and nobody logs in with it", "[auth][world]") {
  SchemeUnderTest world(world_extension());

  CHECK(world.flags() == (ZOOKERNEL_AUTH_EVERYBODY | ZOOKERNEL_AUTH_NO_LOGIN));
  CHECK(world.valid("anyone"));
  for (const char* other : {"", "everyone", "Anyone", "anyone "}) CHECK_FALSE(world.valid(other));
  CHECK(world.matches("", "anyone"));
  CHECK_FALSE(world.login("anyone").has_value());
  CHECK(world.connected("127.0.0.1").empty());
}

TEST_CASE("Auth: an entry stands for the connection's logins, in their order", "[auth][auth]") {
  SchemeUnderTest auth(auth_extension());

  CHECK(auth.flags() == ZOOKERNEL_AUTH_NO_LOGIN);
  const Ids own = {{"digest", "bob:x="}, {"token", "red"}, {"digest", "al:y="}};
  CHECK(auth.expand(own) == own);
  CHECK(auth.expand({}).empty());
  CHECK(auth.valid(""));
  CHECK(auth.valid("ignored"));
  CHECK_FALSE(auth.matches("bob:x=", "bob:x="));
  CHECK_FALSE(auth.login("bob:pw").has_value());
}

TEST_CASE("Super: its ids pass every check, but no ACL may name them and nobody logs in with it",
          "[auth][super]") {
  SchemeUnderTest super(super_extension());

  CHECK(super.flags() == (ZOOKERNEL_AUTH_GRANTS_ALL | ZOOKERNEL_AUTH_NO_LOGIN));
  for (const char* expr : {"", "anyone", "super:x"}) CHECK_FALSE(super.valid(expr));
  CHECK(super.matches("", "whatever"));
  CHECK_FALSE(super.login("super:admin").has_value());
  CHECK(super.user_name("").empty());
}
