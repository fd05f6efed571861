#include "plugins/transport/tcp/eager_wait.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::transport {
namespace {

constexpr int64_t kShortNs = 20'000, kLongNs = 1'000'000'000;

TEST_CASE("EagerWait: nobody waits awake before events were seen to come quickly",
          "[transport][wait]") {
  EagerWait wait;
  CHECK_FALSE(wait.worthwhile());
  for (int i = 0; i < 64; ++i) wait.waited(kShortNs);
  CHECK(wait.worthwhile());
}

TEST_CASE("EagerWait: a pause does not end the habit, a few do", "[transport][wait]") {
  EagerWait wait;
  for (int i = 0; i < 64; ++i) wait.waited(kShortNs);
  wait.waited(kLongNs);
  CHECK(wait.worthwhile());
  wait.waited(kLongNs);
  wait.waited(kLongNs);
  CHECK_FALSE(wait.worthwhile());
}

}  // namespace
}  // namespace zookernel::transport
