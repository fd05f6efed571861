#include "zookernel/wire/records/txn.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::check_record;
using wire_test::check_view_truncation;
using wire_test::text;

const Acl kOpenAcl{kPermAll, {"world", "anyone"}};
constexpr const char* kOpenAclList = "00000001 0000001f <world> <anyone>";

OptBytes some(Bytes value) {
  return {value, false};
}

// A transaction of this type around this body.
std::string txn_bytes(Opcode type, const std::string& body) {
  return encoded(TxnHeader{1, 2, 3, 4, static_cast<int32_t>(type)}) + body;
}

template <typename T>
std::string written(const T& value) {
  Buffer out;
  Writer writer(out);
  write(writer, value);
  return std::string(out.view());
}

TEST_CASE("Transactions: headers, digests and every body have their bytes", "[wire][txn]") {
  const std::string acl = kOpenAclList;
  check_record(TxnHeader{0x0102030405060708, 9, 10, 11, -11},
               "0102030405060708 00000009 000000000000000a 000000000000000b fffffff5");
  check_record(TxnDigest{2, -1}, "00000002 ffffffffffffffff");
  check_record(CreateTxn{"/a", "d", {kOpenAcl}, true, 5}, "<\x2f\x61> <d> " + acl + " 01 00000005");
  check_record(CreateTxnV0{"/a", std::nullopt, {kOpenAcl}, false},
               "<\x2f\x61> ffffffff " + acl + " 00");
  check_record(CreateContainerTxn{"/a", "", {kOpenAcl}, 6},
               "<\x2f\x61> 00000000 " + acl + " 00000006");
  check_record(CreateTtlTxn{"/a", "", {}, 6, 1000},
               "<\x2f\x61> 00000000 00000000 00000006 00000000000003e8");
  check_record(DeleteTxn{"/a"}, "<\x2f\x61>");
  check_record(SetDataTxn{"/a", std::nullopt, 3}, "<\x2f\x61> ffffffff 00000003");
  check_record(SetAclTxn{"/a", {kOpenAcl}, 1}, "<\x2f\x61> " + acl + " 00000001");
  check_record(CheckVersionTxn{"/a", 1}, "<\x2f\x61> 00000001");
  check_record(CreateSessionTxn{6000}, "00001770");
  check_record(ErrorTxn{-101}, "ffffff9b");
  check_record(
      MultiTxn{{{2, bytes("<\x2f\x61>")}, {-1, bytes("ffffff9b")}, {13, std::nullopt}}},
      "00000003 00000002 00000006 <\x2f\x61> ffffffff 00000004 ffffff9b 0000000d ffffffff");
}

TEST_CASE("CloseSessionTxn: the list of paths may be missing", "[wire][txn]") {
  CloseSessionTxn txn;
  txn.paths_to_delete = std::vector<std::string>{"/e1", "/e2"};

  check_record(txn, "00000002 <\x2f\x65\x31> <\x2f\x65\x32>", 0);
  CHECK(encoded(CloseSessionTxn{}).empty());
}

TEST_CASE("Transaction views: one view serves the four kinds of create", "[wire][txn]") {
  struct Case {
    Opcode type;
    std::string body;
    bool ephemeral, container, has_ttl;
    int64_t ttl;
  };
  const Case cases[] = {
      {Opcode::kCreate, encoded(CreateTxn{"/a", "d", {kOpenAcl}, true, 5}), true, false, false, 0},
      {Opcode::kCreate2, encoded(CreateTxn{"/a", "d", {kOpenAcl}, false, 5}), false, false, false,
       0},
      {Opcode::kCreateContainer, encoded(CreateContainerTxn{"/a", "d", {kOpenAcl}, 5}), false, true,
       false, 0},
      {Opcode::kCreateTtl, encoded(CreateTtlTxn{"/a", "d", {kOpenAcl}, 5, 77}), false, false, true,
       77},
  };
  CreateTxnView view;
  for (const Case& c : cases) {
    INFO(opcode_name(c.type));
    Reader reader(c.body);

    REQUIRE(read(reader, c.type, view));
    CHECK(reader.remaining() == 0);
    CHECK(view.path == some("/a"));
    CHECK(view.data == some("d"));
    CHECK(view.acl.entries.at(0) == AclView{kPermAll, some("world"), some("anyone")});
    CHECK(view.ephemeral == c.ephemeral);
    CHECK(view.container == c.container);
    CHECK(view.has_ttl == c.has_ttl);
    CHECK(view.ttl == c.ttl);
    CHECK(view.parent_cversion == 5);
  }
  Reader reader(cases[0].body);
  CHECK_FALSE(read(reader, Opcode::kDelete, view));
}

