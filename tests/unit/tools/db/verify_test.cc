#include "tools/db/verify.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/tools/db/data_directory.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("verify: a good directory is good, with what would be served", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");

  const std::string told = verified(*disk);

  INFO(told);
  CHECK(holds(told, "good: a server serves it up to transaction 0x"));
  CHECK(told.ends_with("exit 0\n"));
}

TEST_CASE("verify: a torn tail is a finding, as nothing acknowledged is missing", "[tools][db]") {
  auto disk = disk_of_fixture("torn-short");

  const std::string told = verified(*disk);

  INFO(told);
  CHECK(holds(told, "damaged"));
  CHECK(holds(told, "findings: a server serves it up to transaction"));
  CHECK(told.ends_with("exit 1\n"));
}

TEST_CASE("verify: a hole is refused with the byte and the reason", "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-eor");

  const std::string told = verified(*disk);

  INFO(told);
  CHECK(holds(told, "its end byte is missing"));
  CHECK(holds(told, "refused: "));
  CHECK(holds(told, "at byte "));
  CHECK(told.ends_with("exit 3\n"));
}

TEST_CASE("verify: a damaged older snapshot is a finding although it is not needed",
          "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  std::string old = read_file(*disk, "/data/version-2/snapshot.0");
  old[old.size() / 2] = static_cast<char>(old[old.size() / 2] ^ 1);
  write_file(*disk, "/data/version-2/snapshot.0", old);

  const std::string told = verified(*disk);

  INFO(told);
  CHECK(holds(told, "snapshot.0\n"));
  CHECK(told.ends_with("exit 1\n"));
}

TEST_CASE("verify: files that no server reads are named", "[tools][db]") {
  auto disk = disk_of_fixture("multisnap");
  write_file(*disk, "/data/version-2/log.5a.bak", "x");
  write_file(*disk, "/data/version-2/notes.txt", "x");
  write_file(*disk, "/data/version-2/currentEpoch", "one");

  const std::string told = verified(*disk);

  INFO(told);
  CHECK(holds(told, "log.5a.bak"));
  CHECK(holds(told, "Java would take it for a log"));
  CHECK(holds(told, "no file of a server"));
  CHECK(holds(told, "a decimal number is expected"));
  CHECK(told.ends_with("exit 3\n"));
}
