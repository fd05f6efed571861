#include <catch2/catch_test_macros.hpp>
#include <string>

#include "plugins/auth/digest/hash.h"
#include "plugins/auth/digest/scheme.h"
#include "tests/unit/plugins/auth/scheme_under_test.h"

using namespace zookernel::auth;
using namespace zookernel::test;

namespace {

constexpr const char* kEnabled = "DigestAuthenticationProvider.enabled";
constexpr const char* kSuperDigest = "DigestAuthenticationProvider.superDigest";
constexpr const char* kAlgorithm = "DigestAuthenticationProvider.digestAlg";

struct Digest : SchemeUnderTest {
  explicit Digest(const Given& given = {}) : SchemeUnderTest(digest_extension()) {
    REQUIRE(configure(given).empty());
  }
};

}  // namespace

TEST_CASE("Digest: a login gives the user and the hash of the whole credentials",
          "[auth][digest]") {
  Digest digest;

  CHECK(digest.login("bob:pw") == Ids{{"", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}});
  // The user ends at the first colon; the password may contain more of them.
  CHECK(digest.login("bob:p:w")->at(0).second.starts_with("bob:"));
  CHECK(digest.login("bob:p:w") != digest.login("bob:pw"));
}

TEST_CASE("Digest: any bytes are credentials, but a null is not", "[auth][digest]") {
  Digest digest;

  CHECK(digest.login("") == Ids{{"", ":2jmj7l5rSw0yVb/vlWAYkK/YBwk="}});
  CHECK(digest.login("bob")->at(0).second.starts_with("bob:"));
  CHECK(digest.login(":pw")->at(0).second.starts_with(":"));
  CHECK(digest.login(std::string("a\0b:\xff", 5)).has_value());
  CHECK_FALSE(digest.login_with_null().has_value());
}

TEST_CASE("Digest: an ACL id has two parts once empty ones at the end are dropped",
          "[auth][digest]") {
  Digest digest;

  for (const char* good : {"a:b", ":b", "a:b:", "a:b:::", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}) {
    INFO(good);
    CHECK(digest.valid(good));
  }
  for (const char* bad : {"", "a", "a:", ":", "::", "a:b:c", "::b"}) {
    INFO(bad);
    CHECK_FALSE(digest.valid(bad));
  }
}

TEST_CASE("Digest: an id matches an equal one only", "[auth][digest]") {
  Digest digest;

  CHECK(digest.matches("bob:x=", "bob:x="));
  CHECK_FALSE(digest.matches("bob:x=", "bob:X="));
  CHECK_FALSE(digest.matches("bob:x=", "bob:x=:"));
}

TEST_CASE("Digest: it is a login that names the creator, and shows the user only",
          "[auth][digest]") {
  Digest digest;

  CHECK(digest.flags() == ZOOKERNEL_AUTH_NAMES_CREATOR);
  CHECK(digest.table().expand == nullptr);
  CHECK(digest.connected("127.0.0.1").empty());
  CHECK(digest.user_name("bob:hash=") == "bob");
  CHECK(digest.user_name(":hash=").empty());
}

TEST_CASE("Digest: who matches superDigest is the super user first and himself second",
          "[auth][digest]") {
  Digest digest(Given{{kSuperDigest, "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="}});

  CHECK(digest.login("super:admin") ==
        Ids{{"super", ""}, {"", "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="}});
  CHECK(digest.login("super:other")->size() == 1);
  CHECK(digest.login("admin:admin")->size() == 1);
  CHECK(digest.log().empty());
}

TEST_CASE("Digest: any user name may be the super user's", "[auth][digest]") {
  Digest digest(Given{{kSuperDigest, "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="}});
  CHECK(digest.login("bob:pw")->size() == 2);
}

TEST_CASE("Digest: a superDigest without hash is told in the log and lets nobody in",
          "[auth][digest]") {
  Digest digest(Given{{kSuperDigest, "super"}});

  REQUIRE(digest.log().size() == 1);
  CHECK(digest.log()[0].find(kSuperDigest) == 0);
  CHECK(digest.login("super")->size() == 1);
}

TEST_CASE("Digest: switched off it refuses logins, ACL ids and matches", "[auth][digest]") {
  for (const char* off : {"false", "no", "0", ""}) {
    Digest digest(Given{{kEnabled, off}});
    INFO(off);
    CHECK_FALSE(digest.login("bob:pw").has_value());
    CHECK_FALSE(digest.valid("a:b"));
    CHECK_FALSE(digest.matches("a:b", "a:b"));
  }
  Digest digest(Given{{kEnabled, "TRUE"}});
  CHECK(digest.login("bob:pw").has_value());
}

TEST_CASE("Digest: digestAlg takes Java's names in any case", "[auth][digest]") {
  // echo -n bob:pw | openssl dgst -binary -sha256 | base64
  const std::string sha256 = Digest(Given{{kAlgorithm, "SHA-256"}}).login("bob:pw")->at(0).second;
  CHECK(sha256 == "bob:lXdkgIa9O1CDDWAryQ0pe9wUYi2LkG6M7Uocn/Vyn2g=");
  CHECK(Digest(Given{{kAlgorithm, "sha-256"}}).login("bob:pw")->at(0).second == sha256);

  const std::string sha1 = Digest().login("bob:pw")->at(0).second;
  for (const char* name : {"SHA1", "SHA-1", "SHA", "sha1"}) {
    CHECK(Digest(Given{{kAlgorithm, name}}).login("bob:pw")->at(0).second == sha1);
  }
  for (const char* name : {"MD5", "SHA-224", "SHA-384", "SHA-512", "SHA-512/256", "SHA3-256"}) {
    CHECK(Digest(Given{{kAlgorithm, name}}).login("bob:pw")->at(0).second != sha1);
  }
}

TEST_CASE("Digest: an unknown digestAlg fails with Apache's sentence, key and value",
          "[auth][digest]") {
  SchemeUnderTest digest(digest_extension());
  const std::string complaint = digest.configure({{kAlgorithm, "ROT13"}});

  CHECK(complaint.find("DigestAuthenticationProvider.digestAlg=ROT13: don't support this ACL "
                       "digest algorithm: ROT13 in the "
                       "current environment") == 0);
}

TEST_CASE("through_java_string: bytes that are not UTF-8 become U+FFFD as in Java",
          "[auth][digest]") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(through_java_string("plain") == "plain");
  CHECK(through_java_string("p\xC3\xA4ss \xE2\x82\xAC \xF0\x9F\x98\x80") ==
        "p\xC3\xA4ss \xE2\x82\xAC \xF0\x9F\x98\x80");
  CHECK(through_java_string("p\xE4ss") == "p" + r + "ss");          // Latin-1
  CHECK(through_java_string("\xC0\x80") == r + r);                  // overlong
  CHECK(through_java_string("\xED\xA0\x80") == r + r + r);          // a surrogate
  CHECK(through_java_string("\xE2\x82") == r);                      // cut off
  CHECK(through_java_string("\xF0\x9F\x98z") == r + "z");           // cut off in the middle
  CHECK(through_java_string("\xF4\x90\x80\x80") == r + r + r + r);  // above the last character
  CHECK(through_java_string("\xFF\xFE") == r + r);
}
