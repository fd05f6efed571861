// What a write request must become, by the rules of the documentation: a second opinion on what the
// server proposes. ACLs know the schemes world, ip, digest and auth.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/model_tree.h"
#include "zookernel/wire/error.h"

namespace zookernel::sim {

struct Writer {
  int64_t session = 0;
  std::vector<wire::Id> ids;  // in the order in which they were proved
  // Quotas that are enforced, by their path, as they were applied when the request came.
  std::map<std::string, ModelQuota> quotas;
};

// A transaction's type and body. kError: the body is an ErrorTxn.
struct ExpectedTxn {
  wire::Opcode type = wire::Opcode::kError;
  std::string body;
};

[[nodiscard]] bool allowed(const std::vector<wire::Id>& ids, const std::vector<wire::Acl>& acl,
                           int32_t permissions);

// The transaction for a request that is well formed. The tree is as it was right before; it is left
// as it was.
[[nodiscard]] ExpectedTxn expected_txn(ModelTree& tree, bool extended_types, const Writer& writer,
                                       wire::Opcode opcode, Bytes request,
                                       const wire::TxnHeader& header);

}  // namespace zookernel::sim
