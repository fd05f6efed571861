// multi: several writes that happen together or not at all.
#include <algorithm>

#include "kernel/core/multi_parts.h"
#include "kernel/core/preparer.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::core {

using wire::CreateMode;
using wire::Opcode;

namespace {

struct Part {
  Opcode type;
  size_t begin, end;  // of its body
};

}  // namespace

// The txn is a list of {type, body}. On a failure it keeps the parts that had succeeded, then an
// error part for the one that failed and one for each after it: the form that Java logs, and that
// tells every server to apply nothing.
Preparer::Multi Preparer::multi(const Requester& who, Bytes body, Buffer& txn) {
  wire::Reader reader(body, options_.max_field_bytes);
  std::vector<Part> parts;
  part_.clear();
  const uint64_t digest_before = digest_;
  Error failure = Error::kOk;
  bool understood = true;
  overlay_.begin();
  while (understood) {
    wire::MultiHeader header;
    if (!wire::read(reader, header)) {
      understood = false;
      break;
    }
    if (header.done) break;
    const size_t begin = part_.size();
    Opcode type = static_cast<Opcode>(header.type);
    if (failure == Error::kOk) {
      failure = multi_part(who, static_cast<Opcode>(header.type), reader, understood, type, part_);
      // What Java trips over, such as a null id in an ACL, spoils the whole as well.
      if (failure == Error::kMarshallingError) understood = false;
      if (!understood) break;
      if (failure != Error::kOk) {
        part_.truncate(begin);
        wire::Writer(part_).write_int(static_cast<int32_t>(failure));
        type = Opcode::kError;
      }
    } else {
      understood = skip_multi_part(static_cast<Opcode>(header.type), reader) == MultiPart::kWrite;
      wire::Writer(part_).write_int(static_cast<int32_t>(Error::kRuntimeInconsistency));
      type = Opcode::kError;
    }
    parts.push_back({type, begin, part_.size()});
  }
  if (!understood || failure != Error::kOk) {
    overlay_.roll_back();
    digest_ = digest_before;
    if (meets_null_acl_list(wire::Reader(body, options_.max_field_bytes)))
      return Multi::kBadWithoutZxid;
    if (!understood) return Multi::kBad;
  } else {
    overlay_.keep();
  }
  wire::Writer writer(txn);
  writer.write_count(parts.size());
  for (const Part& part : parts) {
    writer.write_int(static_cast<int32_t>(part.type));
    writer.write_buffer(part_.view().substr(part.begin, part.end - part.begin));
  }
  return Multi::kDone;
}

// One operation: parsed, then prepared. `understood` false: the whole multi is a marshalling error.
Preparer::Error Preparer::multi_part(const Requester& who, Opcode opcode, wire::Reader& reader,
                                     bool& understood, Opcode& type, Buffer& txn) {
  understood = true;
  switch (opcode) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer: {
      understood = wire::read(reader, create_view_) && !create_view_.path.null &&
                   is_multi_create_flag(create_view_.flags);
      if (!understood) return Error::kMarshallingError;
      // Flags 4 make a container whatever the opcode says.
      const Opcode kind = create_view_.flags == static_cast<int32_t>(CreateMode::kContainer)
                              ? Opcode::kCreateContainer
                              : opcode;
      return create(who,
                    {kind, create_view_.path, create_view_.data.bytes, create_view_.data.null,
                     &create_view_.acl, create_view_.flags, -1},
                    type, txn);
    }
    case Opcode::kCreateTtl: {
      understood = wire::read(reader, create_ttl_view_) && !create_ttl_view_.path.null;
      if (!understood) return Error::kMarshallingError;
      const wire::CreateTtlRequestView& request = create_ttl_view_;
      const bool ttl = request.flags == static_cast<int32_t>(CreateMode::kPersistentTtl) ||
                       request.flags == static_cast<int32_t>(CreateMode::kPersistentSequentialTtl);
      // Other flags make it an ordinary create, and its ttl is forgotten.
      Opcode kind = Opcode::kCreateTtl;
      if (!ttl)
        kind = request.flags == static_cast<int32_t>(CreateMode::kContainer)
                   ? Opcode::kCreateContainer
                   : Opcode::kCreate;
      return create(who,
                    {kind, request.path, request.data.bytes, request.data.null, &request.acl,
                     request.flags, ttl ? request.ttl : -1},
                    type, txn);
    }
    case Opcode::kDelete: {
      wire::DeleteRequestView request;
      understood = wire::read(reader, request) && !request.path.null;
      return understood ? remove(who, request, txn) : Error::kMarshallingError;
    }
    case Opcode::kSetData: {
      wire::SetDataRequestView request;
      understood = wire::read(reader, request) && !request.path.null;
      return understood ? set_data(who, request, txn) : Error::kMarshallingError;
    }
    case Opcode::kCheck: {
      wire::CheckVersionRequestView request;
      understood = wire::read(reader, request) && !request.path.null;
      return understood ? check(who, request, txn) : Error::kMarshallingError;
    }
    default:
      understood = false;
      return Error::kMarshallingError;
  }
}

}  // namespace zookernel::core
