#include "kernel/core/session_table.h"

#include <catch2/catch_test_macros.hpp>

#include "plugins/consensus/standalone/standalone.h"
#include "tests/support/core_world.h"
#include "tests/support/txn_builder.h"

namespace zookernel::core {
namespace {

constexpr int32_t kTickMs = 1000;

TEST_CASE("SessionTable: a session that comes back with a shorter timeout ends by that",
          "[core][session]") {
  SessionTable table(kTickMs);
  Session& session = table.add(SessionId{7}, 20000);
  table.touch(session, 0);

  session.timeout_ms = 2000;
  table.touch(session, 500);

  CHECK(table.next_expiry_ms() == 3000);
  std::vector<SessionId> expired;
  table.take_expired(2999, expired);
  CHECK(expired.empty());
  table.take_expired(3000, expired);
  CHECK(expired == std::vector<SessionId>{SessionId{7}});
  table.take_expired(100000, expired);
  CHECK(expired.size() == 1);
}

TEST_CASE("SessionTable: a touch moves a session on, however often it is listed",
          "[core][session]") {
  SessionTable table(kTickMs);
  Session& session = table.add(SessionId{7}, 5000);
  table.touch(session, 0);
  session.timeout_ms = 2000;
  table.touch(session, 0);
  session.timeout_ms = 5000;
  table.touch(session, 1500);

  std::vector<SessionId> expired;
  table.take_expired(6999, expired);
  CHECK(expired.empty());
  table.take_expired(7000, expired);
  CHECK(expired.size() == 1);
}

TEST_CASE("Server: session ids of the log do not come again when the clock was set back",
          "[core][session]") {
  test::DeafMetrics metrics;
  const test::Schemes schemes;
  ServerParts parts;
  parts.auth_schemes = schemes.parts();
  parts.metrics = &metrics;
  Server server(std::move(parts));
  constexpr int64_t kEnded = (int64_t{1} << 56) | (int64_t{1700000500000} << 16 & 0xffffffffffff00);
  REQUIRE(server.replay(test::record({1, 1000, kEnded}, test::create_session(6000))));
  REQUIRE(server.replay(test::record({2, 1000, kEnded}, test::close_session({}))));

  Effects effects;
  server.start(std::make_unique<standalone::StandaloneMachine>(server.last_zxid()),
               {1000000, 1700000000000}, effects);
  const ConnId conn{1};
  server.step(ClientOpened{conn, {"127.0.0.1", 40000, false}}, effects);
  const std::string request =
      wire::encoded(wire::ConnectRequest{0, 0, 6000, 0, std::string(16, '\0'), false});
  server.step(ClientFrame{conn, request}, effects);

  REQUIRE(effects.consensus.persist.size() == 1);
  const Bytes record = effects.consensus.persist[0].append.at(0).body.view();
  CHECK(static_cast<int64_t>(load_be64(record.data())) > kEnded);
}

}  // namespace
}  // namespace zookernel::core
