#include "zookernel/proto/txn_codec.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/random_txns.h"

using namespace zookernel;
using test::Body;
using wire::Opcode;

namespace {

// Through the message and its bytes, and back.
std::string there_and_back(const std::string& record, txn::Transaction& message) {
  Buffer scratch;
  REQUIRE(txn::from_record(record, message, scratch).ok());
  txn::Transaction read;
  REQUIRE(read.ParseFromString(message.SerializeAsString()));
  Buffer out;
  REQUIRE(txn::to_record(read, out).ok());
  return std::string(out.view());
}

std::string with_digest(const Body& body, int64_t zxid = 7) {
  return test::record({zxid, 1'700'000'000'000, -77}, body, 0xfedcba9876543210);
}

}  // namespace

TEST_CASE("txn codec: transactions of every type are typed messages and come back byte for byte",
          "[proto]") {
  test::RandomTxns txns(GENERATE(1, 2, 3));
  txn::Transaction message;
  for (int i = 0; i < 2000; ++i) {
    const std::string record = txns.next();
    REQUIRE(there_and_back(record, message) == record);
    REQUIRE(message.body_case() != txn::Transaction::kOpaque);
    REQUIRE(message.zxid() == txns.zxid());
    for (const txn::Operation& part : message.multi().operations())
      REQUIRE(part.body_case() != txn::Operation::kOpaque);
  }
}

TEST_CASE("txn codec: null data stays null and empty data stays empty", "[proto]") {
  txn::Transaction message;
  const std::string null = with_digest(test::set_data("/a", std::nullopt, 3));
  CHECK(there_and_back(null, message) == null);
  CHECK_FALSE(message.set_data().has_data());
  const std::string empty = with_digest(test::set_data("/a", "", 3));
  CHECK(there_and_back(empty, message) == empty);
  CHECK(message.set_data().has_data());
  CHECK(message.session_id() == -77);
  CHECK(static_cast<uint64_t>(message.digest().tree_digest()) == 0xfedcba9876543210);
}

TEST_CASE("txn codec: a create of a log before 3.4 is typed, without the parent's cversion",
          "[proto]") {
  const Body body{Opcode::kCreate,
                  wire::encoded(wire::CreateTxnV0{"/a", "data", test::world_acl(), true})};
  txn::Transaction message;
  const std::string record = test::record({9, 1, 2}, body);
  CHECK(there_and_back(record, message) == record);
  REQUIRE(message.has_create());
  CHECK_FALSE(message.create().has_parent_cversion());
  CHECK(message.create().ephemeral());
}

TEST_CASE("txn codec: what no typed message can say is kept as it is", "[proto]") {
  txn::Transaction message;
  const std::string records[] = {
      with_digest(
          test::set_data("/\xed\xa0\xbd\xed\xb8\x80", "x", 1)),  // a character as Java writes it
      with_digest(test::erase("/\xff")),
      with_digest(test::erase("/a")) + "more",
      with_digest({static_cast<Opcode>(4711), "who knows"}),
      with_digest({Opcode::kMulti, std::string("\xff\xff\xff\xff", 4)}),
      with_digest({Opcode::kSetData, ""}),
      with_digest({Opcode::kCreate, "\1"}),
  };
  for (const std::string& record : records) {
    CHECK(there_and_back(record, message) == record);
    CHECK(message.body_case() == txn::Transaction::kOpaque);
  }
}

TEST_CASE("txn codec: one strange operation of a multi leaves the others typed", "[proto]") {
  const std::string record = with_digest(
      test::multi({test::erase("/a"), {Opcode::kSetData, "odd"}, test::check("/b", 4)}));
  txn::Transaction message;

  CHECK(there_and_back(record, message) == record);

  REQUIRE(message.multi().operations_size() == 3);
  CHECK(message.multi().operations(0).has_delete_());
  CHECK(message.multi().operations(1).opaque() == "odd");
  CHECK(message.multi().operations(2).check_version().version() == 4);
  CHECK(txn::paths_of(message) == "/a\n/b");
}

TEST_CASE("txn codec: any bytes behind a header come back, and fewer than a header are refused",
          "[proto]") {
  std::mt19937_64 random(5);
  txn::Transaction message;
  Buffer scratch;
  for (int i = 0; i < 20000; ++i) {
    // A good record with a few bytes changed, cut or added.
    std::string record =
        with_digest(i % 2 == 0 ? test::create("/some/path", "data")
                               : test::multi({test::create("/p"), test::set_data("/q", "r", 1)}));
    for (int flips = static_cast<int>(random() % 4); flips >= 0; --flips)
      record[28 + random() % (record.size() - 28)] =
          static_cast<char>(random() % 8 == 0 ? random() : 0);
    record.resize(32 + random() % (record.size() - 28));
    REQUIRE(there_and_back(record, message) == record);
  }
  CHECK_FALSE(txn::from_record(std::string(31, 'x'), message, scratch).ok());
  CHECK_FALSE(txn::to_record(txn::Transaction(), scratch).ok());
}
