#include "record_codec.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::wire {

ZOOKERNEL_WIRE_RECORD(QuorumPacket);
ZOOKERNEL_WIRE_RECORD(LearnerInfo);
ZOOKERNEL_WIRE_RECORD(LeaderInfo);
ZOOKERNEL_WIRE_RECORD(AckEpochInfo);
ZOOKERNEL_WIRE_RECORD(DesignatedLeader);
ZOOKERNEL_WIRE_RECORD(SessionTouch);
ZOOKERNEL_WIRE_RECORD(RevalidateAnswer);
ZOOKERNEL_WIRE_RECORD(ForwardedRequest);
ZOOKERNEL_WIRE_RECORD(QuorumAuthPacket);

LearnerInfo read_learner_info(Bytes data) {
  LearnerInfo info;
  if (data.size() >= 8) info.server_id = static_cast<int64_t>(load_be64(data.data()));
  if (data.size() >= 12) info.protocol_version = static_cast<int32_t>(load_be32(data.data() + 8));
  if (data.size() >= 20) info.config_version = static_cast<int64_t>(load_be64(data.data() + 12));
  return info;
}

bool read(Reader& reader, QuorumPacketView& packet) {
  packet.authinfo.clear();
  packet.type = reader.read_int();
  packet.zxid = reader.read_long();
  packet.data = reader.read_buffer();
  // Not read_count(): in a stream the ids may not have arrived yet, so their number has a limit of
  // its own.
  const int32_t count = reader.read_int();
  packet.authinfo_null = count == -1;
  if (count > kQuorumIdsMax) reader.fail("too many ids in a packet");
  for (int32_t i = 0; i < count && reader.ok(); ++i) {
    IdView& id = packet.authinfo.emplace_back();
    id.scheme = reader.read_string();
    id.id = reader.read_string();
  }
  return reader.ok();
}

void write_quorum_packet(Writer& writer, PacketType type, int64_t zxid, const OptBytes& data) {
  ZOOKERNEL_ASSERT(data.bytes.size() <= 0x7fffffff);
  const size_t data_bytes = data.null ? 0 : data.bytes.size();
  char* to = writer.extend(20 + data_bytes);
  store_be32(to, static_cast<uint32_t>(type));
  store_be64(to + 4, static_cast<uint64_t>(zxid));
  store_be32(to + 12, data.null ? 0xffffffffu : static_cast<uint32_t>(data_bytes));
  if (data_bytes != 0) std::memcpy(to + 16, data.bytes.data(), data_bytes);
  store_be32(to + 16 + data_bytes, 0xffffffffu);
}

}  // namespace zookernel::wire
