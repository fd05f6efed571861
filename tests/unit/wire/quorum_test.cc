#include "zookernel/wire/records/quorum.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::check_record;
using wire_test::check_view_truncation;
using wire_test::text;

TEST_CASE("QuorumPacket: an empty one takes 20 bytes", "[wire][quorum]") {
  check_record(QuorumPacket{5, 0x100000002, std::nullopt, std::nullopt},
               "00000005 0000000100000002 ffffffff ffffffff");
}

TEST_CASE("Quorum records have their bytes", "[wire][quorum]") {
  check_record(QuorumPacket{1, -1, "xy", std::vector<Id>{{"ip", "127.0.0.1"}}},
               "00000001 ffffffffffffffff <xy> 00000001 <ip> <127.0.0.1>");
  check_record(LeaderInfo{}, "00010000");
  check_record(AckEpochInfo{-1}, "ffffffff");
  check_record(DesignatedLeader{3}, "0000000000000003");
  check_record(SessionTouch{0x100000000000001, 6000}, "0100000000000001 00001770");
  check_record(RevalidateAnswer{1, true}, "0000000000000001 01");
  check_record(ForwardedRequest{1, 2, -10}, "0000000000000001 00000002 fffffff6");
  check_record(QuorumAuthPacket{kQuorumAuthMagic, 1, "t"}, "5f2435013501edcc 00000001 <t>");
}

TEST_CASE("LearnerInfo: as much as is there is read", "[wire][quorum]") {
  const std::string whole = bytes("0000000000000002 00010000 0000000000000007");
  CHECK(read_learner_info(whole) == LearnerInfo{2, 0x10000, 7});
  CHECK(read_learner_info(Bytes(whole).substr(0, 19)) == LearnerInfo{2, 0x10000, {}});
  CHECK(read_learner_info(Bytes(whole).substr(0, 12)) == LearnerInfo{2, 0x10000, {}});
  CHECK(read_learner_info(Bytes(whole).substr(0, 8)) == LearnerInfo{2, {}, {}});
  CHECK(read_learner_info(Bytes(whole).substr(0, 7)) == LearnerInfo{});
  CHECK(read_learner_info({}) == LearnerInfo{});
  CHECK(text(encoded(LearnerInfo{2, 0x10000, 7})) == text(whole));
  CHECK(encoded(LearnerInfo{2, 0x10000, {}}).size() == 12);
}

TEST_CASE("QuorumPacketView: reads what the record writes", "[wire][quorum]") {
  const std::string in =
      encoded(QuorumPacket{1, -1, "xy", std::vector<Id>{{"ip", "::1"}, {"a", ""}}});
  Reader reader(in);
  QuorumPacketView view;

  REQUIRE(read(reader, view));
  CHECK(view.type == 1);
  CHECK(view.zxid == -1);
  CHECK(view.data == OptBytes{"xy", false});
  CHECK_FALSE(view.authinfo_null);
  REQUIRE(view.authinfo.size() == 2);
  CHECK(view.authinfo[0] == IdView{{"ip", false}, {"::1", false}});
  check_view_truncation<QuorumPacketView>(in);
}

TEST_CASE("write_quorum_packet: writes what the record does", "[wire][quorum]") {
  for (const OptBytes& data : {OptBytes{{}, true}, OptBytes{{}, false}, OptBytes{"data", false}}) {
    Buffer out;
    Writer writer(out);
    write_quorum_packet(writer, PacketType::kProposal, 7, data);

    QuorumPacket packet{2, 7, std::nullopt, std::nullopt};
    if (!data.null) packet.data = std::string(data.bytes);
    CHECK(text(out.view()) == text(encoded(packet)));
  }
}

// --- Election
// --------------------------------------------------------------------------------------

const Notification kVote{2, 3, 0x100000005, 4, 1, 2, "server.1=a:1:2:participant\nversion=0"};

std::string message_of(const Notification& notification) {
  Buffer out;
  Writer writer(out);
  write_notification(writer, notification);
  return std::string(out.view().substr(4));
}

TEST_CASE("Notification: its bytes", "[wire][election]") {
  Buffer out;
  Writer writer(out);
  write_notification(writer, Notification{0, 1, 2, 3, 4, 2, "c"});

  CHECK(text(out.view()) == text(bytes("0000002d 00000000 0000000000000001 0000000000000002 "
                                       "0000000000000003 0000000000000004 00000002 <c>")));
}

TEST_CASE("Notification: what was written reads back", "[wire][election]") {
  Notification read_back;
  REQUIRE(read_notification(message_of(kVote), read_back, nullptr));
  CHECK(read_back == kVote);

  Notification no_config = kVote;
  no_config.config.clear();
  REQUIRE(read_notification(message_of(no_config), read_back, nullptr));
  CHECK(read_back == no_config);
}

TEST_CASE("Notification: the length tells the release", "[wire][election]") {
  const std::string whole = message_of(kVote);
  Notification read_back;

  REQUIRE(read_notification(whole.substr(0, 28), read_back, nullptr));
  CHECK(read_back == Notification{2, 3, 0x100000005, 4, 1, 0, ""});
  // 3.4 says version 1 here; it counts as 0.
  REQUIRE(read_notification(whole.substr(0, 36) + bytes("00000001"), read_back, nullptr));
  CHECK(read_back == Notification{2, 3, 0x100000005, 4, 1, 0, ""});
}

TEST_CASE("Notification: what Apache skips is refused", "[wire][election]") {
  const std::string whole = message_of(kVote);
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == 28 || size == 40) continue;
    INFO(size);
    const std::string prefix = whole.substr(0, size);
    Notification unused;
    const char* why = nullptr;
    CHECK_FALSE(read_notification(prefix, unused, &why));
    CHECK(why != nullptr);
  }
  Notification unused;
  CHECK_FALSE(read_notification(whole.substr(0, 40) + bytes("ffffffff") + "text", unused, nullptr));
  Notification unknown_state = kVote;
  unknown_state.state = 4;
  CHECK_FALSE(read_notification(message_of(unknown_state), unused, nullptr));
  unknown_state.state = -1;
  CHECK_FALSE(read_notification(message_of(unknown_state), unused, nullptr));
}

TEST_CASE("ElectionHello: its bytes in the three forms", "[wire][election]") {
  auto written = [](const ElectionHello& hello) {
    Buffer out;
    Writer writer(out);
    write_hello(writer, hello);
    return text(out.view());
  };
  CHECK(written({kElectionProtocolV1, 1, "127.0.0.1:22321"}) ==
        text(bytes("ffffffffffff0000 0000000000000001 <127.0.0.1:22321>")));
  CHECK(written({kElectionProtocolV2, 1, "a:1|b:2"}) ==
        text(bytes("ffffffffffff0001 0000000000000001 <a:1|b:2>")));
  CHECK(written({0, 5, ""}) == "0000000000000005");
}

}  // namespace
}  // namespace zookernel::wire
