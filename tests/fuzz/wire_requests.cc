// fuzz-libs: zookernel::wire
// Every request of the client protocol: the first byte picks the record, the rest is its bytes.
// View and owning record must agree on what is well-formed (but for null where the record has no
// place for it), and what was read must write back to the bytes that were used up.

#include <cstddef>
#include <cstdint>
#include <string>

#include "zookernel/assert.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/multi.h"

namespace {

using zookernel::Bytes;
namespace wire = zookernel::wire;

constexpr uint32_t kMaxField = 4096;

bool is_null_error(const wire::Reader& reader) {
  return reader.error() != nullptr && std::string(reader.error()).starts_with("null where");
}

// Booleans other than 0 and 1, and negative counts other than -1, do not write back to themselves:
// so what was written is read and written once more, and must then be stable.
template <typename R>
void check_stable(const R& record) {
  const std::string once = wire::encoded(record);
  wire::Reader reader(once, kMaxField);
  R again;
  ZOOKERNEL_ASSERT(wire::decode(reader, again));
  ZOOKERNEL_ASSERT(reader.remaining() == 0);
  ZOOKERNEL_ASSERT(again == record);
  ZOOKERNEL_ASSERT(wire::encoded(again) == once);
}

template <typename R>
void record_only(Bytes in) {
  wire::Reader reader(in, kMaxField);
  R record;
  if (!wire::decode(reader, record)) {
    ZOOKERNEL_ASSERT(reader.error() != nullptr);
    ZOOKERNEL_ASSERT(reader.remaining() == 0);
    return;
  }
  check_stable(record);
}

template <typename View, typename R>
void view_and_record(Bytes in) {
  wire::Reader view_reader(in, kMaxField);
  View view;
  const bool view_ok = read(view_reader, view);
  ZOOKERNEL_ASSERT(view_ok == view_reader.ok());

  wire::Reader record_reader(in, kMaxField);
  R record;
  const bool record_ok = wire::decode(record_reader, record);
  if (record_ok) {
    ZOOKERNEL_ASSERT(view_ok);
    ZOOKERNEL_ASSERT(view_reader.position() == record_reader.position());
    check_stable(record);
  } else if (!is_null_error(record_reader)) {
    ZOOKERNEL_ASSERT(!view_ok);
  }
}

void utf8(Bytes in) {
  const std::string out = wire::utf8_sanitize(in);
  ZOOKERNEL_ASSERT(wire::utf8_is_plain(in) == (out == in));
  ZOOKERNEL_ASSERT(out.size() <= in.size() * 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 28) {
    case 0:
      view_and_record<wire::ConnectRequestView, wire::ConnectRequest>(in);
      break;
    case 1:
      view_and_record<wire::RequestHeader, wire::RequestHeader>(in);
      break;
    case 2:
      view_and_record<wire::CreateRequestView, wire::CreateRequest>(in);
      break;
    case 3:
      view_and_record<wire::CreateTtlRequestView, wire::CreateTtlRequest>(in);
      break;
    case 4:
      view_and_record<wire::DeleteRequestView, wire::DeleteRequest>(in);
      break;
    case 5:
      view_and_record<wire::PathWatchRequestView, wire::ExistsRequest>(in);
      break;
    case 6:
      view_and_record<wire::SetDataRequestView, wire::SetDataRequest>(in);
      break;
    case 7:
      view_and_record<wire::PathRequestView, wire::GetAclRequest>(in);
      break;
    case 8:
      view_and_record<wire::SetAclRequestView, wire::SetAclRequest>(in);
      break;
    case 9:
      view_and_record<wire::CheckVersionRequestView, wire::CheckVersionRequest>(in);
      break;
    case 10:
      view_and_record<wire::WatchesRequestView, wire::RemoveWatchesRequest>(in);
      break;
    case 11:
      view_and_record<wire::AddWatchRequestView, wire::AddWatchRequest>(in);
      break;
    case 12:
      view_and_record<wire::ReconfigRequestView, wire::ReconfigRequest>(in);
      break;
    case 13:
      view_and_record<wire::AuthPacketView, wire::AuthPacket>(in);
      break;
    case 14:
      view_and_record<wire::SaslRequestView, wire::GetSaslRequest>(in);
      break;
    case 15:
      view_and_record<wire::SetWatchesRequestView, wire::SetWatches>(in);
      break;
    case 16:
      view_and_record<wire::SetWatches2RequestView, wire::SetWatches2>(in);
      break;
    case 17:
      record_only<wire::MultiRequest>(in);
      break;
    case 18:
      record_only<wire::MultiResponse>(in);
      break;
    case 19:
      view_and_record<wire::Stat, wire::Stat>(in);
      break;
    case 20:
      record_only<wire::ConnectResponse>(in);
      break;
    case 21:
      record_only<wire::GetDataResponse>(in);
      break;
    case 22:
      record_only<wire::GetChildren2Response>(in);
      break;
    case 23:
      record_only<wire::GetAclResponse>(in);
      break;
    case 24:
      record_only<wire::WatcherEvent>(in);
      break;
    case 25:
      record_only<wire::WhoAmIResponse>(in);
      break;
    case 26:
      view_and_record<wire::PathRequestView, wire::GetEphemeralsRequest>(in);
      break;
    default:
      utf8(in);
      break;
  }
  return 0;
}
