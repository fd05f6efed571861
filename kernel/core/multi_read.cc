// multiRead: getData and getChildren, each answered for itself. Source: FinalRequestProcessor.
#include "kernel/core/multi_parts.h"
#include "kernel/core/server_impl.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

namespace {

// Operations of one kind up to an end marker.
bool is_well_formed(wire::Reader in) {
  std::optional<MultiPart> kind;
  for (;;) {
    wire::MultiHeader header;
    if (!wire::read(in, header)) return false;
    if (header.done) return true;
    const MultiPart part = skip_multi_part(static_cast<Opcode>(header.type), in);
    if (part == MultiPart::kBad || part != kind.value_or(part)) return false;
    kind = part;
  }
}

}  // namespace

// What cannot be understood is refused without a body. An operation that cannot be carried out (a
// write; a null path) ends the list: its error is the whole request's, and what was read before
// stays in the reply.
ErrorCode Server::Impl::multi_read(const Connection& connection, wire::Reader& in,
                                   uint32_t identities, wire::Writer& reply, const Buffer& out) {
  if (!is_well_formed(in)) return ErrorCode::kMarshallingError;
  const size_t begin = out.size();
  for (;;) {
    wire::MultiHeader header;
    const bool there = wire::read(in, header);
    ZOOKERNEL_ASSERT(there);
    if (header.done) break;
    wire::PathWatchRequestView request;
    const auto opcode = static_cast<Opcode>(header.type);
    const bool is_read = opcode == Opcode::kGetData || opcode == Opcode::kGetChildren;
    // A short request can ask for the same large znode many times.
    const bool too_large = out.size() - begin > options_.multi_read_bytes_max;
    if (!is_read || too_large || !wire::read(in, request) || request.path.null) {
      wire::write_multi_end(reply);
      return ErrorCode::kMarshallingError;
    }
    NodeId node = kNoNode;
    const ErrorCode error = reach(connection, request.path, identities, wire::kPermRead, node);
    if (error != ErrorCode::kOk) {
      wire::write(reply, wire::MultiHeader{static_cast<int32_t>(Opcode::kError), false,
                                           static_cast<int32_t>(error)});
      reply.write_int(static_cast<int32_t>(error));
      continue;
    }
    wire::write(reply, wire::MultiHeader{header.type, false, 0});
    if (opcode == Opcode::kGetData) {
      put_data(node, reply);
    } else {
      put_children(node, reply);
    }
  }
  wire::write_multi_end(reply);
  return ErrorCode::kOk;
}

}  // namespace zookernel::core
