#include "tools/cli/arguments.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel;
using namespace zookernel::cli;
using Words = std::vector<std::string>;

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "stats"},
    {"w", Option::Value::kNone, "watch"},
    {"v", Option::Value::kRequired, "version"},
    {"add", Option::Value::kRequired, "servers"},
};

Result<Arguments> parse(const Words& words, OptionGroup group = OptionGroup::kNone) {
  return parse_arguments(words, kOptions, group);
}

std::string problem(const Words& words, OptionGroup group = OptionGroup::kNone) {
  const auto parsed = parse(words, group);
  return parsed.ok() ? "accepted" : parsed.error().message;
}

}  // namespace

TEST_CASE("arguments: options may stand anywhere and be written together", "[cli][arguments]") {
  const auto parsed = parse({"/a", "-sw", "-v", "-1", "data"});

  REQUIRE(parsed.ok());
  CHECK(parsed->words == Words{"/a", "data"});
  CHECK(parsed->has("s"));
  CHECK(parsed->has("w"));
  CHECK(parsed->value("v") == "-1");
  CHECK_FALSE(parsed->has("add"));
}

TEST_CASE("arguments: a value may be glued to its option", "[cli][arguments]") {
  CHECK(parse({"-v12"})->value("v") == "12");
  CHECK(parse({"-v=12"})->value("v") == "12");
  CHECK(parse({"-sv12"})->value("v") == "12");
  CHECK(parse({"-add=1=h:1:2"})->value("add") == "1=h:1:2");
}

TEST_CASE("arguments: two dashes end the options", "[cli][arguments]") {
  const auto parsed = parse({"--", "/a", "-5", "-s"});

  REQUIRE(parsed.ok());
  CHECK(parsed->words == Words{"/a", "-5", "-s"});
  CHECK_FALSE(parsed->has("s"));
}

TEST_CASE("arguments: a lone dash is a word", "[cli][arguments]") {
  CHECK(parse({"/a", "-"})->words == Words{"/a", "-"});
}

TEST_CASE("arguments: an option given twice has its first value, or all as a list",
          "[cli][arguments]") {
  const auto parsed = parse({"-add", "a", "-add", "b"});

  CHECK(parsed->value("add") == "a");
  CHECK(parsed->list("add") == "a,b");
  CHECK_FALSE(parsed->list("v"));
}

TEST_CASE("arguments: errors are those of Apache's client", "[cli][arguments]") {
  CHECK(problem({"-z"}) ==
        "org.apache.commons.cli.UnrecognizedOptionException: Unrecognized option: -z");
  CHECK(problem({"-sz"}) ==
        "org.apache.commons.cli.UnrecognizedOptionException: Unrecognized option: -sz");
  CHECK(problem({"--v", "1"}) ==
        "org.apache.commons.cli.UnrecognizedOptionException: Unrecognized option: --v");
  CHECK(problem({"/a", "-v"}) ==
        "org.apache.commons.cli.MissingArgumentException: Missing argument for option: v");
  CHECK(problem({"-v", "-s"}) ==
        "org.apache.commons.cli.MissingArgumentException: Missing argument for option: v");
}

TEST_CASE("arguments: options of a group exclude each other", "[cli][arguments]") {
  CHECK(problem({"-s", "-w"}, OptionGroup::kAtMostOne) ==
        "org.apache.commons.cli.AlreadySelectedException: The option 'w' was specified but an "
        "option from this group has already been selected: 's'");
  CHECK(problem({}, OptionGroup::kAtMostOne) == "accepted");
  CHECK(problem({}, OptionGroup::kExactlyOne) ==
        "org.apache.commons.cli.MissingOptionException: Missing required option: [-s stats, "
        "-w watch, -v version, -add servers]");
}

TEST_CASE("arguments: the options are listed in columns", "[cli][arguments]") {
  CHECK(options_text(kOptions) ==
        " -add <arg>   servers\n"
        " -s           stats\n"
        " -v <arg>     version\n"
        " -w           watch\n");
}
