#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/bytes_text.h"
#include "zookernel/wire/frame.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using Kind = QuorumFrame::Kind;

constexpr uint32_t kMaxField = 2 * 0xfffff;

TEST_CASE("Quorum packet: it is found without a length, byte by byte", "[wire][peer]") {
  const std::string in = encoded(QuorumPacket{1, -1, "xy", std::vector<Id>{{"ip", "127.0.0.1"}}});
  QuorumPacketView packet;
  for (size_t size = 0; size < in.size(); ++size) {
    INFO(size);
    const std::string prefix = in.substr(0, size);
    const QuorumFrame frame = next_quorum_packet(prefix, kMaxField, packet);
    CHECK(frame.kind == Kind::kNeedMore);
    CHECK(frame.consumed == 0);
    CHECK(frame.wanted > size);
    CHECK(frame.wanted <= in.size());
  }
  const QuorumFrame frame = next_quorum_packet(in + "next", kMaxField, packet);
  CHECK(frame.kind == Kind::kPacket);
  CHECK(frame.consumed == in.size());
}

TEST_CASE("Quorum packet: how much data is wanted is known from its length on", "[wire][peer]") {
  QuorumPacketView packet;
  const QuorumFrame frame =
      next_quorum_packet(bytes("00000002 0000000100000002 00001000"), kMaxField, packet);
  CHECK(frame.wanted == 16 + 4096);
}

TEST_CASE("Quorum packet: bad lengths are bad at once", "[wire][peer]") {
  QuorumPacketView packet;
  auto kind = [&packet](std::string_view in, uint32_t max_field) {
    return next_quorum_packet(bytes(in), max_field, packet).kind;
  };
  CHECK(kind("00000002 0000000100000002 fffffffe", kMaxField) == Kind::kBad);
  CHECK(kind("00000002 0000000100000002 00000005", 4) == Kind::kBad);
  CHECK(kind("00000002 0000000100000002 00000004", 4) == Kind::kNeedMore);
  CHECK(kind("00000002 0000000100000002 ffffffff 00010001", kMaxField) == Kind::kBad);
  CHECK(kind("00000002 0000000100000002 ffffffff 00010000", kMaxField) == Kind::kNeedMore);
  CHECK(kind("00000002 0000000100000002 ffffffff 00000001 80000000", kMaxField) == Kind::kBad);
  // Other negative counts are empty vectors, as everywhere.
  CHECK(kind("00000002 0000000100000002 ffffffff fffffff0", kMaxField) == Kind::kPacket);
}

TEST_CASE("Quorum packet: many small ids do not grow a packet without end", "[wire][peer]") {
  std::string in = bytes("00000001 ffffffffffffffff ffffffff 00010000");
  QuorumPacketView packet;
  const std::string id = bytes("<ip> <127.0.0.1>");
  while (in.size() < 2 * 100 + 64 * 1024) in += id;

  const QuorumFrame frame = next_quorum_packet(in, 100, packet);
  CHECK(frame.kind == Kind::kBad);
  CHECK(std::string(frame.problem) == "packet above the limit");
}

TEST_CASE("Quorum SASL: a packet is found and told from others", "[wire][peer]") {
  const std::string in = encoded(QuorumAuthPacket{kQuorumAuthMagic, 1, "token"});
  for (size_t size = 0; size < in.size(); ++size) {
    INFO(size);
    const QuorumAuthFrame frame = next_quorum_auth(in.substr(0, size), 100);
    CHECK(frame.kind == Kind::kNeedMore);
    CHECK(frame.wanted > size);
  }
  const QuorumAuthFrame frame = next_quorum_auth(in, 100);
  REQUIRE(frame.kind == Kind::kPacket);
  CHECK(frame.status == 1);
  CHECK(frame.token.bytes == "token");
  CHECK(frame.consumed == in.size());
  CHECK(next_quorum_auth(in, 4).kind == Kind::kBad);
  CHECK(next_quorum_auth(bytes("0000000b"), 100).kind == Kind::kBad);

  CHECK(probe_quorum_auth({}) == AuthProbe::kNeedMore);
  CHECK(probe_quorum_auth(bytes("5f243501350100")) == AuthProbe::kPlain);
  CHECK(probe_quorum_auth(bytes("5f2435013501ed")) == AuthProbe::kNeedMore);
  CHECK(probe_quorum_auth(bytes("5f2435013501edcc")) == AuthProbe::kAuth);
  CHECK(probe_quorum_auth(bytes("0000000b")) == AuthProbe::kPlain);
}

TEST_CASE("Election: the first message of each release", "[wire][peer]") {
  using LengthKind = LengthFrame::Kind;
  const std::string v1 = bytes("ffffffffffff0000 0000000000000001 <127.0.0.1:22321>");
  for (size_t size = 0; size < v1.size(); ++size) {
    INFO(size);
    const HelloFrame part = next_hello(v1.substr(0, size));
    CHECK(part.kind == LengthKind::kNeedMore);
    CHECK(part.wanted == (size < 8 ? 8 : size < 20 ? 20 : v1.size()));
  }
  const std::string in = v1 + "more";
  const HelloFrame frame = next_hello(in);
  REQUIRE(frame.kind == LengthKind::kFrame);
  CHECK(frame.protocol == kElectionProtocolV1);
  CHECK(frame.server_id == 1);
  CHECK(frame.addresses == "127.0.0.1:22321");
  CHECK(frame.consumed == v1.size());

  const HelloFrame old = next_hello(bytes("0000000000000005 0000"));
  CHECK(old.kind == LengthKind::kFrame);
  CHECK(old.protocol == 0);
  CHECK(old.server_id == 5);
  CHECK(old.consumed == 8);
}

TEST_CASE("Election: a first message that nobody sends is bad", "[wire][peer]") {
  for (const char* in :
       {"ffffffffffffffff", "ffffffffffff0002", "8000000000000000",
        "ffffffffffff0000 0000000000000001 00000000", "ffffffffffff0000 0000000000000001 00000801",
        "ffffffffffff0001 0000000000000001 ffffffff"}) {
    INFO(in);
    CHECK(next_hello(bytes(in)).kind == LengthFrame::Kind::kBad);
  }
}

TEST_CASE("Election: messages have a length of 1 to 524288", "[wire][peer]") {
  using LengthKind = LengthFrame::Kind;
  CHECK(next_election_frame(bytes("00000000")).kind == LengthKind::kBad);
  CHECK(next_election_frame(bytes("00000001")).kind == LengthKind::kNeedMore);
  CHECK(next_election_frame(bytes("00080000")).kind == LengthKind::kNeedMore);
  CHECK(next_election_frame(bytes("00080001")).kind == LengthKind::kBad);
  CHECK(next_election_frame(bytes("ffffffff")).kind == LengthKind::kBad);
}

}  // namespace
}  // namespace zookernel::wire
