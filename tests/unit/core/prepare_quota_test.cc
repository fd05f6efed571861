#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::Opcode;

namespace {

core::Options enforcing() {
  core::Options options;
  options.enforce_quota = true;
  return options;
}

struct World : CoreWorld {
  explicit World(core::Options options = enforcing())
      : CoreWorld(std::move(options)), conn(connect()) {}

  ErrorCode create(const std::string& path, const std::string& data = "1234") {
    send(conn, 1, Opcode::kCreate, wire::CreateRequest{path, data, open_acl(), 0});
    return error_of(conn, 1);
  }
  ErrorCode set(const std::string& path, const std::string& data, int32_t version = -1) {
    send(conn, 2, Opcode::kSetData, wire::SetDataRequest{path, data, version});
    return error_of(conn, 2);
  }
  // For /q, as zkCli makes it.
  void set_quota(const std::string& limits) {
    REQUIRE(create("/zookeeper/quota/q", "") == ErrorCode::kOk);
    REQUIRE(create("/zookeeper/quota/q/zookeeper_limits", limits) == ErrorCode::kOk);
    REQUIRE(create("/zookeeper/quota/q/zookeeper_stats", "count=0,bytes=0") == ErrorCode::kOk);
  }

  ConnId conn;
};

}  // namespace

TEST_CASE("Quota: a hard count allows so many znodes, that of the quota included",
          "[core][quota]") {
  World world;
  world.create("/q");
  world.set_quota("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3");

  CHECK(world.create("/q/a") == ErrorCode::kOk);
  CHECK(world.create("/q/b") == ErrorCode::kOk);
  CHECK(world.create("/q/c") == ErrorCode::kQuotaExceeded);
  CHECK(world.create("/other") == ErrorCode::kOk);
  CHECK(world.set("/q/a", std::string(1000, 'x')) == ErrorCode::kOk);
}

TEST_CASE(
    "Quota: hard bytes are checked before the version, and shrinking is refused while the "
    "subtree is too large",
    "[core][quota]") {
  World world;
  world.create("/q", std::string(100, 'x'));
  world.set_quota("count=-1,bytes=-1=;byteHardLimit=50;countHardLimit=-1");

  CHECK(world.set("/q", std::string(90, 'x')) == ErrorCode::kQuotaExceeded);
  CHECK(world.set("/q", std::string(100, 'y')) == ErrorCode::kOk);  // no difference
  CHECK(world.set("/q", std::string(101, 'x'), 77) == ErrorCode::kQuotaExceeded);
  CHECK(world.create("/q/empty", "") == ErrorCode::kOk);
  CHECK(world.create("/q/one", "1") == ErrorCode::kQuotaExceeded);
  CHECK(world.set("/q", std::string(50, 'x')) == ErrorCode::kOk);
}

TEST_CASE("Quota: a soft limit refuses nothing, and a hard one stands in for it", "[core][quota]") {
  World world;
  world.create("/q");
  world.set_quota("count=1,bytes=4=;byteHardLimit=-1;countHardLimit=2");

  CHECK(world.create("/q/a", "1") == ErrorCode::kOk);  // bytes exceed 4 softly
  REQUIRE(world.warnings.size() == 1);
  CHECK(world.warnings[0] == "Quota exceeded: /q [current bytes=5, soft limit=4]");
  CHECK(world.create("/q/b", "") == ErrorCode::kQuotaExceeded);
  REQUIRE(world.warnings.size() == 2);
  CHECK(world.warnings[1] == "Quota exceeded: /q [current count=3, hard limit=2]");
}

TEST_CASE("Quota: in a multi the operation that exceeds fails the whole", "[core][quota][multi]") {
  World world;
  world.create("/q");
  world.set_quota("count=-1,bytes=-1=;byteHardLimit=8;countHardLimit=-1");

  world.send(world.conn, 3, Opcode::kMulti,
             wire::MultiRequest{{{Opcode::kCreate, wire::CreateRequest{"/q/m", "", open_acl(), 0}},
                                 {Opcode::kSetData, wire::SetDataRequest{"/q", "123456789", -1}}}});

  const auto response = world.body_of<wire::MultiResponse>(world.conn, 3);
  REQUIRE(response.results.size() == 2);
  CHECK(response.results[0].err == 0);
  CHECK(response.results[1].err == static_cast<int32_t>(ErrorCode::kQuotaExceeded));
  world.send(world.conn, 4, Opcode::kExists, wire::ExistsRequest{"/q/m", false});
  CHECK(world.error_of(world.conn, 4) == ErrorCode::kNoNode);
}

TEST_CASE(
    "Quota: each change of a multi is judged alone, by what is applied and by the size before it",
    "[core][quota][multi]") {
  World world;
  world.create("/q");  // 4 bytes
  world.set_quota("count=-1,bytes=-1=;byteHardLimit=8;countHardLimit=-1");

  world.send(world.conn, 3, Opcode::kMulti,
             wire::MultiRequest{{{Opcode::kSetData, wire::SetDataRequest{"/q", "12345678", -1}},
                                 {Opcode::kSetData, wire::SetDataRequest{"/q", "123456789", -1}}}});

  for (const wire::MultiResult& result : world.body_of<wire::MultiResponse>(world.conn, 3).results)
    CHECK(result.err == 0);
  CHECK(world.set("/q", "1234567890") == ErrorCode::kQuotaExceeded);
}

TEST_CASE("Quota: without enforceQuota, without usage, and with limits that cannot be read",
          "[core][quota]") {
  World free{core::Options{}};
  free.create("/q");
  free.set_quota("count=1,bytes=1=;byteHardLimit=1;countHardLimit=1");
  CHECK(free.create("/q/a") == ErrorCode::kOk);
  CHECK(free.warnings.empty());

  World uncounted;
  uncounted.create("/q");
  uncounted.create("/zookeeper/quota/q", "");
  uncounted.create("/zookeeper/quota/q/zookeeper_limits", "count=-1,bytes=-1=;countHardLimit=1");
  CHECK(uncounted.create("/q/a") == ErrorCode::kOk);

  World nonsense;
  nonsense.create("/q");
  nonsense.set_quota("nonsense");
  CHECK(nonsense.create("/q/a") == ErrorCode::kMarshallingError);
  CHECK(nonsense.set("/q", "x") == ErrorCode::kMarshallingError);
  CHECK(nonsense.create("/other") == ErrorCode::kOk);
}
