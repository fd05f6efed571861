#include "kernel/core/quota.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::core;

TEST_CASE("QuotaNumbers: text is read and written as StatsTrack does", "[core][quota]") {
  CHECK(QuotaNumbers::parse("count=3,bytes=120")->text() == "count=3,bytes=120");
  CHECK(QuotaNumbers::parse("bytes=5")->text() == "count=-1,bytes=5");
  CHECK(QuotaNumbers::parse("count==1,bytes==x")->text() == "count=-1,bytes=-1");
  CHECK(QuotaNumbers::parse("")->text() == "count=-1,bytes=-1");
  const auto both = QuotaNumbers::parse("count=-1,bytes=-1=;countHardLimit=4;byteHardLimit=20");
  REQUIRE(both);
  CHECK(both->text() == "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=4");
  CHECK(both->count_hard_limit() == 4);
  CHECK(both->byte_hard_limit() == 20);
  CHECK(QuotaNumbers::parse("count=1,;bytes=+2")->text() == "count=1,bytes=2");
}

TEST_CASE("QuotaNumbers: what is no list of pairs is refused", "[core][quota]") {
  for (const char* text :
       {"garbage", "count=x", "count", "count=1,junk", "count=99999999999999999999", "count= 1",
        "count=+-1", "count=", "count==", ",count=1", ";"}) {
    INFO(text);
    CHECK_FALSE(QuotaNumbers::parse(text).has_value());
  }
}

TEST_CASE("QuotaPaths: the deepest quota above a path counts", "[core][quota]") {
  QuotaPaths paths;
  paths.add("/a");
  paths.add("/a/b/c");

  CHECK(paths.deepest("/a") == "/a");
  CHECK(paths.deepest("/a/b") == "/a");
  CHECK(paths.deepest("/a/b/c") == "/a/b/c");
  CHECK(paths.deepest("/a/b/c/d/e") == "/a/b/c");
  CHECK(paths.deepest("/ab").empty());
  CHECK(paths.deepest("/").empty());
  CHECK(paths.deepest("").empty());
  paths.remove("/a/b/c");
  CHECK(paths.deepest("/a/b/c/d") == "/a");
  paths.add("/zookeeper");
  CHECK(paths.deepest("/zookeeper/quota/x").empty());
  CHECK(paths.deepest("/zookeeper/quotas") == "/zookeeper");
}

TEST_CASE("quota_target: the root and foreign places can have no quota", "[core][quota]") {
  CHECK(quota_target("/zookeeper/quota/a/b") == "/a/b");
  CHECK(quota_target("/zookeeper/quota").empty());
  CHECK(quota_target("/zookeeper").empty());
  CHECK(quota_target("/zookeeper/quotas/a").empty());
  CHECK(quota_target("/a").empty());
}
