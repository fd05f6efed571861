// Bytes that Apache's servers wrote: every message is found, read, and written again to the same
// bytes.

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tests/unit/wire/bytes_text.h"
#include "zookernel/wire/frame.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::wire {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMaxField = 2 * 0xfffff;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

template <typename R>
bool survives(Bytes bytes) {
  Reader reader(bytes);
  R record;
  return decode(reader, record) && reader.remaining() == 0 && encoded(record) == bytes;
}

bool body_survives(int32_t type, Bytes body) {
  switch (static_cast<Opcode>(type)) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
      return survives<CreateTxn>(body);
    case Opcode::kCreateContainer:
      return survives<CreateContainerTxn>(body);
    case Opcode::kCreateTtl:
      return survives<CreateTtlTxn>(body);
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return survives<DeleteTxn>(body);
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return survives<SetDataTxn>(body);
    case Opcode::kSetAcl:
      return survives<SetAclTxn>(body);
    case Opcode::kCheck:
      return survives<CheckVersionTxn>(body);
    case Opcode::kCreateSession:
      return survives<CreateSessionTxn>(body);
    case Opcode::kCloseSession:
      return survives<CloseSessionTxn>(body);
    case Opcode::kError:
      return survives<ErrorTxn>(body);
    default:
      break;
  }
  if (static_cast<Opcode>(type) != Opcode::kMulti || !survives<MultiTxn>(body)) return false;
  Reader reader(body);
  MultiTxnView multi;
  if (!read(reader, multi)) return false;
  for (const MultiTxnPart& part : multi.parts) {
    if (!body_survives(part.type, part.body.bytes)) return false;
  }
  return true;
}

// Header, body and digest, by view and by record.
bool txn_survives(Bytes bytes) {
  Reader reader(bytes);
  TxnView txn;
  if (!read(reader, txn) || reader.remaining() != 0) return false;
  if (!body_survives(txn.header.type, txn.body)) return false;
  std::string again = encoded(txn.header) + std::string(txn.body);
  if (txn.has_digest) again += encoded(txn.digest);
  return again == bytes;
}

// The stream after SNAP: sessions, ACLs, nodes, and the mark of its end. Counts the nodes; returns
// its length.
size_t walk_snapshot(Bytes bytes, size_t& nodes) {
  Reader reader(bytes);
  Buffer again;
  Writer writer(again);
  const int32_t sessions = reader.read_count(kSessionEntryBytes);
  writer.write_int(sessions);
  for (int32_t i = 0; i < sessions; ++i) {
    SessionEntry session;
    REQUIRE(read(reader, session));
    write(writer, session);
  }
  const int32_t acls = reader.read_count(12);
  writer.write_int(acls);
  for (int32_t i = 0; i < acls; ++i) {
    AclEntry acl;
    REQUIRE(decode(reader, acl));
    encode(writer, acl);
  }
  for (;;) {
    const OptBytes path = reader.read_string();
    REQUIRE(reader.ok());
    writer.write_opt(path);
    if (path.bytes == "/") break;
    writer.write_opt(reader.read_buffer());
    writer.write_long(reader.read_long());
    StatPersisted stat;
    REQUIRE(read(reader, stat));
    write(writer, stat);
    ++nodes;
  }
  const OptBytes end = reader.read_string();
  writer.write_opt(end);
  CHECK(end.bytes == kSnapshotStreamEnd);
  CHECK(again.view() == bytes.substr(0, reader.position()));
  return reader.position();
}

struct Counts {
  std::map<int32_t, size_t> packets;
  size_t sasl = 0;
  size_t txns = 0;
  size_t snapshot_nodes = 0;
  size_t hellos = 0;
  size_t notifications = 0;
};

Bytes take_sasl(Bytes stream, Counts& counts) {
  while (probe_quorum_auth(stream) == AuthProbe::kAuth) {
    const QuorumAuthFrame frame = next_quorum_auth(stream, kMaxField);
    REQUIRE(frame.kind == QuorumFrame::Kind::kPacket);
    CHECK(survives<QuorumAuthPacket>(stream.substr(0, frame.consumed)));
    stream.remove_prefix(frame.consumed);
    ++counts.sasl;
  }
  return stream;
}

