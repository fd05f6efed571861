#include "kernel/core/connection_throttle.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::core;
using namespace zookernel::test;
using Handshake = ConnectionThrottle::Handshake;

namespace {

int admitted(ConnectionThrottle& throttle, int tries, int64_t mono_ms,
             Handshake handshake = Handshake::kNewSession) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += throttle.admit(handshake, mono_ms) ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("ConnectionThrottle: without tokens configured everybody is admitted",
          "[core][throttle]") {
  ConnectionThrottle throttle({}, 1);
  CHECK(admitted(throttle, 10000, 0) == 10000);
}

TEST_CASE("ConnectionThrottle: the bucket begins full, empties, and fills with time",
          "[core][throttle]") {
  ConnectionThrottleOptions options;
  options.tokens_max = 5;
  options.fill_time_ms = 100;
  options.fill_count = 2;
  ConnectionThrottle throttle(options, 1);

  CHECK(admitted(throttle, 10, 1000) == 5);
  CHECK(throttle.deficit() == 5);
  CHECK(admitted(throttle, 10, 1100) == 0);  // not longer than the fill time
  CHECK(admitted(throttle, 10, 1101) == 2);
  CHECK(admitted(throttle, 10, 10 * 365 * 86400000ll) == 5);
}

TEST_CASE("ConnectionThrottle: with weights, an old session costs less than a new one",
          "[core][throttle]") {
  ConnectionThrottleOptions options;
  options.tokens_max = 4;
  options.weighted = true;
  ConnectionThrottle news(options, 1);
  ConnectionThrottle renewals(options, 1);

  CHECK(admitted(news, 10, 0) == 4);
  CHECK(admitted(renewals, 10, 0, Handshake::kRenewedSession) == 6);
}

TEST_CASE("ConnectionThrottle: the chance to be dropped rises while the bucket is empty, and falls",
          "[core][throttle]") {
  ConnectionThrottleOptions options;
  options.tokens_max = 10;
  options.fill_time_ms = 1000000;
  options.fill_count = 10;
  options.freeze_time_ms = 10;
  options.drop_increase = 0.25;
  options.drop_decrease = 0.5;
  ConnectionThrottle throttle(options, 42);
  CHECK(admitted(throttle, 10, 0) == 10);

  for (int64_t ms = 11; ms <= 44; ms += 11) admitted(throttle, 1, ms);
  CHECK(throttle.drop_chance() == 1.0);
  admitted(throttle, 1, 2000001);  // the bucket is full again
  CHECK(throttle.drop_chance() == 0.5);
  CHECK(admitted(throttle, 1000, 2000020) > 0);
}

TEST_CASE("Server: above the tokens of the connection throttle a handshake ends without an answer",
          "[core][server][throttle]") {
  Options options;
  options.connection_throttle.tokens_max = 2;
  options.connection_throttle.fill_time_ms = 1000;
  CoreWorld world(options);
  world.pass(2000);
  world.connect();
  world.connect();

  const ConnId refused = world.open();
  world.frame(refused,
              wire::encoded(wire::ConnectRequest{0, 0, 10000, 0, std::string(16, '\0'), false}));
  CHECK_FALSE(world.next_frame(refused).has_value());
  CHECK(world.closed(refused));

  world.pass(2000);
  CHECK_FALSE(world.closed(world.connect()));
}
