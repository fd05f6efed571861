#include "zookernel/wire/records/multi.h"

namespace zookernel::wire {
namespace {

template <typename T, typename Variant>
bool decode_into(Reader& reader, Variant& variant) {
  return decode(reader, variant.template emplace<T>());
}

bool decode_request(Reader& reader, MultiOperation& operation) {
  auto& request = operation.request;
  switch (operation.type) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
      return decode_into<CreateRequest>(reader, request);
    case Opcode::kCreateTtl:
      return decode_into<CreateTtlRequest>(reader, request);
    case Opcode::kDelete:
      return decode_into<DeleteRequest>(reader, request);
    case Opcode::kSetData:
      return decode_into<SetDataRequest>(reader, request);
    case Opcode::kCheck:
      return decode_into<CheckVersionRequest>(reader, request);
    case Opcode::kGetData:
      return decode_into<GetDataRequest>(reader, request);
    case Opcode::kGetChildren:
      return decode_into<GetChildrenRequest>(reader, request);
    default:
      reader.fail("operation is not allowed in a multi");
      return false;
  }
}

bool decode_result(Reader& reader, MultiResult& result) {
  auto& record = result.result;
  switch (result.type) {
    case Opcode::kCreate:
      return decode_into<CreateResponse>(reader, record);
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      return decode_into<Create2Response>(reader, record);
    case Opcode::kSetData:
      return decode_into<SetDataResponse>(reader, record);
    case Opcode::kGetData:
      return decode_into<GetDataResponse>(reader, record);
    case Opcode::kGetChildren:
      return decode_into<GetChildrenResponse>(reader, record);
    case Opcode::kError:
      return decode_into<ErrorResponse>(reader, record);
    case Opcode::kDelete:
    case Opcode::kCheck:
      record.emplace<std::monostate>();
      return true;
    default:
      reader.fail("result is not allowed in a multi");
      return false;
  }
}

}  // namespace

template <>
bool decode<MultiRequest>(Reader& reader, MultiRequest& record) {
  record.operations.clear();
  MultiHeader header;
  while (read(reader, header) && !header.done) {
    MultiOperation& operation = record.operations.emplace_back();
    operation.type = static_cast<Opcode>(header.type);
    if (!decode_request(reader, operation)) break;
  }
  return reader.ok();
}

template <>
bool decode<MultiResponse>(Reader& reader, MultiResponse& record) {
  record.results.clear();
  MultiHeader header;
  while (read(reader, header) && !header.done) {
    MultiResult& result = record.results.emplace_back();
    result.type = static_cast<Opcode>(header.type);
    result.err = header.err;
    if (!decode_result(reader, result)) break;
  }
  return reader.ok();
}

template <>
void encode<MultiRequest>(Writer& writer, const MultiRequest& record) {
  for (const MultiOperation& operation : record.operations) {
    write(writer, MultiHeader{static_cast<int32_t>(operation.type), false, -1});
    std::visit([&writer](const auto& request) { encode(writer, request); }, operation.request);
  }
  write_multi_end(writer);
}

template <>
void encode<MultiResponse>(Writer& writer, const MultiResponse& record) {
  for (const MultiResult& result : record.results) {
    write(writer, MultiHeader{static_cast<int32_t>(result.type), false, result.err});
    std::visit(
        [&writer](const auto& body) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(body)>, std::monostate>) {
            encode(writer, body);
          }
        },
        result.result);
  }
  write_multi_end(writer);
}

}  // namespace zookernel::wire
