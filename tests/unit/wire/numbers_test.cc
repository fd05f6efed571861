#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::wire {
namespace {

TEST_CASE("Opcodes: numbers have Apache's names", "[wire][numbers]") {
  CHECK(opcode_name(static_cast<Opcode>(1)) == "create");
  CHECK(opcode_name(static_cast<Opcode>(6)) == "getACL");
  CHECK(opcode_name(static_cast<Opcode>(12)) == "getChildren2");
  CHECK(opcode_name(static_cast<Opcode>(21)) == "createTTL");
  CHECK(opcode_name(static_cast<Opcode>(104)) == "getAllChildrenNumber");
  CHECK(opcode_name(static_cast<Opcode>(107)) == "whoAmI");
  CHECK(opcode_name(static_cast<Opcode>(-11)) == "closeSession");
  CHECK(opcode_name(static_cast<Opcode>(10)) == "unknown");
}

TEST_CASE("Opcodes: the table is 0, 1-9, 11-22, 100-107 and three negative ones",
          "[wire][numbers]") {
  std::set<int32_t> known;
  for (int32_t number = -200; number < 300; ++number) {
    if (opcode_is_known(number)) known.insert(number);
  }
  CHECK(known == std::set<int32_t>{-11, -10, -1, 0,   1,   2,   3,   4,   5,   6,   7,
                                   8,   9,   11, 12,  13,  14,  15,  16,  17,  18,  19,
                                   20,  21,  22, 100, 101, 102, 103, 104, 105, 106, 107});
  CHECK_FALSE(opcode_is_known(1 << 30));
}

TEST_CASE("Errors: the table is Apache's, without -126", "[wire][numbers]") {
  std::set<int32_t> known;
  for (int32_t code = -300; code < 10; ++code) {
    if (error_name(static_cast<ErrorCode>(code)) != "UNKNOWN") known.insert(code);
  }
  CHECK(known == std::set<int32_t>{0,    -1,   -2,   -3,   -4,   -5,   -6,   -7,   -8,   -12,  -13,
                                   -14,  -100, -101, -102, -103, -108, -110, -111, -112, -113, -114,
                                   -115, -118, -119, -120, -121, -122, -123, -124, -125, -127});
  CHECK(error_name(ErrorCode::kNoNode) == "NONODE");
  CHECK(error_name(static_cast<ErrorCode>(-124)) == "SESSIONCLOSEDREQUIRESASLAUTH");
}

TEST_CASE("Packet types: 1 to 19 have names", "[wire][numbers]") {
  CHECK(packet_type_name(static_cast<PacketType>(0)) == "UNKNOWN");
  for (int32_t type = 1; type <= 19; ++type) {
    CHECK(packet_type_name(static_cast<PacketType>(type)) != "UNKNOWN");
  }
  CHECK(packet_type_name(static_cast<PacketType>(11)) == "FOLLOWERINFO");
  CHECK(packet_type_name(static_cast<PacketType>(19)) == "INFORMANDACTIVATE");
  CHECK(packet_type_name(static_cast<PacketType>(20)) == "UNKNOWN");
}

}  // namespace
}  // namespace zookernel::wire
