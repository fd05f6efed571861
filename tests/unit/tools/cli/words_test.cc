#include "tools/cli/words.h"

#include <catch2/catch_test_macros.hpp>

using zookernel::cli::split_words;
using Words = std::vector<std::string>;

TEST_CASE("words: blanks separate, and only they", "[cli][words]") {
  CHECK(split_words("") == Words{});
  CHECK(split_words(" \t ") == Words{});
  CHECK(split_words("  create  /a\tdata ") == Words{"create", "/a", "data"});
}

TEST_CASE("words: quotes keep blanks, and there are no escapes", "[cli][words]") {
  CHECK(split_words("create '/a b' \"it's\"") == Words{"create", "/a b", "it's"});
  CHECK(split_words("set /a ''") == Words{"set", "/a", ""});
  CHECK(split_words(R"(set /a "x\"y)") == Words{"set", "/a", "x\\", "y"});
  CHECK(split_words("'a'b") == Words{"a", "b"});
}

TEST_CASE("words: a quote inside of a word is a letter, one without an end is dropped",
          "[cli][words]") {
  CHECK(split_words("set /a b\"c d") == Words{"set", "/a", "b\"c", "d"});
  CHECK(split_words("set /a \"b c") == Words{"set", "/a", "b", "c"});
  CHECK(split_words("\"") == Words{});
}
