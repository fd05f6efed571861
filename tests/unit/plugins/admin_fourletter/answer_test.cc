#include "plugins/admin/fourletter/answer.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::fourletter {
namespace {

TEST_CASE("Answer: holds as many bytes as its limit", "[admin][fourletter]") {
  Answer answer(6);
  answer.add({"abc", "def"});

  CHECK(answer.finish() == "abcdef");
}

TEST_CASE("Answer: takes pieces whole or not at all, and says what it did", "[admin][fourletter]") {
  Answer answer(6);

  const std::string text = bounded(answer, [&] {
    answer.add({"abc"});
    answer.add({"de", "fg"});
  });

  CHECK(text == "abc... the rest is left out: an answer is limited to 6 bytes\n");
}

TEST_CASE("Answer: stays full once it was", "[admin][fourletter]") {
  Answer answer(3);
  CHECK_THROWS_AS(answer.add({"abcd"}), Answer::Full);

  CHECK_THROWS_AS(answer.add({"a"}), Answer::Full);
}

}  // namespace
}  // namespace zookernel::fourletter