TEST_CASE("Transaction views: a create from before 3.4 has no parent cversion", "[wire][txn]") {
  const std::string body = encoded(CreateTxnV0{"/a", "d", {kOpenAcl}, true});
  CreateTxnView view;

  Reader reader(body);
  REQUIRE(read(reader, Opcode::kCreate, view));
  CHECK(view.ephemeral);
  CHECK(view.parent_cversion == -1);
  // Only create is that old.
  Reader create2_reader(body);
  CHECK_FALSE(read(create2_reader, Opcode::kCreate2, view));
}

TEST_CASE("Transaction views: bodies fail when they are cut at any byte", "[wire][txn]") {
  check_view_truncation<TxnHeader>(encoded(TxnHeader{}));
  check_view_truncation<TxnDigest>(encoded(TxnDigest{}));
  check_view_truncation<DeleteTxnView>(encoded(DeleteTxn{"/a"}));
  check_view_truncation<SetDataTxnView>(encoded(SetDataTxn{"/a", "d", 3}));
  check_view_truncation<SetAclTxnView>(encoded(SetAclTxn{"/a", {kOpenAcl}, 3}));
  check_view_truncation<CheckVersionTxnView>(encoded(CheckVersionTxn{"/a", 3}));
  check_view_truncation<CreateSessionTxn>(encoded(CreateSessionTxn{3}));
  check_view_truncation<ErrorTxn>(encoded(ErrorTxn{3}));
  check_view_truncation<MultiTxnView>(encoded(MultiTxn{{{2, bytes("<\x2f\x61>")}}}));
}

TEST_CASE("CloseSessionTxnView: bytes that are no list of paths stay for the digest",
          "[wire][txn]") {
  CloseSessionTxnView view;
  const std::string digest = encoded(TxnDigest{2, 0x1122334455667788});

  Reader empty(Bytes{});
  REQUIRE(read(empty, view));
  CHECK_FALSE(view.has_paths);

  Reader digest_only(digest);
  REQUIRE(read(digest_only, view));
  CHECK_FALSE(view.has_paths);
  CHECK(view.paths.empty());
  CHECK(digest_only.remaining() == kTxnDigestBytes);

  const std::string both = bytes("00000001 <\x2f\x65>") + digest;
  Reader both_reader(both);
  REQUIRE(read(both_reader, view));
  CHECK(view.has_paths);
  CHECK(view.paths.at(0) == some("/e"));
  CHECK(both_reader.remaining() == kTxnDigestBytes);

  const std::string none = bytes("00000000") + digest;
  Reader none_reader(none);
  REQUIRE(read(none_reader, view));
  CHECK(view.has_paths);
  CHECK(view.paths.empty());
}

