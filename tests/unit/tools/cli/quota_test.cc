#include "tools/cli/quota.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::cli;

TEST_CASE("quota: the text of Apache's server is read and written", "[cli][quota]") {
  const std::string text = "count=5,bytes=-1=;byteHardLimit=20;countHardLimit=4";

  CHECK(parse_quota(text) == Quota{5, -1, 4, 20});
  CHECK(to_string(parse_quota(text)) == text);
}

TEST_CASE("quota: the text of servers before 3.7 is read", "[cli][quota]") {
  CHECK(parse_quota("count=3,bytes=6") == Quota{3, 6, -1, -1});
}

TEST_CASE("quota: what cannot be read is no limit", "[cli][quota]") {
  CHECK(parse_quota("") == Quota{});
  CHECK(parse_quota("count,bytes=x;=;other=1") == Quota{});
}

TEST_CASE("quota: where the nodes are", "[cli][quota]") {
  CHECK(limits_path("/a/b") == "/zookeeper/quota/a/b/zookeeper_limits");
  CHECK(stats_path("/a") == "/zookeeper/quota/a/zookeeper_stats");
}
