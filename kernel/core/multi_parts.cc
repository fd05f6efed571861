#include "kernel/core/multi_parts.h"

#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::core {

using wire::Opcode;

namespace {

template <typename Request>
bool skip(wire::Reader& reader) {
  Request request;
  return wire::read(reader, request) && !request.path.null;
}

bool skip_create(wire::Reader& reader) {
  wire::CreateRequestView request;
  return wire::read(reader, request) && !request.path.null && is_multi_create_flag(request.flags);
}

template <typename Request>
bool read_over(wire::Reader& reader) {
  Request request;
  return wire::read(reader, request);
}

bool is_create_flag(int32_t flags) {
  return flags >= 0 && flags <= static_cast<int32_t>(wire::CreateMode::kPersistentSequentialTtl);
}

MultiPart write_if(bool understood) {
  return understood ? MultiPart::kWrite : MultiPart::kBad;
}

}  // namespace

bool is_multi_create_flag(int32_t flags) {
  return flags >= 0 && flags <= static_cast<int32_t>(wire::CreateMode::kContainer);
}

MultiPart skip_multi_part(Opcode opcode, wire::Reader& reader) {
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
      return write_if(skip_create(reader));
    case Opcode::kCreateTtl:
      return write_if(skip<wire::CreateTtlRequestView>(reader));
    case Opcode::kDelete:
      return write_if(skip<wire::DeleteRequestView>(reader));
    case Opcode::kSetData:
      return write_if(skip<wire::SetDataRequestView>(reader));
    case Opcode::kCheck:
      return write_if(skip<wire::CheckVersionRequestView>(reader));
    case Opcode::kGetData:
    case Opcode::kGetChildren: {
      wire::PathWatchRequestView request;
      return wire::read(reader, request) ? MultiPart::kRead : MultiPart::kBad;
    }
    default:
      return MultiPart::kBad;
  }
}

bool meets_null_acl_list(wire::Reader reader) {
  wire::MultiHeader header;
  while (wire::read(reader, header) && !header.done) {
    bool readable = false;
    switch (static_cast<Opcode>(header.type)) {
      case Opcode::kCreate:
      case Opcode::kCreate2:
      case Opcode::kCreateContainer: {
        wire::CreateRequestView request;
        // Java looks for the mode that the flags stand for, touches the list, and refuses a mode
        // with a ttl, in this order.
        if (!wire::read(reader, request) || !is_create_flag(request.flags)) return false;
        if (request.acl.null) return true;
        readable = is_multi_create_flag(request.flags);
        break;
      }
      case Opcode::kCreateTtl:
        readable = read_over<wire::CreateTtlRequestView>(reader);
        break;
      case Opcode::kDelete:
        readable = read_over<wire::DeleteRequestView>(reader);
        break;
      case Opcode::kSetData:
        readable = read_over<wire::SetDataRequestView>(reader);
        break;
      case Opcode::kCheck:
        readable = read_over<wire::CheckVersionRequestView>(reader);
        break;
      default:
        break;
    }
    if (!readable) break;
  }
  return false;
}

}  // namespace zookernel::core
