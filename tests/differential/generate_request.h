// Single requests by chance: every operation that a client may send, with good, nearly good and bad
// fields, and sometimes a damaged body.
#pragma once

#include <cstdint>
#include <set>

#include "tests/differential/choices.h"
#include "tests/differential/script.h"

namespace zookernel::differential {

// The answers to SASL packets are told from others by this xid.
inline constexpr int32_t kXidSasl = -5;

struct RequestOptions {
  std::set<int32_t> without;  // opcodes that are not generated, in multis neither
  bool quotas = false;        // more requests to the quota tree
};

// Any request that leaves its connection open and is answered in its turn.
[[nodiscard]] Frame any_request(Random& random, int32_t xid, const RequestOptions& options);

// A create of an ordinary node of the pool, so that sequences do not begin in an empty tree.
[[nodiscard]] Frame plain_create(Random& random, int32_t xid);

// An auth or SASL packet that is accepted. Its reply may overtake others.
[[nodiscard]] Frame accepted_auth(Random& random);

// A frame that is answered at once, if at all, and ends the connection: a refused auth packet, an
// unknown type, a length that is not allowed, a payload too short for a header.
[[nodiscard]] Frame fatal_frame(Random& random, int32_t xid);

}  // namespace zookernel::differential
