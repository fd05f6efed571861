// Transactions in the words of ZooKeeper.
#pragma once

#include "tools/db/json_text.h"
#include "zookernel/result.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::db_tool {

// A whole record of the log: zxid, time, session, cxid, type and the fields of that type; of a
// multi one object for each operation. An error says what about the bytes is not understood.
Result<Json> describe_txn(Bytes record);

// A vector<ACL>: [{"perms": "cdrwa", "scheme": ..., "id": ...}].
[[nodiscard]] Json describe_acl(const wire::AclListView& acl);
// "cdrwa", or those of them that are there; bits beyond them are added as a number: "r+64".
[[nodiscard]] std::string permission_letters(int32_t perms);

}  // namespace zookernel::db_tool
