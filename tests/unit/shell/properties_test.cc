#include "kernel/shell/properties.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace zookernel;
using namespace zookernel::shell;

namespace {

std::vector<Property> parsed(std::string_view text) {
  const Result<std::vector<Property>> properties = parse_properties(text);
  REQUIRE(properties.ok());
  return *properties;
}

void one(std::string_view text, const std::string& key, const std::string& value, int line = 1) {
  CAPTURE(std::string(text));
  const std::vector<Property> properties = parsed(text);
  REQUIRE(properties.size() == 1);
  CHECK(properties[0].key == key);
  CHECK(properties[0].value == value);
  CHECK(properties[0].line == line);
}

}  // namespace

TEST_CASE("Properties: a key ends at an equals sign, a colon or a blank", "[shell][properties]") {
  one("a=b", "a", "b");
  one("a:b", "a", "b");
  one("a b", "a", "b");
  one("clientPort : 2181", "clientPort", "2181");
  one("  a\t=\t b  ", "a", "b");
  one("a==b", "a", "=b");
  one("a = = b", "a", "= b");
  one("key", "key", "");
  one("=value", "", "value");
}

TEST_CASE("Properties: comments and empty lines are skipped but counted", "[shell][properties]") {
  one("# comment \\\n! another\n\n \t \r\na=b\n", "a", "b", 5);
}

TEST_CASE("Properties: a backslash at the end continues the line without its leading blanks",
          "[shell][properties]") {
  one("4lw.commands.whitelist=ruok, \\\n     mntr, \\\r\n stat", "4lw.commands.whitelist",
      "ruok, mntr, stat");
  one("a=b\\\\", "a", "b\\");
  one("a=b\\", "a", "b");
  one("a=\\\n\\\nb", "a", "b");

  const std::vector<Property> two = parsed("a=1\\\n2\nb=3");
  REQUIRE(two.size() == 2);
  CHECK(two[1].line == 3);
}

TEST_CASE("Properties: escapes become characters", "[shell][properties]") {
  one("a\\ b\\=c\\:d=e", "a b=c:d", "e");
  one("a=x\\ty\\nz", "a", "x\ty\nz");
  one("a=\\u0041\\u00e9\\u65e5", "a", "A\xc3\xa9\xe6\x97\xa5");
  one("a=\\ud83d\\ude00", "a", "\xf0\x9f\x98\x80");
  one("a=C:\\dir", "a", "C:dir");
}

TEST_CASE("Properties: what cannot be read names its line", "[shell][properties]") {
  const Result<std::vector<Property>> escape = parse_properties("a=1\nb=\\u12x4\n");
  REQUIRE(!escape.ok());
  CHECK(escape.error().message.starts_with("2: \\u must be followed"));

  const Result<std::vector<Property>> binary =
      parse_properties(std::string_view("a=1\n\n\0\x7f"
                                        "ELF",
                                        10));
  REQUIRE(!binary.ok());
  CHECK(binary.error().message.starts_with("3: a NUL byte"));

  CHECK(!parse_properties("a=\\u0000").ok());
  CHECK(!parse_properties(std::string(kPropertiesBytesMax + 1, 'a')).ok());
}

TEST_CASE("JvmFlags: definitions are taken apart as a shell would", "[shell][properties]") {
  const JvmFlags flags = parse_jvm_flags(
      "-Xmx1000m -Dzookeeper.snapCount=5 '-Dzookeeper.superUser=a b' -Da=\"x \\\"y\\\"\" -Dempty "
      "-D  -agentlib:x\\ y -Db=c=d");

  REQUIRE(flags.definitions.size() == 5);
  CHECK(flags.definitions[0].key == "zookeeper.snapCount");
  CHECK(flags.definitions[0].value == "5");
  CHECK(flags.definitions[1].value == "a b");
  CHECK(flags.definitions[2].value == "x \"y\"");
  CHECK(flags.definitions[3].key == "empty");
  CHECK(flags.definitions[4].value == "c=d");
  CHECK(flags.ignored == std::vector<std::string>{"-Xmx1000m", "-D", "-agentlib:x y"});
}

TEST_CASE("JvmFlags: an open quote ends with the text", "[shell][properties]") {
  const JvmFlags flags = parse_jvm_flags("'-Da=b c");

  REQUIRE(flags.definitions.size() == 1);
  CHECK(flags.definitions[0].value == "b c");
}
