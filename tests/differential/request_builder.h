// Bodies and frames of requests, written field by field so that any field may be null or wrong.
// Pure; any thread. [any]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/choices.h"
#include "tests/differential/script.h"

namespace zookernel::differential {

// A body under construction. Calls can be chained.
class Body {
 public:
  Body& integer(int32_t value);
  Body& longer(int64_t value);
  Body& boolean(bool value);
  Body& text(const Text& value);  // ustring and buffer have one form
  Body& acl(const AclList& list);
  Body& texts(const std::optional<std::vector<Text>>& list);
  Body& raw(std::string_view bytes);
  // The header of an operation in a multi, and the mark of its end.
  Body& multi_header(int32_t type, bool done, int32_t error);
  // Eight or sixteen bytes that the running server knows.
  Body& patched(Patch::Kind kind, int32_t argument);

  std::string bytes;
  std::vector<Patch> patches;  // offsets are those of `bytes`
};

// The frame of a request, with header and length.
[[nodiscard]] Frame request_frame(int32_t xid, int32_t opcode, Body body);

// A frame around a payload without a header.
[[nodiscard]] Frame payload_frame(Body payload);

// Writes the right length into a frame whose payload was changed.
void correct_length(Frame& frame);

}  // namespace zookernel::differential
