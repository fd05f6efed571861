// Operation codes of requests, transactions and results in a multi. Source: ZooDefs.OpCode.
#pragma once

#include <cstdint>
#include <string_view>

namespace zookernel::wire {

enum class Opcode : int32_t {
  kNotification = 0,
  kCreate = 1,
  kDelete = 2,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kGetAcl = 6,
  kSetAcl = 7,
  kGetChildren = 8,
  kSync = 9,
  kPing = 11,
  kGetChildren2 = 12,
  kCheck = 13,  // only inside a multi
  kMulti = 14,
  kCreate2 = 15,
  kReconfig = 16,
  kCheckWatches = 17,
  kRemoveWatches = 18,
  kCreateContainer = 19,
  kDeleteContainer = 20,  // made by the leader, never taken from a client
  kCreateTtl = 21,
  kMultiRead = 22,
  kAuth = 100,
  kSetWatches = 101,
  kSasl = 102,
  kGetEphemerals = 103,
  kGetAllChildrenNumber = 104,
  kSetWatches2 = 105,
  kAddWatch = 106,
  kWhoAmI = 107,
  kCreateSession = -10,  // a transaction type; never taken from a client
  kCloseSession = -11,
  kError = -1,  // a transaction type, and the type of an error result in a multi
};

// "create", "getData", ...; "unknown" for a number that is not in the table. The text lives
// forever. [any]
[[nodiscard]] std::string_view opcode_name(Opcode opcode);

// True if the number is in the table above. [any]
[[nodiscard]] bool opcode_is_known(int32_t number);

}  // namespace zookernel::wire
