#include "zookernel/wire/frame.h"

namespace zookernel::wire {
namespace {

// What a packet may take beside twice the longest field: its other fields and the ids of a client.
constexpr size_t kQuorumPacketSlackBytes = 64 * 1024;

constexpr size_t kAuthMagicBytes = 8;
constexpr size_t kHelloIdBytes = 8;
constexpr size_t kHelloHeadBytes = 20;  // protocol, id, length of the addresses

}  // namespace

LengthFrame next_election_frame(Bytes in) {
  return next_length_frame(in, 1, static_cast<uint32_t>(kElectionMessageBytesMax));
}

QuorumFrame next_quorum_packet(Bytes in, uint32_t max_field, QuorumPacketView& packet) {
  QuorumFrame frame;
  const size_t bytes_max = size_t{2} * max_field + kQuorumPacketSlackBytes;
  Reader reader(in.substr(0, bytes_max), max_field);
  if (read(reader, packet)) {
    frame.kind = QuorumFrame::Kind::kPacket;
    frame.consumed = reader.position();
  } else if (reader.missing() == 0) {
    frame.kind = QuorumFrame::Kind::kBad;
    frame.problem = reader.error();
  } else if (in.size() >= bytes_max) {
    frame.kind = QuorumFrame::Kind::kBad;
    frame.problem = "packet above the limit";
  } else {
    frame.wanted = in.size() + reader.missing();
  }
  return frame;
}

QuorumAuthFrame next_quorum_auth(Bytes in, uint32_t max_field) {
  QuorumAuthFrame frame;
  if (probe_quorum_auth(in) == AuthProbe::kPlain) {
    frame.kind = QuorumFrame::Kind::kBad;
    frame.problem = "not a SASL packet of the quorum";
    return frame;
  }
  Reader reader(in, max_field);
  const int64_t magic = reader.read_long();
  frame.status = reader.read_int();
  frame.token = reader.read_buffer();
  if (reader.ok()) {
    ZOOKERNEL_ASSERT(magic == kQuorumAuthMagic);
    frame.kind = QuorumFrame::Kind::kPacket;
    frame.consumed = reader.position();
  } else if (reader.missing() == 0) {
    frame.kind = QuorumFrame::Kind::kBad;
    frame.problem = reader.error();
  } else {
    frame.wanted = in.size() + reader.missing();
  }
  return frame;
}

AuthProbe probe_quorum_auth(Bytes in) {
  char magic[kAuthMagicBytes];
  store_be64(magic, static_cast<uint64_t>(kQuorumAuthMagic));
  const Bytes head = in.substr(0, kAuthMagicBytes);
  if (!Bytes(magic, sizeof magic).starts_with(head)) return AuthProbe::kPlain;
  return head.size() == kAuthMagicBytes ? AuthProbe::kAuth : AuthProbe::kNeedMore;
}

HelloFrame next_hello(Bytes in) {
  HelloFrame frame;
  auto bad = [&frame](const char* problem) {
    frame.kind = LengthFrame::Kind::kBad;
    frame.problem = problem;
    return frame;
  };
  auto need_more = [&frame](size_t wanted) {
    frame.wanted = wanted;
    return frame;
  };

  if (in.size() < kHelloIdBytes) return need_more(kHelloIdBytes);
  const auto first = static_cast<int64_t>(load_be64(in.data()));
  if (first >= 0) {
    frame.kind = LengthFrame::Kind::kFrame;
    frame.server_id = first;
    frame.consumed = kHelloIdBytes;
    return frame;
  }
  if (first != kElectionProtocolV1 && first != kElectionProtocolV2) {
    return bad("unknown version of the election protocol");
  }
  if (in.size() < kHelloHeadBytes) return need_more(kHelloHeadBytes);
  const uint32_t length = load_be32(in.data() + 16);
  if (length == 0 || length > kElectionAddressBytesMax)
    return bad("bad length of election addresses");
  if (in.size() < kHelloHeadBytes + length) return need_more(kHelloHeadBytes + length);
  frame.kind = LengthFrame::Kind::kFrame;
  frame.protocol = first;
  frame.server_id = static_cast<int64_t>(load_be64(in.data() + 8));
  frame.addresses = in.substr(kHelloHeadBytes, length);
  frame.consumed = kHelloHeadBytes + length;
  return frame;
}

}  // namespace zookernel::wire
