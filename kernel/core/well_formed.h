// Which requests write, and can the body of one be read to its end? What a learner asks before it
// passes one on. [core]
#pragma once

#include <cstdint>

#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::core {

// Becomes a transaction; sessions are another matter.
[[nodiscard]] bool is_write(wire::Opcode opcode);

// `opcode` is a write. Says nothing about whether the request makes sense.
[[nodiscard]] bool well_formed(wire::Opcode opcode, Bytes body, uint32_t field_bytes_max);

}  // namespace zookernel::core
