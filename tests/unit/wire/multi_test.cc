#include "zookernel/wire/records/multi.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/record_check.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using wire_test::check_record;

const Acl kOpenAcl{kPermAll, {"world", "anyone"}};

TEST_CASE("MultiRequest: check, create, setData and delete as recorded", "[wire][multi]") {
  MultiRequest request;
  request.operations = {
      {Opcode::kCheck, CheckVersionRequest{"/vc_m", 0}},
      {Opcode::kCreate, CreateRequest{"/vc_m/a", "", {kOpenAcl}, 0}},
      {Opcode::kSetData, SetDataRequest{"/vc_m/a", "z", 0}},
      {Opcode::kDelete, DeleteRequest{"/vc_m/a", 1}},
  };

  check_record(
      request,
      "0000000d00ffffffff000000052f76635f6d000000000000000100ffffffff000000072f76635f6d2f61"
      "00000000000000010000001f00000005776f726c6400000006616e796f6e65000000000000000500ffff"
      "ffff000000072f76635f6d2f61000000017a000000000000000200ffffffff000000072f76635f6d2f61"
      "00000001ffffffff01ffffffff");
}

TEST_CASE("MultiRequest: the other kinds of operations", "[wire][multi]") {
  MultiRequest request;
  request.operations = {
      {Opcode::kCreate2, CreateRequest{"/a", std::nullopt, {}, 0}},
      {Opcode::kCreateContainer, CreateRequest{"/b", "", {}, 4}},
      {Opcode::kCreateTtl, CreateTtlRequest{"/c", "", {}, 5, 1}},
      {Opcode::kGetData, GetDataRequest{"/d", true}},
      {Opcode::kGetChildren, GetChildrenRequest{"/e", false}},
  };

  check_record(request,
               "0000000f 00 ffffffff <\x2f\x61> ffffffff 00000000 00000000"
               "00000013 00 ffffffff <\x2f\x62> 00000000 00000000 00000004"
               "00000015 00 ffffffff <\x2f\x63> 00000000 00000000 00000005 0000000000000001"
               "00000004 00 ffffffff <\x2f\x64> 01"
               "00000008 00 ffffffff <\x2f\x65> 00"
               "ffffffff 01 ffffffff");
}

TEST_CASE("MultiRequest: an empty one is its end marker", "[wire][multi]") {
  check_record(MultiRequest{}, "ffffffff 01 ffffffff");
}

TEST_CASE("MultiRequest: only the done byte ends the list", "[wire][multi]") {
  // Type -1 without done is an operation of a type that is not allowed.
  const std::string not_done = bytes("ffffffff 00 ffffffff ffffffff 01 ffffffff");
  Reader not_done_reader(not_done);
  MultiRequest request;
  CHECK_FALSE(decode(not_done_reader, request));

  const std::string done = bytes("00000001 02 00000000");
  Reader done_reader(done);
  CHECK(decode(done_reader, request));
  CHECK(request.operations.empty());
}

TEST_CASE("MultiRequest: types that no multi takes fail", "[wire][multi]") {
  for (const char* type : {"00000007", "0000000e", "00000003", "00000000", "7fffffff"}) {
    INFO(type);
    const std::string in =
        bytes(type) + bytes("00 ffffffff <\x2f\x61> 00000000 ffffffff 01 ffffffff");
    Reader reader(in);
    MultiRequest request;

    CHECK_FALSE(decode(reader, request));
  }
}

TEST_CASE("MultiResponse: a failure in the middle, as recorded", "[wire][multi]") {
  MultiResponse response;
  response.results = {
      {Opcode::kError, 0, ErrorResponse{0}},
      {Opcode::kError, -103, ErrorResponse{-103}},
      {Opcode::kError, -2, ErrorResponse{-2}},
  };

  check_record(response,
               "ffffffff000000000000000000ffffffff00ffffff99ffffff99ffffffff00fffffffefffffffe"
               "ffffffff01ffffffff");
}

TEST_CASE("MultiResponse: every kind of result", "[wire][multi]") {
  const Stat stat{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::string stat_text = wire_test::text(encoded(stat));
  MultiResponse response;
  response.results = {
      {Opcode::kCheck, 0, std::monostate{}},
      {Opcode::kCreate, 0, CreateResponse{"/vc_m/a"}},
      {Opcode::kCreate2, 0, Create2Response{"/b", stat}},
      {Opcode::kSetData, 0, SetDataResponse{stat}},
      {Opcode::kDelete, 0, std::monostate{}},
      {Opcode::kGetData, 0, GetDataResponse{std::nullopt, stat}},
      {Opcode::kGetChildren, 0, GetChildrenResponse{{"x"}}},
  };

  check_record(response,
               "0000000d 00 00000000"
               "00000001 00 00000000 <\x2fvc_m/a>"
               "0000000f 00 00000000 <\x2f\x62>" +
                   stat_text + "00000005 00 00000000" + stat_text +
                   "00000002 00 00000000"
                   "00000004 00 00000000 ffffffff" +
                   stat_text +
                   "00000008 00 00000000 00000001 <x>"
                   "ffffffff 01 ffffffff");
}

}  // namespace
}  // namespace zookernel::wire
