#include <catch2/catch_test_macros.hpp>

#include "tests/support/core_world.h"

using namespace zookernel;
using namespace zookernel::test;
using wire::ErrorCode;
using wire::EventType;
using wire::Opcode;

namespace {

constexpr int32_t kPersistentMode = 0, kRecursiveMode = 1;
constexpr int32_t kChildren = 1, kData = 2, kAny = 3, kPersistentType = 4, kRecursiveType = 5;

// One client, whose requests are all answered at once.
struct Client {
  explicit Client(CoreWorld& of) : world(of), conn(of.connect()) {}

  template <typename Request>
  ErrorCode ask(Opcode opcode, const Request& request) {
    world.send(conn, ++xid, opcode, request);
    events = "";
    for (;;) {
      const std::optional<Reply> reply = world.next(conn);
      REQUIRE(reply.has_value());
      if (reply->header.xid == xid) return static_cast<ErrorCode>(reply->header.err);
      see(*reply);
    }
  }
  // What it hears without having asked.
  std::string heard() {
    events = "";
    while (const std::optional<Reply> reply = world.next(conn)) see(*reply);
    return events;
  }
  void see(const Reply& reply) {
    REQUIRE(reply.header.xid == wire::kXidNotification);
    wire::WatcherEvent event;
    wire::Reader reader(reply.body);
    REQUIRE(wire::decode(reader, event));
    static const char* const kNames[] = {"", "created", "deleted", "changed", "children"};
    if (!events.empty()) events += ", ";
    events += std::string(kNames[event.type]) + " " + event.path;
    last_zxid = reply.header.zxid;
  }

  ErrorCode create(const std::string& path, std::vector<wire::Acl> acl = open_acl()) {
    return ask(Opcode::kCreate, wire::CreateRequest{path, "d", std::move(acl), 0});
  }
  ErrorCode set(const std::string& path) {
    return ask(Opcode::kSetData, wire::SetDataRequest{path, "x", -1});
  }
  ErrorCode erase(const std::string& path) {
    return ask(Opcode::kDelete, wire::DeleteRequest{path, -1});
  }
  ErrorCode add(const std::optional<std::string>& path, int32_t mode) {
    return ask(Opcode::kAddWatch, wire::AddWatchRequest{path, mode});
  }
  ErrorCode check(const std::optional<std::string>& path, int32_t type) {
    // Of the same layout, but with a path that can be null.
    return ask(Opcode::kCheckWatches, wire::AddWatchRequest{path, type});
  }
  ErrorCode remove(const std::optional<std::string>& path, int32_t type) {
    return ask(Opcode::kRemoveWatches, wire::AddWatchRequest{path, type});
  }

  CoreWorld& world;
  ConnId conn;
  int32_t xid = 0;
  std::string events;  // those before the last answer
  int64_t last_zxid = 0;
};

}  // namespace

TEST_CASE("addWatch: a persistent watch hears of the znode and its children again and again",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  REQUIRE(client.add("/a", kPersistentMode) == ErrorCode::kOk);

  client.create("/a");
  CHECK(client.events == "created /a");
  client.set("/a");
  client.set("/a");
  CHECK(client.events == "changed /a");
  client.create("/a/b");
  CHECK(client.events == "children /a");
  client.set("/a/b");
  CHECK(client.events == "");
  client.erase("/a/b");
  CHECK(client.events == "children /a");
  client.erase("/a");
  CHECK(client.events == "deleted /a");
  client.create("/a");
  CHECK(client.events == "created /a");
}

TEST_CASE("addWatch: a recursive watch hears of all below, and never of children",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  REQUIRE(client.add("/a", kRecursiveMode) == ErrorCode::kOk);

  client.create("/a");
  CHECK(client.events == "created /a");
  client.create("/a/b");
  CHECK(client.events == "created /a/b");
  client.set("/a/b");
  CHECK(client.events == "changed /a/b");
  client.erase("/a/b");
  CHECK(client.events == "deleted /a/b");
  client.create("/ab");
  CHECK(client.events == "");
}

TEST_CASE("addWatch: in both modes, one event a change, and the persistent one's for children",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  client.create("/a");
  client.add("/a", kRecursiveMode);
  client.add("/a", kPersistentMode);
  client.ask(Opcode::kGetData, wire::GetDataRequest{"/a", true});
  client.ask(Opcode::kGetChildren, wire::GetChildrenRequest{"/a", true});

  client.create("/a/b");
  CHECK(client.events == "created /a/b, children /a");
  client.set("/a");
  CHECK(client.events == "changed /a");
  CHECK(client.check("/a", kData) == ErrorCode::kNoWatcher);
  CHECK(client.check("/a", kChildren) == ErrorCode::kNoWatcher);
  CHECK(client.check("/a", kPersistentType) == ErrorCode::kOk);
  CHECK(client.check("/a", kRecursiveType) == ErrorCode::kOk);
}

