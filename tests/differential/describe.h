// Bytes and requests as text that a person can read. Pure; any thread. [any]
#pragma once

#include <string>
#include <string_view>

#include "tests/differential/script.h"

namespace zookernel::differential {

// Printable ASCII as it is, other bytes as \xHH. Long strings are cut, with their length and a hash
// of all bytes at the end, so that equal text still means equal bytes.
[[nodiscard]] std::string quoted(std::string_view bytes);

// "create xid 3: <the body, quoted>".
[[nodiscard]] std::string describe_request(const Frame& frame);

}  // namespace zookernel::differential
