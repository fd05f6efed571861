#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::check_record;
using wire_test::text;

const Acl kOpenAcl{kPermAll, {"world", "anyone"}};
constexpr const char* kOpenAclText = "0000001f <world> <anyone>";
constexpr const char* kStatText =
    "0000000000000001 0000000000000002 0000000000000003 0000000000000004 00000005 ffffffff "
    "00000007 "
    "0000000000000008 00000009 0000000a 000000000000000b";
const Stat kStat{1, 2, 3, 4, 5, -1, 7, 8, 9, 10, 11};

std::string with_stat(const std::string& before) {
  return before + " " + kStatText;
}

TEST_CASE("ConnectRequest: the recorded handshake of a modern client", "[wire][client]") {
  ConnectRequest request;
  request.timeout = 6000;
  request.passwd = std::string(16, '\0');
  request.read_only = false;

  // 44 bytes are whole too: an old client ends there.
  check_record(request,
               "00000000 0000000000000000 00001770 0000000000000000 00000010"
               "00000000000000000000000000000000 00",
               44);
}

TEST_CASE("ConnectRequest: an old client leaves the last byte out", "[wire][client]") {
  const std::string in = bytes(
      "00000000 0000000000000000 00001770 0000000000000000 00000010 "
      "00000000000000000000000000000000");
  Reader reader(in);
  ConnectRequest request;

  REQUIRE(decode(reader, request));
  CHECK_FALSE(request.read_only.has_value());
  CHECK(text(encoded(request)) == text(in));
}

TEST_CASE("ConnectResponse: 37 bytes with the last one, 36 without", "[wire][client]") {
  ConnectResponse response;
  response.timeout = 6000;
  response.session_id = 0x0102030405060708;
  response.passwd = "0123456789abcdef";
  const std::string old_text = "00000000 00001770 0102030405060708 <0123456789abcdef>";

  // What follows 36 bytes would be the last one.
  check_record(response, old_text, 36);
  response.read_only = true;
  check_record(response, old_text + " 01", 36);
}

TEST_CASE("Client records: headers and common pieces have their bytes", "[wire][client]") {
  check_record(Id{"ip", "127.0.0.1"}, "<ip> <127.0.0.1>");
  check_record(kOpenAcl, kOpenAclText);
  check_record(kStat, kStatText);
  check_record(RequestHeader{1, 4}, "00000001 00000004");
  check_record(ReplyHeader{-1, -1, -101}, "ffffffff ffffffffffffffff ffffff9b");
  check_record(MultiHeader{-1, true, -1}, "ffffffff 01 ffffffff");
  check_record(ErrorResponse{-2}, "fffffffe");
  check_record(ClientInfo{"ip", "127.0.0.1"}, "<ip> <127.0.0.1>");
  check_record(WatcherEvent{1, 3, "/vc_sw2"}, "00000001 00000003 <\x2fvc_sw2>");
  CHECK(encoded(Stat{}).size() == kStatBytes);
}

TEST_CASE("Client records: the create family", "[wire][client]") {
  const std::string open = std::string("00000001 ") + kOpenAclText;
  check_record(CreateRequest{"/vc_nd", std::nullopt, {kOpenAcl}, 0},
               "<\x2fvc_nd> ffffffff " + open + " 00000000");
  check_record(CreateRequest{"/vc_m", "", {}, 3}, "<\x2fvc_m> 00000000 00000000 00000003");
  check_record(CreateTtlRequest{"/t", "x", {kOpenAcl}, 5, 0xffffffffff},
               "<\x2ft> <x> " + open + " 00000005 000000ffffffffff");
  check_record(CreateResponse{"/vc_nd"}, "<\x2fvc_nd>");
  check_record(Create2Response{"/a", kStat}, with_stat("<\x2f\x61>"));
}

