#include "plugins/consensus/zab/machine/history.h"

#include <catch2/catch_test_macros.hpp>

namespace zookernel::zab {
namespace {

constexpr Zxid z(int64_t epoch, int64_t counter) {
  return Zxid{(epoch << 32) | counter};
}
LogRecord record(int64_t epoch, int64_t counter) {
  return {z(epoch, counter), SharedBytes(Bytes("txn"))};
}

}  // namespace

TEST_CASE("History: what follows on is the next of the epoch, or the first of a later one",
          "[zab][history]") {
  const History history(z(1, 3), 10);
  CHECK(history.follows(z(1, 4)));
  CHECK(history.follows(z(2, 1)));
  CHECK(history.follows(z(5, 1)));
  CHECK_FALSE(history.follows(z(1, 5)));
  CHECK_FALSE(history.follows(z(2, 2)));
  CHECK_FALSE(history.follows(z(1, 3)));
  CHECK_FALSE(history.follows(z(0, 1)));
}

TEST_CASE("History: what is committed is given out once, in order", "[zab][history]") {
  History history(z(1, 3), 10);
  for (int i = 4; i <= 6; ++i) history.append(record(1, i));
  std::vector<LogRecord> commit;

  history.commit_to(z(1, 5), commit);
  history.commit_to(z(1, 5), commit);
  REQUIRE(commit.size() == 2);
  CHECK(commit[1].zxid == z(1, 5));
  CHECK(history.committed() == z(1, 5));
  CHECK(history.last() == z(1, 6));
}

TEST_CASE("History: keeps so many committed ones, and all that are not", "[zab][history]") {
  History history(z(1, 0), 2);
  for (int i = 1; i <= 5; ++i) history.append(record(1, i));
  std::vector<LogRecord> commit;
  history.commit_to(z(1, 4), commit);

  CHECK(history.floor() == z(1, 2));
  CHECK(history.records().size() == 3);
  CHECK(history.has(z(1, 3)));
  CHECK_FALSE(history.has(z(1, 2)));
  CHECK(history.index_after(z(1, 3)) == 1);
}

TEST_CASE("History: cutting off the tail leaves the tree alone", "[zab][history]") {
  History history(z(1, 3), 10);
  history.append(record(1, 4));
  history.append(record(1, 5));

  CHECK_FALSE(history.truncate_after(z(1, 4)));
  CHECK(history.last() == z(1, 4));
  CHECK(history.committed() == z(1, 3));
  CHECK(history.follows(z(1, 5)));
}

TEST_CASE("History: cutting off what the tree has asks for another tree", "[zab][history]") {
  History history(z(1, 3), 10);
  CHECK(history.truncate_after(z(1, 2)));
  CHECK(history.last() == z(1, 2));
  CHECK(history.committed() == z(1, 2));

  History applied(z(1, 3), 10);
  applied.append(record(1, 4));
  std::vector<LogRecord> commit;
  applied.commit_to(z(1, 4), commit);
  CHECK(applied.truncate_after(z(1, 3)));
  CHECK(applied.last() == z(1, 3));
}

TEST_CASE("History: a snapshot replaces everything", "[zab][history]") {
  History history(z(1, 3), 10);
  history.append(record(1, 4));
  history.restart(z(2, 7));

  CHECK(history.last() == z(2, 7));
  CHECK(history.committed() == z(2, 7));
  CHECK(history.records().empty());
}

}  // namespace zookernel::zab
