#include "kernel/shell/inbox.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

using namespace zookernel;
using namespace zookernel::shell;

namespace {

ArrivedFrame frame(uint64_t conn, size_t size) {
  ArrivedFrame arrived{ConnId{conn}, Buffer(size)};
  arrived.payload.extend(size);
  return arrived;
}

struct Drained {
  std::vector<OwnMessage> own;
  std::vector<ClientMessage> clients;
};

Drained drain(Inbox& inbox, size_t clients_max) {
  Drained drained;
  inbox.drain(drained.own, drained.clients, clients_max);
  return drained;
}

}  // namespace

TEST_CASE("Inbox: messages come out in order, own ones first and always", "[shell][inbox]") {
  int woken = 0;
  Inbox inbox([&woken] { ++woken; });
  inbox.post_client(ArrivedOpen{ConnId{1}, {}});
  inbox.post_client(frame(1, 3));
  inbox.post(RoundDurable{7, {}});
  inbox.post_client(ArrivedClose{ConnId{1}});

  const Drained first = drain(inbox, 2);
  CHECK(woken == 4);
  REQUIRE(first.own.size() == 1);
  CHECK(std::get<RoundDurable>(first.own[0]).ticket == 7);
  REQUIRE(first.clients.size() == 2);
  CHECK(std::holds_alternative<ArrivedOpen>(first.clients[0]));
  CHECK(std::holds_alternative<ArrivedFrame>(first.clients[1]));
  CHECK(inbox.has_clients());

  const Drained second = drain(inbox, 2);
  REQUIRE(second.clients.size() == 1);
  CHECK(std::holds_alternative<ArrivedClose>(second.clients[0]));
  CHECK(!inbox.has_clients());
}

TEST_CASE("Inbox: clients' writers wait at the limit of bytes until there is room",
          "[shell][inbox]") {
  Inbox inbox([] {});
  inbox.post_client(frame(1, Inbox::kClientBytesMax));
  bool posted = false;
  std::thread writer([&] {
    inbox.post_client(frame(2, 10));
    posted = true;
  });
  inbox.post(SnapshotDue{});  // own messages never wait

  std::vector<ClientMessage> seen;
  while (seen.size() < 2) {
    Drained drained = drain(inbox, 100);
    for (ClientMessage& each : drained.clients) seen.push_back(std::move(each));
  }
  writer.join();

  CHECK(posted);
  CHECK(std::get<ArrivedFrame>(seen[1]).conn.value == 2);
}

TEST_CASE("Inbox: shutting it lets waiting writers go and drops what they bring",
          "[shell][inbox]") {
  Inbox inbox([] {});
  inbox.post_client(frame(1, Inbox::kClientBytesMax));
  std::thread writer([&] { inbox.post_client(frame(2, 10)); });

  inbox.shut();
  writer.join();

  CHECK(drain(inbox, 100).clients.size() == 1);
}
