#include "kernel/core/row_block.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::core;

namespace {

ZookernelValue number(int64_t value) {
  return {ZOOKERNEL_VALUE_INTEGER, value, 0, {nullptr, 0}};
}
ZookernelValue text(const std::string& value) {
  return {ZOOKERNEL_VALUE_TEXT, 0, 0, {value.data(), value.size()}};
}

struct Seen {
  std::vector<std::string> rows;
  size_t max = SIZE_MAX;

  static int32_t see(void* context, const ZookernelValue* columns, uint32_t count) {
    Seen& seen = *static_cast<Seen*>(context);
    std::string row;
    for (uint32_t i = 0; i < count; ++i) {
      row += columns[i].kind == ZOOKERNEL_VALUE_TEXT
                 ? std::string(columns[i].text.data, columns[i].text.size)
                 : std::to_string(columns[i].integer);
      row += ";";
    }
    seen.rows.push_back(row);
    return seen.rows.size() >= seen.max ? 1 : 0;
  }
};

}  // namespace

TEST_CASE("RowBlock: rows come out as they went in, when what they borrowed from is gone",
          "[core][admin]") {
  RowBlock block;
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/a path that is longer than a short string " + std::to_string(i);
    const ZookernelValue row[] = {number(i), text(path), text("")};
    block.add(row, i % 2 == 0 ? 3 : 2);
  }
  RowBlock moved = std::move(block);
  Seen seen;

  CHECK_FALSE(moved.visit(&Seen::see, &seen));

  REQUIRE(seen.rows.size() == 100);
  CHECK(seen.rows[0] == "0;/a path that is longer than a short string 0;;");
  CHECK(seen.rows[99] == "99;/a path that is longer than a short string 99;");
}

TEST_CASE("RowBlock: the visitor may end the visit", "[core][admin]") {
  RowBlock block;
  for (int i = 0; i < 5; ++i) {
    const ZookernelValue row = number(i);
    block.add(&row, 1);
  }
  Seen seen;
  seen.max = 2;

  CHECK(block.visit(&Seen::see, &seen));
  CHECK(seen.rows == std::vector<std::string>{"0;", "1;"});
}
