#include "tools/client/watch_registry.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel;
using namespace zookernel::client;
using wire::EventType;
using wire::WatcherType;

namespace {

wire::SetWatches2 read_reset2(const WatchReset& reset) {
  wire::Reader reader(reset.body);
  wire::SetWatches2 record;
  REQUIRE(wire::decode(reader, record));
  CHECK(reader.remaining() == 0);
  return record;
}

wire::SetWatches read_reset(const WatchReset& reset) {
  wire::Reader reader(reset.body);
  wire::SetWatches record;
  REQUIRE(wire::decode(reader, record));
  CHECK(reader.remaining() == 0);
  return record;
}

}  // namespace

TEST_CASE("WatchRegistry: a one-shot watch wants one event", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kData, "/a");
  watches.add(WatchKind::kChildren, "/a");

  CHECK_FALSE(watches.fire(EventType::kNodeDataChanged, "/b"));
  CHECK(watches.fire(EventType::kNodeDataChanged, "/a"));
  CHECK_FALSE(watches.fire(EventType::kNodeDataChanged, "/a"));
  CHECK(watches.fire(EventType::kNodeChildrenChanged, "/a"));
  CHECK_FALSE(watches.fire(EventType::kNodeChildrenChanged, "/a"));
}

TEST_CASE("WatchRegistry: a deletion uses up all one-shot watches of the node", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kData, "/a");
  watches.add(WatchKind::kChildren, "/a");

  CHECK(watches.fire(EventType::kNodeDeleted, "/a"));
  CHECK_FALSE(watches.contains("/a", WatcherType::kAny));
}

TEST_CASE("WatchRegistry: a persistent watch stays, and sees its node only", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kPersistent, "/a");

  CHECK(watches.fire(EventType::kNodeDataChanged, "/a"));
  CHECK(watches.fire(EventType::kNodeChildrenChanged, "/a"));
  CHECK(watches.fire(EventType::kNodeDataChanged, "/a"));
  CHECK_FALSE(watches.fire(EventType::kNodeCreated, "/a/b"));
}

TEST_CASE("WatchRegistry: a recursive watch sees everything below, but no children events",
          "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kPersistentRecursive, "/a");

  CHECK(watches.fire(EventType::kNodeCreated, "/a/b/c"));
  CHECK(watches.fire(EventType::kNodeDeleted, "/a"));
  CHECK_FALSE(watches.fire(EventType::kNodeChildrenChanged, "/a"));
  CHECK_FALSE(watches.fire(EventType::kNodeCreated, "/ab"));

  watches.add(WatchKind::kPersistentRecursive, "/");
  CHECK(watches.fire(EventType::kNodeCreated, "/ab"));
}

TEST_CASE("WatchRegistry: the later mode of a persistent watch counts", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kPersistentRecursive, "/a");
  watches.add(WatchKind::kPersistent, "/a");

  CHECK_FALSE(watches.contains("/a", WatcherType::kPersistentRecursive));
  CHECK(watches.contains("/a", WatcherType::kPersistent));
}

TEST_CASE("WatchRegistry: removal tells which groups had a watch", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kExists, "/a");
  watches.add(WatchKind::kChildren, "/a");
  watches.add(WatchKind::kPersistentRecursive, "/a");

  CHECK(watches.remove("/a", WatcherType::kPersistent).empty());
  CHECK(watches.remove("/a", WatcherType::kData) == std::vector{EventType::kDataWatchRemoved});
  CHECK(watches.remove("/a", WatcherType::kAny) ==
        std::vector{EventType::kChildWatchRemoved, EventType::kPersistentWatchRemoved});
  CHECK_FALSE(watches.contains("/a", WatcherType::kAny));
}

TEST_CASE("WatchRegistry: without persistent watches the old request sets watches again",
          "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kData, "/a");
  watches.add(WatchKind::kExists, "/b");
  watches.add(WatchKind::kChildren, "/");

  const auto requests = watches.reset_requests(7, "/chroot");

  REQUIRE(requests.size() == 1);
  CHECK(requests[0].opcode == wire::Opcode::kSetWatches);
  CHECK(read_reset(requests[0]) == wire::SetWatches{7, {"/chroot/a"}, {"/chroot/b"}, {"/chroot"}});
}

TEST_CASE("WatchRegistry: persistent watches need the new request", "[client][watch]") {
  WatchRegistry watches;
  watches.add(WatchKind::kData, "/a");
  watches.add(WatchKind::kPersistent, "/p");
  watches.add(WatchKind::kPersistentRecursive, "/r");

  const auto requests = watches.reset_requests(9, "");

  REQUIRE(requests.size() == 1);
  CHECK(requests[0].opcode == wire::Opcode::kSetWatches2);
  CHECK(read_reset2(requests[0]) == wire::SetWatches2{9, {"/a"}, {}, {}, {"/p"}, {"/r"}});
}

TEST_CASE("WatchRegistry: many watches are set again in requests of a bounded size",
          "[client][watch]") {
  WatchRegistry watches;
  const std::string name(1000, 'x');
  for (int i = 0; i < 300; ++i) watches.add(WatchKind::kData, "/" + name + std::to_string(i));

  const auto requests = watches.reset_requests(1, "");

  CHECK(requests.size() == 3);
  size_t paths = 0;
  for (const WatchReset& request : requests) {
    CHECK(request.body.size() <= WatchRegistry::kResetBytesMax + 64);
    paths += read_reset(request).data_watches.size();
  }
  CHECK(paths == 300);
  CHECK(WatchRegistry().reset_requests(1, "").empty());
}