void walk_quorum(Bytes stream, Counts& counts) {
  stream = take_sasl(stream, counts);
  QuorumPacketView packet;
  for (;;) {
    const QuorumFrame frame = next_quorum_packet(stream, kMaxField, packet);
    REQUIRE(frame.kind != QuorumFrame::Kind::kBad);
    if (frame.kind == QuorumFrame::Kind::kNeedMore) return;
    CHECK(survives<QuorumPacket>(stream.substr(0, frame.consumed)));
    stream.remove_prefix(frame.consumed);
    ++counts.packets[packet.type];

    Bytes data = packet.data.bytes;
    switch (static_cast<PacketType>(packet.type)) {
      case PacketType::kInformAndActivate:
        data.remove_prefix(8);
        [[fallthrough]];
      case PacketType::kProposal:
      case PacketType::kInform:
        CHECK(txn_survives(data));
        ++counts.txns;
        break;
      case PacketType::kFollowerInfo:
      case PacketType::kObserverInfo:
        CHECK(read_learner_info(data).server_id.has_value());
        CHECK(survives<LearnerInfo>(data));
        break;
      case PacketType::kLeaderInfo:
        CHECK(survives<LeaderInfo>(data));
        break;
      case PacketType::kAckEpoch:
        CHECK(survives<AckEpochInfo>(data));
        break;
      case PacketType::kSnap:
        stream.remove_prefix(walk_snapshot(stream, counts.snapshot_nodes));
        break;
      default:
        break;
    }
  }
}

void walk_election(Bytes stream, bool dialled, Counts& counts) {
  if (dialled) {
    const HelloFrame hello = next_hello(stream);
    REQUIRE(hello.kind == LengthFrame::Kind::kFrame);
    Buffer again;
    Writer writer(again);
    write_hello(writer, {hello.protocol, hello.server_id, std::string(hello.addresses)});
    CHECK(again.view() == stream.substr(0, hello.consumed));
    stream.remove_prefix(hello.consumed);
    ++counts.hellos;
  }
  stream = take_sasl(stream, counts);
  for (;;) {
    const LengthFrame frame = next_election_frame(stream);
    REQUIRE(frame.kind != LengthFrame::Kind::kBad);
    if (frame.kind == LengthFrame::Kind::kNeedMore) break;
    Notification notification;
    REQUIRE(read_notification(frame.payload, notification, nullptr));
    Buffer again;
    Writer writer(again);
    write_notification(writer, notification);
    if (frame.payload.size() != 40) {
      CHECK(again.view() == stream.substr(0, frame.consumed));
    } else {
      // 3.4 knows no config and a version that nobody believes: what it knows is written the same.
      CHECK(again.view().substr(4, 36) == frame.payload.substr(0, 36));
    }
    stream.remove_prefix(frame.consumed);
    ++counts.notifications;
  }
  CHECK(stream.empty());
}

TEST_CASE("Recorded streams between servers are read and written again to the same bytes",
          "[wire][recorded]") {
  Counts counts;
  for (const auto& entry : fs::directory_iterator(ZOOKERNEL_WIRE_TESTDATA)) {
    if (entry.path().extension() != ".bin") continue;
    const std::string name = entry.path().filename().string();
    INFO(name);
    const std::string stream = read_file(entry.path());
    if (name.find(".election-") != std::string::npos) {
      walk_election(stream, name.find(".c2s.") != std::string::npos, counts);
    } else {
      walk_quorum(stream, counts);
    }
  }

  // Every packet type is somewhere in the recordings.
  for (int32_t type = 1; type <= 19; ++type) {
    INFO(packet_type_name(static_cast<PacketType>(type)));
    CHECK(counts.packets[type] > 0);
  }
  CHECK(counts.sasl > 10);
  CHECK(counts.txns > 100);
  CHECK(counts.snapshot_nodes > 10);
  CHECK(counts.hellos > 20);
  CHECK(counts.notifications > 50);
}

// --- Logs
// ------------------------------------------------------------------------------------------

uint32_t adler32(Bytes bytes) {
  uint32_t a = 1, b = 0;
  for (char c : bytes) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

// Transactions of a log file up to its padding or damage.
size_t walk_log(Bytes file) {
  Reader reader(file);
  FileHeader header;
  if (!read(reader, header) || header.magic != kTxnLogMagic) return 0;
  size_t txns = 0;
  for (;;) {
    const int64_t checksum = reader.read_long();
    const OptBytes body = reader.read_buffer();
    const int8_t end = reader.read_byte();
    if (!reader.ok() || body.bytes.empty() || end != kTxnEndByte) return txns;
    if (checksum != adler32(body.bytes)) return txns;
    INFO("transaction " << txns);
    CHECK(txn_survives(body.bytes));
    ++txns;
  }
}

TEST_CASE("Recorded transaction logs are read and written again to the same bytes",
          "[wire][recorded]") {
  size_t txns = 0;
  for (const auto& entry : fs::recursive_directory_iterator(ZOOKERNEL_DATA_FIXTURES)) {
    if (!entry.is_regular_file() || entry.path().filename().string().rfind("log.", 0) != 0)
      continue;
    INFO(entry.path().string());
    txns += walk_log(read_file(entry.path()));
  }
  CHECK(txns > 1000);
}

}  // namespace
}  // namespace zookernel::wire