TEST_CASE("Client records: requests with a path and their replies", "[wire][client]") {
  check_record(DeleteRequest{"/vc_m", -1}, "<\x2fvc_m> ffffffff");
  check_record(DeleteContainerRequest{"/c"}, "<\x2f\x63>");
  check_record(ExistsRequest{"/", true}, "<\x2f> 01");
  check_record(ExistsResponse{kStat}, kStatText);
  check_record(GetDataRequest{"/vc_nd", false}, "<\x2fvc_nd> 00");
  check_record(GetDataResponse{std::nullopt, kStat}, with_stat("ffffffff"));
  check_record(GetDataResponse{"", kStat}, with_stat("00000000"));
  check_record(SetDataRequest{"/vc_nd", "", -1}, "<\x2fvc_nd> 00000000 ffffffff");
  check_record(SetDataResponse{kStat}, kStatText);
  check_record(GetAclRequest{"/vc_ad"}, "<\x2fvc_ad>");
  check_record(GetAclResponse{{kOpenAcl, {16, {"digest", "bob:x"}}}, kStat},
               with_stat(std::string("00000002 ") + kOpenAclText + " 00000010 <digest> <bob:x>"));
  check_record(SetAclRequest{"/a", {kOpenAcl}, 2},
               std::string("<\x2f\x61> 00000001 ") + kOpenAclText + " 00000002");
  check_record(SetAclResponse{kStat}, kStatText);
  check_record(GetChildrenRequest{"/a", true}, "<\x2f\x61> 01");
  check_record(GetChildrenResponse{{"x", ""}}, "00000002 <x> 00000000");
  check_record(GetChildren2Request{"/a", false}, "<\x2f\x61> 00");
  check_record(GetChildren2Response{{"x"}, kStat}, with_stat("00000001 <x>"));
  check_record(CheckVersionRequest{"/a", 4}, "<\x2f\x61> 00000004");
  check_record(SyncRequest{"/x"}, "<\x2fx>");
  check_record(SyncResponse{std::nullopt}, "ffffffff");
}

TEST_CASE("Client records: watches", "[wire][client]") {
  check_record(CheckWatchesRequest{"/vc_sw2", 2}, "<\x2fvc_sw2> 00000002");
  check_record(RemoveWatchesRequest{"/vc_sw", 3}, "<\x2fvc_sw> 00000003");
  check_record(AddWatchRequest{"/a", 1}, "<\x2f\x61> 00000001");
  check_record(AddWatchRequest{std::nullopt, 0}, "ffffffff 00000000");
  check_record(
      SetWatches{7, {"/vc_sw", "/vc_sw2"}, {}, {"/vc_gone"}},
      "0000000000000007 00000002 <\x2fvc_sw> <\x2fvc_sw2> 00000000 00000001 <\x2fvc_gone>");
  // As recorded.
  check_record(SetWatches2{0, {}, {}, {}, {"/vc_s2p"}, {"/vc_s2r"}},
               "0000000000000000 00000000 00000000 00000000 00000001 000000072f76635f733270"
               "00000001 000000072f76635f733272");
}

TEST_CASE("Client records: authentication, sessions and the rest", "[wire][client]") {
  check_record(AuthPacket{0, "digest", "bob:secret"}, "00000000 <digest> <bob:secret>");
  check_record(AuthPacket{1, "ip", std::nullopt}, "00000001 <ip> ffffffff");
  check_record(GetSaslRequest{""}, "00000000");
  check_record(SetSaslResponse{std::nullopt}, "ffffffff");
  check_record(GetEphemeralsRequest{std::nullopt}, "ffffffff");
  check_record(GetEphemeralsResponse{{"/e"}}, "00000001 <\x2f\x65>");
  check_record(GetAllChildrenNumberRequest{"/"}, "<\x2f>");
  check_record(GetAllChildrenNumberResponse{3}, "00000003");
  check_record(ReconfigRequest{"server.4=x", std::nullopt, std::nullopt, -1},
               "<server.4=x> ffffffff ffffffff ffffffffffffffff");
  check_record(CreateSessionRequest{4000}, "00000fa0");
  // As recorded.
  check_record(WhoAmIResponse{{{"ip", "127.0.0.1"}}},
               "00000001 000000026970 000000093132372e302e302e31");
}

TEST_CASE("Client records: null where nothing may be null fails", "[wire][client]") {
  const std::string null_path = bytes("ffffffff 00");
  Reader path_reader(null_path);
  ExistsRequest exists;
  CHECK_FALSE(decode(path_reader, exists));
  CHECK(std::string(path_reader.error()) == "null where a string is needed");

  const std::string null_vector = bytes("ffffffff");
  Reader vector_reader(null_vector);
  GetChildrenResponse children;
  CHECK_FALSE(decode(vector_reader, children));
  CHECK(std::string(vector_reader.error()) == "null where a vector is needed");
}

TEST_CASE("Client records: a hostile count does not reserve memory", "[wire][client]") {
  const std::string in = bytes("<\x2f\x61> 7fffffff 0000001f <world> <anyone> 00000000");
  Reader reader(in);
  SetAclRequest request;

  CHECK_FALSE(decode(reader, request));
  CHECK(request.acl.capacity() == 0);
}

}  // namespace
}  // namespace zookernel::wire
