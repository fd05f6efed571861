// fuzz-libs: zookernel::wire
// The framers: the first byte picks one, the rest is the stream. Messages are taken until none is
// whole. What a framer says must be consistent: nothing used up beyond the input, payloads inside
// it, "need more" never for bytes that are there already, and the same answer for the same bytes.

#include <cstddef>
#include <cstdint>

#include "zookernel/assert.h"
#include "zookernel/wire/frame.h"

namespace {

using zookernel::Bytes;
namespace wire = zookernel::wire;

constexpr uint32_t kMaxBuffer = 0xfffff;
constexpr uint32_t kSmallMax = 64;

void check_inside(Bytes in, Bytes part) {
  if (part.empty()) return;
  ZOOKERNEL_ASSERT(part.data() >= in.data());
  ZOOKERNEL_ASSERT(part.data() + part.size() <= in.data() + in.size());
}

void client(Bytes in, wire::FramingState state, uint32_t max_payload) {
  for (;;) {
    const wire::ClientFrame frame = wire::next_client_frame(in, state, max_payload);
    switch (frame.kind) {
      case wire::ClientFrame::Kind::kNeedMore:
        ZOOKERNEL_ASSERT(frame.wanted > in.size());
        ZOOKERNEL_ASSERT(frame.wanted <= size_t{4} + (max_payload < 8 ? 8 : max_payload));
        return;
      case wire::ClientFrame::Kind::kBad:
        ZOOKERNEL_ASSERT(frame.problem != nullptr);
        return;
      case wire::ClientFrame::Kind::kFourLetter:
        ZOOKERNEL_ASSERT(state == wire::FramingState::kHandshake);
        ZOOKERNEL_ASSERT(frame.word == in.substr(0, 4));
        break;
      case wire::ClientFrame::Kind::kFrame:
        ZOOKERNEL_ASSERT(frame.payload.size() <= max_payload);
        break;
    }
    ZOOKERNEL_ASSERT(frame.consumed >= 4);
    ZOOKERNEL_ASSERT(frame.consumed <= in.size());
    check_inside(in, frame.payload);
    in.remove_prefix(frame.consumed);
    state = wire::FramingState::kServing;
  }
}

void quorum(Bytes in, uint32_t max_field) {
  wire::QuorumPacketView packet;
  for (;;) {
    const wire::QuorumFrame frame = wire::next_quorum_packet(in, max_field, packet);
    if (frame.kind == wire::QuorumFrame::Kind::kNeedMore)
      ZOOKERNEL_ASSERT(frame.wanted > in.size());
    if (frame.kind == wire::QuorumFrame::Kind::kBad) ZOOKERNEL_ASSERT(frame.problem != nullptr);
    if (frame.kind != wire::QuorumFrame::Kind::kPacket) return;
    ZOOKERNEL_ASSERT(frame.consumed >= 20);
    ZOOKERNEL_ASSERT(frame.consumed <= in.size());
    ZOOKERNEL_ASSERT(packet.data.bytes.size() <= max_field);
    check_inside(in, packet.data.bytes);
    for (const wire::IdView& id : packet.authinfo) {
      check_inside(in, id.scheme.bytes);
      check_inside(in, id.id.bytes);
    }
    in.remove_prefix(frame.consumed);
  }
}

void quorum_auth(Bytes in) {
  const wire::QuorumAuthFrame frame = wire::next_quorum_auth(in, kSmallMax);
  if (frame.kind == wire::QuorumFrame::Kind::kNeedMore) ZOOKERNEL_ASSERT(frame.wanted > in.size());
  if (frame.kind == wire::QuorumFrame::Kind::kPacket) {
    ZOOKERNEL_ASSERT(frame.consumed <= in.size());
    ZOOKERNEL_ASSERT(wire::probe_quorum_auth(in) == wire::AuthProbe::kAuth);
    check_inside(in, frame.token.bytes);
  }
}

void election(Bytes in) {
  const wire::HelloFrame hello = wire::next_hello(in);
  if (hello.kind == wire::LengthFrame::Kind::kNeedMore) ZOOKERNEL_ASSERT(hello.wanted > in.size());
  if (hello.kind != wire::LengthFrame::Kind::kFrame) return;
  check_inside(in, hello.addresses);
  in.remove_prefix(hello.consumed);
  for (;;) {
    const wire::LengthFrame frame = wire::next_election_frame(in);
    if (frame.kind == wire::LengthFrame::Kind::kNeedMore)
      ZOOKERNEL_ASSERT(frame.wanted > in.size());
    if (frame.kind != wire::LengthFrame::Kind::kFrame) return;
    wire::Notification notification;
    if (!wire::read_notification(frame.payload, notification, nullptr)) return;
    in.remove_prefix(frame.consumed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      client(in, wire::FramingState::kHandshake, kMaxBuffer);
      break;
    case 1:
      client(in, wire::FramingState::kServing, kMaxBuffer);
      break;
    case 2:
      client(in, wire::FramingState::kHandshake, kSmallMax);
      break;
    case 3:
      quorum(in, 2 * kMaxBuffer);
      break;
    case 4:
      quorum(in, kSmallMax);
      break;
    case 5:
      quorum_auth(in);
      break;
    default:
      election(in);
      break;
  }
  return 0;
}
