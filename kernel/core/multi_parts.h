// The operations inside a multi or multiRead, as far as it takes to get past them: a part that
// cannot be understood spoils the whole, so the rest is read also where nobody looks at it. Source:
// MultiOperationRecord, Op.
#pragma once

#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::core {

enum class MultiPart : uint8_t {
  kBad,    // no such operation in a multi, or its record cannot be read
  kRead,   // getData, getChildren
  kWrite,  // create of all kinds, delete, setData, check
};

// Reads over the record of one operation. A write with a null path, or a create with flags that its
// opcode does not know, is kBad; a read with a null path is not.
[[nodiscard]] MultiPart skip_multi_part(wire::Opcode opcode, wire::Reader& reader);

// Does whoever reads the operations of a multi meet a create without a ttl whose ACL list is null
// before anything that cannot be read? Java stumbles over it before the request has a zxid.
[[nodiscard]] bool meets_null_acl_list(wire::Reader reader);

// Flags that an operation without a ttl may have in a multi.
[[nodiscard]] bool is_multi_create_flag(int32_t flags);

}  // namespace zookernel::core