TEST_CASE("TxnView: body and digest of every type are found", "[wire][txn]") {
  const std::pair<Opcode, std::string> cases[] = {
      {Opcode::kCreate, encoded(CreateTxn{"/a", "d", {kOpenAcl}, true, 5})},
      {Opcode::kCreate2, encoded(CreateTxn{"/a", std::nullopt, {}, false, 5})},
      {Opcode::kCreateContainer, encoded(CreateContainerTxn{"/a", "d", {kOpenAcl}, 5})},
      {Opcode::kCreateTtl, encoded(CreateTtlTxn{"/a", "d", {kOpenAcl}, 5, 77})},
      {Opcode::kDelete, encoded(DeleteTxn{"/a"})},
      {Opcode::kDeleteContainer, encoded(DeleteTxn{"/a"})},
      {Opcode::kSetData, encoded(SetDataTxn{"/a", "d", 3})},
      {Opcode::kReconfig, encoded(SetDataTxn{"/zookeeper/config", "d", -1})},
      {Opcode::kSetAcl, encoded(SetAclTxn{"/a", {kOpenAcl}, 3})},
      {Opcode::kCheck, encoded(CheckVersionTxn{"/a", 3})},
      {Opcode::kCreateSession, encoded(CreateSessionTxn{3})},
      {Opcode::kCloseSession, encoded(CloseSessionTxn{std::vector<std::string>{"/e"}})},
      {Opcode::kCloseSession, encoded(CloseSessionTxn{})},
      {Opcode::kMulti, encoded(MultiTxn{{{2, bytes("<\x2f\x61>")}}})},
      {Opcode::kError, encoded(ErrorTxn{-101})},
  };
  const TxnDigest digest{2, 0x1122334455667788};
  for (const auto& [type, body] : cases) {
    INFO(opcode_name(type));
    const std::string plain = txn_bytes(type, body);
    Reader plain_reader(plain);
    TxnView view;
    REQUIRE(read(plain_reader, view));
    CHECK(view.header == TxnHeader{1, 2, 3, 4, static_cast<int32_t>(type)});
    CHECK(text(view.body) == text(body));
    CHECK_FALSE(view.has_digest);
    CHECK(plain_reader.remaining() == 0);

    const std::string with_digest = plain + encoded(digest);
    Reader digest_reader(with_digest);
    REQUIRE(read(digest_reader, view));
    CHECK(text(view.body) == text(body));
    CHECK(view.has_digest);
    CHECK(view.digest == digest);
    CHECK(digest_reader.remaining() == 0);
  }
}

TEST_CASE("TxnView: an unknown type and a cut body fail", "[wire][txn]") {
  TxnView view;
  for (int32_t type : {0, 3, 4, 9, 11, 22, 100, -2, 1 << 20}) {
    INFO(type);
    const std::string in =
        txn_bytes(static_cast<Opcode>(type), bytes("<\x2f\x61> 00000000 00000000"));
    Reader reader(in);
    CHECK_FALSE(read(reader, view));
  }
  const std::string whole = txn_bytes(Opcode::kSetData, encoded(SetDataTxn{"/a", "d", 3}));
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string prefix = whole.substr(0, size);
    Reader reader(prefix);
    CHECK_FALSE(read(reader, view));
  }
}

TEST_CASE("TxnView: fewer bytes than a digest after the body are ignored", "[wire][txn]") {
  const std::string in =
      txn_bytes(Opcode::kDelete, encoded(DeleteTxn{"/a"}) + std::string(11, 'x'));
  Reader reader(in);
  TxnView view;

  REQUIRE(read(reader, view));
  CHECK_FALSE(view.has_digest);
}

TEST_CASE("MultiTxnView: parts keep type, body and null", "[wire][txn]") {
  const std::string in = encoded(
      MultiTxn{{{1, encoded(CreateTxn{"/a", "d", {kOpenAcl}, false, 1})}, {13, std::nullopt}}});
  Reader reader(in);
  MultiTxnView view;

  REQUIRE(read(reader, view));
  REQUIRE(view.parts.size() == 2);
  CHECK(view.parts[0].type == 1);
  Reader part(view.parts[0].body.bytes);
  CreateTxnView create;
  CHECK(read(part, Opcode::kCreate, create));
  CHECK(create.path == some("/a"));
  CHECK(view.parts[1].body.null);
}

TEST_CASE("Transactions: the fast writers write what the records do", "[wire][txn]") {
  const TxnHeader header{-1, -2, 3ll << 33, 4, -10};
  CHECK(text(written(header)) == text(encoded(header)));
  CHECK(written(header).size() == kTxnHeaderBytes);
  CHECK(text(written(TxnDigest{2, -5})) == text(encoded(TxnDigest{2, -5})));
}

}  // namespace
}  // namespace zookernel::wire
