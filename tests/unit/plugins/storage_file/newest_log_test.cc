#include "plugins/storage/file/newest_log.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::file_storage {
namespace {

using sim::SimDisk;

// The note on log.1f, durable up to `end`.
void write_note(SimDisk& disk, uint64_t end) {
  REQUIRE(disk.make_directories("/d"));
  auto file = write_newest_log(disk, "/d", "log.1f", 16);
  REQUIRE(file);
  REQUIRE(note_durable(**file, "log.1f", end));
}

TEST_CASE("NewestLog: the name and the durable end are read again", "[storage][newest]") {
  SimDisk disk;
  CHECK_FALSE(*read_newest_log(disk, "/d"));
  write_note(disk, 100);
  write_note(disk, 0x123456789a);

  const auto note = read_newest_log(disk, "/d");

  REQUIRE(note);
  REQUIRE(*note);
  CHECK((*note)->log.first == Zxid{0x1f});
  CHECK((*note)->durable_end == 0x123456789a);
}

TEST_CASE("NewestLog: until the first sync the header is durable", "[storage][newest]") {
  SimDisk disk;
  REQUIRE(disk.make_directories("/d"));
  REQUIRE(write_newest_log(disk, "/d", "log.1f", 16));

  const auto note = read_newest_log(disk, "/d");

  REQUIRE(note);
  REQUIRE(*note);
  CHECK((*note)->log.name == "log.1f");
  CHECK((*note)->durable_end == 16);
}

TEST_CASE("NewestLog: a note with a turned bit or without its end says nothing",
          "[storage][newest]") {
  SimDisk disk;
  write_note(disk, 0x1000);
  const std::string whole = disk.content("/d/.newest-log");
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    INFO(bit);
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    disk.put("/d/.newest-log", damaged);
    const auto note = read_newest_log(disk, "/d");
    REQUIRE(note);
    CHECK_FALSE(*note);
  }
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    disk.put("/d/.newest-log", whole.substr(0, size));
    CHECK_FALSE(*read_newest_log(disk, "/d"));
  }
}

TEST_CASE("NewestLog: it is forgotten before the log is cut", "[storage][newest]") {
  SimDisk disk;
  write_note(disk, 0x1000);
  REQUIRE(remove_newest_log(disk, "/d"));
  CHECK_FALSE(*read_newest_log(disk, "/d"));
  CHECK(remove_newest_log(disk, "/d"));
}

}  // namespace
}  // namespace zookernel::file_storage
