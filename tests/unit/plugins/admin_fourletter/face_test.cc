// What every admin command gets from the C++ face of admin_command.h.
#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"

namespace zookernel::plugin {
namespace {

int32_t two_rows(void*, const char*, ZookernelRowVisitor visitor, void* context) {
  const ZookernelValue value = {ZOOKERNEL_VALUE_INTEGER, 1, 0, {nullptr, 0}};
  for (int i = 0; i < 2; ++i) {
    if (visitor(context, &value, 1) != 0) break;
  }
  return 1;
}

TEST_CASE("ServerView: what a visitor throws ends the visit and reaches the command",
          "[sdk][admin]") {
  const ZookernelServerView table = {sizeof table, nullptr, &two_rows, nullptr};
  int rows = 0;

  CHECK_THROWS_AS(ServerView(table).visit("any",
                                          [&](const Row&) {
                                            ++rows;
                                            throw std::runtime_error("enough");
                                          }),
                  std::runtime_error);

  CHECK(rows == 1);
}

}  // namespace
}  // namespace zookernel::plugin