TEST_CASE("addWatch: any path can be watched, even none, and that is not the root",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  for (const std::optional<std::string>& path :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>("/a/"), std::optional<std::string>("no path")}) {
    CHECK(client.check(path, kAny) == ErrorCode::kNoWatcher);
    CHECK(client.add(path, kRecursiveMode) == ErrorCode::kOk);
    CHECK(client.add(path, kPersistentMode) == ErrorCode::kOk);
  }

  client.create("/a");
  CHECK(client.events == "");
  client.set("/");
  CHECK(client.events == "");
  CHECK(client.remove(std::nullopt, kPersistentType) == ErrorCode::kOk);
  CHECK(client.check(std::nullopt, kRecursiveType) == ErrorCode::kOk);
  CHECK(client.remove("", kAny) == ErrorCode::kOk);
  CHECK(client.check("", kAny) == ErrorCode::kNoWatcher);
}

TEST_CASE("Watches: paths with malformed UTF-8 are those that a Java server would have read",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  client.add("/\xff", kPersistentMode);

  CHECK(client.check("/\xef\xbf\xbd", kAny) == ErrorCode::kOk);
  CHECK(client.check("/\xfe", kAny) == ErrorCode::kOk);
}

TEST_CASE("Watches: modes and types that do not exist, and short requests, are refused",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);

  CHECK(client.add("/a", 2) == ErrorCode::kMarshallingError);
  CHECK(client.add("/a", -1) == ErrorCode::kMarshallingError);
  CHECK(client.check("/a", 0) == ErrorCode::kMarshallingError);
  CHECK(client.remove("/a", 6) == ErrorCode::kMarshallingError);
  CHECK(client.ask(Opcode::kAddWatch, wire::SyncRequest{"/a"}) == ErrorCode::kMarshallingError);
  CHECK(client.ask(Opcode::kCheckWatches, wire::SyncRequest{"/a"}) == ErrorCode::kMarshallingError);
  CHECK(client.ask(Opcode::kRemoveWatches, wire::SyncRequest{"/a"}) ==
        ErrorCode::kMarshallingError);
  CHECK(client.remove("/a", kAny) == ErrorCode::kNoWatcher);
}

TEST_CASE("removeWatches: each type takes its own kind, any takes all, and nothing is told",
          "[core][watch]") {
  CoreWorld world;
  Client client(world), other(world);
  client.create("/a");
  const auto watch_all = [](Client& by) {
    by.ask(Opcode::kExists, wire::ExistsRequest{"/a", true});
    by.ask(Opcode::kGetChildren2, wire::GetChildren2Request{"/a", true});
    by.add("/a", kPersistentMode);
    by.add("/a", kRecursiveMode);
  };
  watch_all(client);
  watch_all(other);

  for (const int32_t type : {kChildren, kData, kPersistentType, kRecursiveType}) {
    CHECK(client.check("/a", type) == ErrorCode::kOk);
    CHECK(client.remove("/a", type) == ErrorCode::kOk);
    CHECK(client.events == "");
    CHECK(client.check("/a", type) == ErrorCode::kNoWatcher);
    CHECK(other.check("/a", type) == ErrorCode::kOk);
  }
  CHECK(client.remove("/a", kAny) == ErrorCode::kNoWatcher);
  CHECK(other.remove("/a", kAny) == ErrorCode::kOk);
  CHECK(other.check("/a", kAny) == ErrorCode::kNoWatcher);
}

TEST_CASE("Watches: an event is for those who may read the znode when it fires", "[core][watch]") {
  CoreWorld world;
  Client writer(world), watcher(world);
  const std::vector<wire::Acl> hidden = {{wire::kPermAll & ~wire::kPermRead, {"world", "anyone"}}};
  watcher.add("/", kRecursiveMode);

  writer.create("/secret", hidden);
  writer.create("/open");
  writer.ask(Opcode::kSetAcl, wire::SetAclRequest{"/open", hidden, -1});
  writer.set("/open");
  writer.erase("/open");

  CHECK(watcher.heard() == "created /open");
}

