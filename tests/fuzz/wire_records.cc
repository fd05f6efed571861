// fuzz-libs: zookernel::wire
// Transactions, file records and what servers say to each other: the first byte picks the record,
// the rest is its bytes. What was read must write back to something that reads the same.

#include <cstddef>
#include <cstdint>
#include <string>

#include "zookernel/assert.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/quorum.h"
#include "zookernel/wire/records/txn.h"

namespace {

using zookernel::Bytes;
namespace wire = zookernel::wire;

constexpr uint32_t kMaxField = 4096;

template <typename R>
void record(Bytes in) {
  wire::Reader reader(in, kMaxField);
  R value;
  if (!wire::decode(reader, value)) {
    ZOOKERNEL_ASSERT(reader.error() != nullptr);
    return;
  }
  const std::string once = wire::encoded(value);
  wire::Reader again_reader(once, kMaxField);
  R again;
  ZOOKERNEL_ASSERT(wire::decode(again_reader, again));
  ZOOKERNEL_ASSERT(again == value);
}

void create_view(wire::Opcode type, Bytes in) {
  wire::Reader reader(in, kMaxField);
  wire::CreateTxnView view;
  if (read(reader, type, view)) ZOOKERNEL_ASSERT(reader.ok());
}

// A whole transaction: header, body and digest together are what the view was cut from.
void whole_txn(Bytes in) {
  wire::Reader reader(in, kMaxField);
  wire::TxnView txn;
  if (!read(reader, txn)) return;
  std::string again = wire::encoded(txn.header) + std::string(txn.body);
  if (txn.has_digest) again += wire::encoded(txn.digest);
  ZOOKERNEL_ASSERT(in.substr(0, reader.position()) == again);

  wire::Reader body(txn.body, kMaxField);
  wire::MultiTxnView multi;
  if (txn.header.type == static_cast<int32_t>(wire::Opcode::kMulti))
    ZOOKERNEL_ASSERT(read(body, multi));
}

void quorum_packet(Bytes in) {
  record<wire::QuorumPacket>(in);
  wire::Reader reader(in, kMaxField);
  wire::QuorumPacketView packet;
  if (!read(reader, packet)) return;
  static_cast<void>(wire::read_learner_info(packet.data.bytes));
}

void notification(Bytes in) {
  wire::Notification vote;
  const char* why = nullptr;
  if (!wire::read_notification(in, vote, &why)) {
    ZOOKERNEL_ASSERT(why != nullptr);
    return;
  }
  zookernel::Buffer out;
  wire::Writer writer(out);
  wire::write_notification(writer, vote);
  wire::Notification again;
  ZOOKERNEL_ASSERT(wire::read_notification(out.view().substr(4), again, nullptr));
  ZOOKERNEL_ASSERT(again == vote);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 24) {
    case 0:
      whole_txn(in);
      break;
    case 1:
      record<wire::CreateTxn>(in);
      break;
    case 2:
      record<wire::CreateTxnV0>(in);
      break;
    case 3:
      record<wire::CreateContainerTxn>(in);
      break;
    case 4:
      record<wire::CreateTtlTxn>(in);
      break;
    case 5:
      record<wire::DeleteTxn>(in);
      break;
    case 6:
      record<wire::SetDataTxn>(in);
      break;
    case 7:
      record<wire::SetAclTxn>(in);
      break;
    case 8:
      record<wire::CheckVersionTxn>(in);
      break;
    case 9:
      record<wire::CloseSessionTxn>(in);
      break;
    case 10:
      record<wire::MultiTxn>(in);
      break;
    case 11:
      create_view(wire::Opcode::kCreate, in);
      break;
    case 12:
      create_view(wire::Opcode::kCreateContainer, in);
      break;
    case 13:
      create_view(wire::Opcode::kCreateTtl, in);
      break;
    case 14:
      record<wire::FileHeader>(in);
      break;
    case 15:
      record<wire::StatPersisted>(in);
      break;
    case 16:
      record<wire::AclEntry>(in);
      break;
    case 17:
      record<wire::SnapshotDigest>(in);
      break;
    case 18:
      record<wire::Seal>(in);
      break;
    case 19:
      quorum_packet(in);
      break;
    case 20:
      record<wire::LearnerInfo>(in);
      break;
    case 21:
      record<wire::QuorumAuthPacket>(in);
      break;
    case 22:
      record<wire::ForwardedRequest>(in);
      break;
    default:
      notification(in);
      break;
  }
  return 0;
}
