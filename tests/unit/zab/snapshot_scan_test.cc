#include "plugins/consensus/zab/machine/snapshot_scan.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "zookernel/wire/records/persist.h"

namespace zookernel::zab {
namespace {

std::string stream(const std::string& mark = "BenWasHere") {
  Buffer out;
  wire::Writer writer(out);
  writer.write_int(2);
  for (int i = 0; i < 2; ++i) {
    writer.write_long(7 + i);
    writer.write_int(6000);
  }
  writer.write_int(1);
  writer.write_long(1);
  writer.write_count(1);
  writer.write_int(31);
  writer.write_string("world");
  writer.write_string("anyone");
  for (const char* path : {"", "/a", "/a/b"}) {
    writer.write_string(path);
    writer.write_buffer("data");
    writer.write_long(1);
    writer.write_raw(std::string(wire::kStatPersistedBytes, 'x'));
  }
  writer.write_string("/");
  writer.write_string(mark);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("SnapshotScan: finds the end, whatever comes after it", "[zab][snapshot_scan]") {
  const std::string all = stream();
  SnapshotScan scan(1000);
  CHECK(scan.scan(all + "next packet") == all.size() - SnapshotScan::kEndMarkBytes);
  CHECK(scan.state() == SnapshotScan::State::kDone);
}

TEST_CASE("SnapshotScan: finds the end byte by byte", "[zab][snapshot_scan]") {
  const std::string all = stream();
  SnapshotScan scan(1000);
  std::string pending, tree;
  for (const char byte : all) {
    REQUIRE(scan.state() == SnapshotScan::State::kMore);
    pending += byte;
    const size_t count = scan.scan(pending);
    tree += pending.substr(0, count);
    pending.erase(0, count);
  }
  CHECK(scan.state() == SnapshotScan::State::kDone);
  CHECK(tree == all.substr(0, all.size() - SnapshotScan::kEndMarkBytes));
}

TEST_CASE("SnapshotScan: an empty tree has an end, too", "[zab][snapshot_scan]") {
  Buffer out;
  wire::Writer writer(out);
  writer.write_int(0);
  writer.write_int(0);
  writer.write_string("/");
  writer.write_string("BenWasHere");
  SnapshotScan scan(1000);
  scan.scan(out.view());
  CHECK(scan.state() == SnapshotScan::State::kDone);
}

TEST_CASE("SnapshotScan: nonsense is bad at once", "[zab][snapshot_scan]") {
  SnapshotScan wrong_mark(1000);
  wrong_mark.scan(stream("somebody else"));
  CHECK(wrong_mark.state() == SnapshotScan::State::kBad);

  SnapshotScan negative(1000);
  negative.scan(std::string("\xff\xff\xff\xf0", 4));
  CHECK(negative.state() == SnapshotScan::State::kBad);

  SnapshotScan too_long(3);
  too_long.scan(stream());
  CHECK(too_long.state() == SnapshotScan::State::kBad);
}

}  // namespace zookernel::zab