TEST_CASE("Watches: a multi that succeeds fires in its order, with one zxid", "[core][watch]") {
  CoreWorld world;
  Client client(world), watcher(world);
  watcher.add("/", kRecursiveMode);
  watcher.add("/m", kPersistentMode);

  client.ask(Opcode::kMulti,
             wire::MultiRequest{{{Opcode::kCreate, wire::CreateRequest{"/m", "", open_acl(), 0}},
                                 {Opcode::kCreate, wire::CreateRequest{"/m/n", "", open_acl(), 0}},
                                 {Opcode::kDelete, wire::DeleteRequest{"/m/n", -1}},
                                 {Opcode::kDelete, wire::DeleteRequest{"/m", -1}},
                                 {Opcode::kCreate, wire::CreateRequest{"/x", "", open_acl(), 0}},
                                 {Opcode::kSetData, wire::SetDataRequest{"/x", "y", 0}}}});

  CHECK(watcher.heard() ==
        "created /m, created /m/n, children /m, deleted /m/n, children /m, deleted /m, "
        "created /x, changed /x");
}

TEST_CASE("setWatches2: what was missed is told without a zxid, the rest is watched",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  for (const char* path : {"/changed", "/children", "/same"}) client.create(path);
  wire::SetWatches2 request;
  request.relative_zxid = world.log().back().zxid.value;
  client.set("/changed");
  client.create("/children/c");
  request.data_watches = {"/same", "/changed", "/gone"};
  request.exist_watches = {"/same", "/later"};
  request.child_watches = {"/same", "/children", "/gone"};
  request.persistent_watches = {"/changed"};
  request.persistent_recursive_watches = {"/children", "/gone"};

  CHECK(client.ask(Opcode::kSetWatches2, request) == ErrorCode::kOk);
  CHECK(client.events ==
        "changed /changed, deleted /gone, created /same, children /children, deleted /gone");
  CHECK(client.last_zxid == -1);

  client.erase("/same");
  CHECK(client.events == "deleted /same");
  client.create("/later");
  CHECK(client.events == "created /later");
  client.set("/changed");
  client.set("/changed");
  CHECK(client.events == "changed /changed");
  client.set("/children/c");
  CHECK(client.events == "changed /children/c");
  client.create("/gone");
  CHECK(client.events == "created /gone");
}

TEST_CASE("setWatches2: a null ends it with an error, and what stood before it is done",
          "[core][watch]") {
  CoreWorld world;
  Client client(world);
  const auto send = [&](int null_list) {
    std::string body(8, '\0');
    for (int list = 0; list < 5; ++list) {
      body += list == null_list ? std::string("\xff\xff\xff\xff")
                                : std::string("\0\0\0\1\0\0\0\2/l", 10);
    }
    world.frame(client.conn, wire::encoded(wire::RequestHeader{
                                 ++client.xid, static_cast<int32_t>(Opcode::kSetWatches2)}) +
                                 body);
    client.events = "";
    for (;;) {
      const std::optional<Reply> reply = world.next(client.conn);
      REQUIRE(reply.has_value());
      if (reply->header.xid == client.xid) return static_cast<ErrorCode>(reply->header.err);
      client.see(*reply);
    }
  };

  CHECK(send(0) == ErrorCode::kMarshallingError);
  CHECK(client.events == "");
  CHECK(client.check("/l", kAny) == ErrorCode::kNoWatcher);
  CHECK(send(2) == ErrorCode::kMarshallingError);
  CHECK(client.events == "deleted /l");
  CHECK(client.check("/l", kData) == ErrorCode::kOk);
  CHECK(client.check("/l", kPersistentType) == ErrorCode::kNoWatcher);
  CHECK(send(4) == ErrorCode::kMarshallingError);
  CHECK(client.events == "deleted /l, deleted /l");
  CHECK(client.check("/l", kPersistentType) == ErrorCode::kOk);
  CHECK(client.check("/l", kRecursiveType) == ErrorCode::kNoWatcher);
}

TEST_CASE("Watches: they are their connection's and do not come back with the session",
          "[core][watch]") {
  CoreWorld world;
  const ConnId first = world.open();
  const wire::ConnectResponse opened =
      world.connect(first, {0, 0, 10000, 0, std::string(16, '\0'), false});
  world.send(first, 1, Opcode::kAddWatch, wire::AddWatchRequest{"/", kRecursiveMode});
  CHECK(world.error_of(first, 1) == ErrorCode::kOk);
  const ConnId second = world.open();
  world.connect(second, {0, 0, 10000, opened.session_id, opened.passwd, false});

  world.send(second, 1, Opcode::kCreate, wire::CreateRequest{"/a", "", open_acl(), 0});

  CHECK(world.error_of(second, 1) == ErrorCode::kOk);
  CHECK_FALSE(world.next(first).has_value());
}
