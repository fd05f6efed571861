#include "kernel/core/persist_queue.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel;
using core::PersistQueue;
using core::PersistRound;

namespace {

Persist appending(uint64_t ticket, int64_t first, int count) {
  Persist persist;
  persist.ticket = ticket;
  for (int i = 0; i < count; ++i)
    persist.append.push_back({Zxid{first + i}, SharedBytes(Bytes("0123456789"))});
  return persist;
}

}  // namespace

TEST_CASE("PersistQueue: what waits is appended together and released by the last ticket",
          "[core][persist_queue]") {
  PersistQueue queue;
  queue.push(appending(1, 1, 2));
  Persist with_packet = appending(2, 3, 1);
  with_packet.then.push_back({ConnId{9}, Buffer()});
  queue.push(std::move(with_packet));
  CHECK(queue.records() == 3);
  CHECK(queue.bytes() == 30);

  const PersistRound round = queue.take(1000);

  CHECK(round.append.size() == 3);
  CHECK(round.append[2].zxid == Zxid{3});
  CHECK(round.then.size() == 1);
  CHECK(round.ticket == 2);
  CHECK(round.needs_sync());
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.records() == 0);
}

TEST_CASE(
    "PersistQueue: a round has at most the records that are allowed, but at least one Persist",
    "[core][persist_queue]") {
  PersistQueue queue;
  queue.push(appending(1, 1, 5));
  queue.push(appending(2, 6, 2));
  queue.push(appending(3, 8, 2));

  CHECK(queue.take(3).append.size() == 5);
  CHECK(queue.take(3).ticket == 2);
  CHECK(queue.take(3).ticket == 3);
}

TEST_CASE("PersistQueue: a truncation begins a round", "[core][persist_queue]") {
  PersistQueue queue;
  queue.push(appending(1, 5, 1));
  Persist cut = appending(2, 3, 1);
  cut.truncate_after = Zxid{2};
  queue.push(std::move(cut));
  queue.push(appending(3, 4, 1));

  CHECK(!queue.take(1000).truncate_after);
  const PersistRound second = queue.take(1000);
  CHECK(second.truncate_after == Zxid{2});
  CHECK(second.append.size() == 2);
  CHECK(second.ticket == 3);
}

TEST_CASE("PersistQueue: a snapshot is not written after records that came before it",
          "[core][persist_queue]") {
  PersistQueue queue;
  queue.push(appending(1, 1, 1));
  Persist snapshot;
  snapshot.snapshot = true;
  snapshot.ticket = 2;
  queue.push(std::move(snapshot));

  CHECK(!queue.take(1000).snapshot);
  CHECK(queue.take(1000).snapshot);
}

TEST_CASE("PersistQueue: epochs and a snapshot end a round", "[core][persist_queue]") {
  PersistQueue queue;
  Persist epochs = appending(1, 1, 1);
  epochs.epochs = Epochs{4, 3};
  queue.push(std::move(epochs));
  Persist snapshot;
  snapshot.snapshot = true;
  snapshot.ticket = 2;
  queue.push(std::move(snapshot));
  queue.push(appending(3, 2, 1));

  const PersistRound first = queue.take(1000);
  CHECK(first.epochs->accepted == 4);
  CHECK(first.ticket == 1);
  const PersistRound second = queue.take(1000);
  CHECK(second.snapshot);
  CHECK(!second.needs_sync());
  CHECK(queue.take(1000).ticket == 3);
}
