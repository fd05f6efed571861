// The bytes of a quorum connection, cut into packets. [core]
//
//   input.feed(bytes);
//   while (input.next(packet) == kPacket) ...      the packet borrows from `bytes` or from the
//   input input.keep_rest();                             before `bytes` go away
#pragma once

#include <string>
#include <utility>

#include "zookernel/wire/frame.h"

namespace zookernel::zab {

class QuorumInput {
 public:
  using Kind = wire::QuorumFrame::Kind;

  explicit QuorumInput(uint32_t field_bytes_max) : field_bytes_max_(field_bytes_max) {}

  void feed(Bytes bytes) {
    if (pending_.empty()) {
      rest_ = bytes;
    } else {
      pending_.append(bytes);
      rest_ = pending_;
    }
  }
  Kind next(wire::QuorumPacketView& packet) {
    // A large packet is looked at again when it can be whole, not with each piece of it.
    if (rest_.empty() || rest_.size() < wanted_) return Kind::kNeedMore;
    const wire::QuorumFrame frame = wire::next_quorum_packet(rest_, field_bytes_max_, packet);
    wanted_ = frame.kind == Kind::kNeedMore ? frame.wanted : 0;
    if (frame.kind == Kind::kPacket) rest_.remove_prefix(frame.consumed);
    return frame.kind;
  }
  // What is not a packet: the stream after SNAP.
  [[nodiscard]] Bytes rest() const { return rest_; }
  void skip(size_t count) { rest_.remove_prefix(count); }
  void keep_rest() {
    pending_ = std::string(rest_);
    rest_ = {};
  }
  [[nodiscard]] bool empty() const { return pending_.empty(); }

 private:
  const uint32_t field_bytes_max_;
  std::string pending_;
  Bytes rest_;
  size_t wanted_ = 0;
};

}  // namespace zookernel::zab
