#include "kernel/core/well_formed.h"

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::core {

using wire::Opcode;

bool is_write(Opcode opcode) {
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
    case Opcode::kDelete:
    case Opcode::kSetData:
    case Opcode::kSetAcl:
    case Opcode::kMulti:
    case Opcode::kReconfig:
      return true;
    default:
      return false;
  }
}

bool well_formed(Opcode opcode, Bytes body, uint32_t field_bytes_max) {
  wire::Reader reader(body, field_bytes_max);
  const auto reads = [&reader](auto view) { return wire::read(reader, view); };
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
      return reads(wire::CreateRequestView{});
    case Opcode::kCreateTtl:
      return reads(wire::CreateTtlRequestView{});
    case Opcode::kDelete:
      return reads(wire::DeleteRequestView{});
    case Opcode::kSetData:
      return reads(wire::SetDataRequestView{});
    case Opcode::kSetAcl:
      return reads(wire::SetAclRequestView{});
    case Opcode::kReconfig:
      return reads(wire::ReconfigRequestView{});
    default:
      return true;  // a multi that cannot be read fails as a transaction, on every leader
  }
}

}  // namespace zookernel::core
