// multi (14) and multiRead (22) as values that own what they hold: for tools, tests and clients.
//
//   request  := ( MultiHeader(opcode, 0, -1)  the operation's request record )*  end
//   response := ( MultiHeader(type, 0, err)   the result's record )*             end
//   end      := MultiHeader(-1, 1, -1)
//
// decode and encode work on them as on every record. Source: MultiOperationRecord, MultiResponse.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::wire {

struct MultiOperation {
  Opcode type = Opcode::kCheck;
  // CreateRequest: create, create2, createContainer. GetDataRequest and GetChildrenRequest:
  // multiRead only.
  std::variant<CheckVersionRequest, CreateRequest, CreateTtlRequest, DeleteRequest, SetDataRequest,
               GetDataRequest, GetChildrenRequest>
      request;

  bool operator==(const MultiOperation&) const = default;
};

struct MultiRequest {
  std::vector<MultiOperation> operations;

  bool operator==(const MultiRequest&) const = default;
};

struct MultiResult {
  Opcode type = Opcode::kCheck;  // kError: the result is an ErrorResponse
  int32_t err = 0;
  // monostate: delete and check, which have no record.
  std::variant<std::monostate, CreateResponse, Create2Response, SetDataResponse, GetDataResponse,
               GetChildrenResponse, ErrorResponse>
      result;

  bool operator==(const MultiResult&) const = default;
};

struct MultiResponse {
  std::vector<MultiResult> results;

  bool operator==(const MultiResponse&) const = default;
};

// A type that is not allowed here fails. A request whose variant does not fit its type is a bug of
// the caller's.
template <>
bool decode<MultiRequest>(Reader& reader, MultiRequest& record);
template <>
bool decode<MultiResponse>(Reader& reader, MultiResponse& record);
template <>
void encode<MultiRequest>(Writer& writer, const MultiRequest& record);
template <>
void encode<MultiResponse>(Writer& writer, const MultiResponse& record);

}  // namespace zookernel::wire
