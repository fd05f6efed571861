#include "tools/plugin/lint.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <sstream>
#include <string>

#include "tools/plugin/info.h"
#include "zookernel/abi.h"

using namespace zookernel;
using namespace zookernel::plugin_tool;

namespace {

// Sanitizers bring constructors and exports of their own.
constexpr bool kSanitized = ZOOKERNEL_BUILD_SANITIZERS != 0;

const std::filesystem::path kFixtures = ZOOKERNEL_TEST_PLUGINS;

struct Answer {
  int exit_code;
  std::string out, err;
};

template <typename Command>
Answer answer_of(Command command, const std::string& fixture) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = command(kFixtures / ("lib" + fixture + ".so"), out, err);
  return {exit_code, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("lint: a tidy plugin has no findings", "[tools][plugin]") {
  const Answer answer = answer_of(lint, "good");
  INFO(answer.out);
  CHECK(answer.exit_code == kFine);
  CHECK(contains(answer.out, "needs libc.so.6"));
  CHECK(contains(answer.out, "nothing to complain about"));
}

TEST_CASE(
    "lint: constructors, unique symbols, other exports, thread_local and an executable stack are "
    "found",
    "[tools][plugin]") {
  const auto elf = shell::read_elf_file(kFixtures / "libuntidy.so");
  REQUIRE(elf.ok());
  std::string all;
  const LintFindings findings = lint_elf(*elf);
  for (const auto& list : {findings.bad_for_outer, findings.bad})
    for (const std::string& finding : list) all += finding + "\n";

  INFO(all);
  CHECK(contains(all, "constructors run when it is opened (_GLOBAL__sub_I"));
  CHECK(contains(all, "unique symbols ("));
  CHECK(contains(all, "other exports than zookernel_plugin ("));
  CHECK(contains(all, "thread_local variables"));
  CHECK(contains(all, "executable stack"));
  CHECK_FALSE(contains(all, "text relocations"));
  CHECK_FALSE(contains(all, "frame_dummy"));
}

TEST_CASE("lint: constructors and thread_local are findings in the outer circle",
          "[tools][plugin]") {
  const Answer outer = answer_of(lint, "outer_constructor");
  INFO(outer.out);
  CHECK(outer.exit_code == kFindings);
  CHECK(contains(outer.out, "libouter_constructor.so: constructors run when it is opened ("));
  CHECK(contains(outer.out, "libouter_constructor.so: thread_local variables"));
}

TEST_CASE("lint: constructors and thread_local are notes in the inner circle", "[tools][plugin]") {
  if (kSanitized) return;
  const Answer inner = answer_of(lint, "inner_constructor");
  INFO(inner.out);
  CHECK(inner.exit_code == kFine);
  CHECK(contains(inner.out,
                 "note, allowed in the inner circle: constructors run when it is opened ("));
  CHECK(contains(inner.out, "note, allowed in the inner circle: thread_local variables"));
  CHECK(contains(inner.out, "nothing to complain about"));
}

TEST_CASE("lint: nothing is wrong with the built-in plugins", "[tools][plugin]") {
  if (kSanitized) return;
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ZOOKERNEL_BUILTIN_PLUGINS)) {
    if (entry.path().extension() != ".so") continue;
    std::ostringstream out;
    std::ostringstream err;
    const int exit_code = lint(entry.path(), out, err);
    INFO(out.str());
    INFO(err.str());
    CHECK(exit_code == kFine);
    // The headers of Boost.Asio and of protobuf are the only reasons for a note.
    const auto name = entry.path().filename();
    if (name != "libtcp.so" && name != "libsqlite.so")
      CHECK_FALSE(contains(out.str(), "note, allowed"));
    ++seen;
  }
  CHECK(seen >= 9);
}

TEST_CASE("lint: what the server refuses is a finding", "[tools][plugin]") {
  const Answer answer = answer_of(lint, "other_hash");
  CHECK(answer.exit_code == kFindings);
  CHECK(contains(answer.out, "the server refuses it: "));
  CHECK(contains(answer.out, "sdk abi hash: kernel "));
}

TEST_CASE("info: the manifest is printed with settings and help, and nothing is created",
          "[tools][plugin]") {
  const Answer answer = answer_of(info, "throws_raw");  // its create() would throw
  CHECK(answer.exit_code == kFine);
  CHECK(contains(answer.out, "id:         test.raw\n"));
  CHECK(contains(answer.out, "zookernel.auth_scheme/1 \"raw\"\n    no settings\n"));

  const Answer good = answer_of(info, "good");
  CHECK(contains(good.out, "    good.greeting=hello\n        what it says\n"));
}

TEST_CASE("info: of a plugin of another build only what can be read safely is printed",
          "[tools][plugin]") {
  const Answer hash = answer_of(info, "other_hash");
  CHECK(hash.exit_code == kFindings);
  CHECK(contains(hash.out, "abi hash:   0000000000000001\n"));
  CHECK_FALSE(contains(hash.out, "test.fixture"));
  CHECK(contains(hash.err, "sdk abi hash: kernel "));

  const Answer size = answer_of(info, "abi_size");
  CHECK(size.exit_code == kFindings);
  CHECK_FALSE(contains(size.out, "abi hash"));
}

TEST_CASE("info and lint: a file that is not there is a matter of usage", "[tools][plugin]") {
  CHECK(answer_of(info, "nobody_made_this").exit_code == kUsage);
  CHECK(answer_of(lint, "nobody_made_this").exit_code == kUsage);
}
