#include "tests/differential/request_builder.h"

#include "zookernel/bytes.h"

namespace zookernel::differential {

Body& Body::integer(int32_t value) {
  char four[4];
  store_be32(four, static_cast<uint32_t>(value));
  return raw({four, sizeof four});
}

Body& Body::longer(int64_t value) {
  char eight[8];
  store_be64(eight, static_cast<uint64_t>(value));
  return raw({eight, sizeof eight});
}

Body& Body::boolean(bool value) {
  return raw({value ? "\1" : "\0", 1});
}

Body& Body::text(const Text& value) {
  if (!value) return integer(-1);
  return integer(static_cast<int32_t>(value->size())).raw(*value);
}

Body& Body::acl(const AclList& list) {
  if (!list) return integer(-1);
  integer(static_cast<int32_t>(list->size()));
  for (const AclEntry& entry : *list) integer(entry.perms).text(entry.scheme).text(entry.id);
  return *this;
}

Body& Body::texts(const std::optional<std::vector<Text>>& list) {
  if (!list) return integer(-1);
  integer(static_cast<int32_t>(list->size()));
  for (const Text& element : *list) text(element);
  return *this;
}

Body& Body::raw(std::string_view more) {
  bytes += more;
  return *this;
}

Body& Body::multi_header(int32_t type, bool done, int32_t error) {
  return integer(type).boolean(done).integer(error);
}

Body& Body::patched(Patch::Kind kind, int32_t argument) {
  patches.push_back({static_cast<uint32_t>(bytes.size()), kind, argument});
  bytes.append(kind == Patch::Kind::kPassword ? 16 : 8, '\0');
  return *this;
}

Frame request_frame(int32_t xid, int32_t opcode, Body body) {
  Body whole;
  whole.integer(xid).integer(opcode);
  for (Patch& patch : body.patches) patch.offset += 8;
  whole.raw(body.bytes);
  whole.patches = std::move(body.patches);
  return payload_frame(std::move(whole));
}

Frame payload_frame(Body payload) {
  Frame frame;
  frame.bytes = std::string(4, '\0') + payload.bytes;
  for (Patch& patch : payload.patches) patch.offset += 4;
  frame.patches = std::move(payload.patches);
  correct_length(frame);
  return frame;
}

void correct_length(Frame& frame) {
  store_be32(frame.bytes.data(), static_cast<uint32_t>(frame.bytes.size() - 4));
}

}  // namespace zookernel::differential
