// fuzz-libs: zookernel_zab_machine
// A server of an ensemble and a peer that says what it likes: the first byte picks where, the rest
// is what it says, in pieces.
//
//   0  the election port, to a server that looks
//   1  the quorum port, from a learner to a leader in discovery
//   2  the quorum port, from a learner to a leader that serves
//   3  the quorum port, from a leader to a follower that connected
//   4  the quorum port, from a leader to a follower that serves
//
// Whatever is said, the machine must go on, and what it wants to be written must be in order.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "plugins/consensus/zab/machine/machine.h"
#include "zookernel/assert.h"
#include "zookernel/wire/records/txn.h"

namespace {

using namespace zookernel;
using wire::PacketType;
using zab::ZabMachine;

constexpr ConnId kOther{1}, kPeer{2}, kElection{3};

class World {
 public:
  explicit World(int64_t self) {
    Ensemble three;
    for (int id = 1; id <= 3; ++id) {
      three.members.push_back({ServerId{id},
                               {{"n" + std::to_string(id), 2888}},
                               {{"n" + std::to_string(id), 3888}},
                               std::nullopt,
                               false});
    }
    three.self = ServerId{self};
    three.init_limit_ticks = three.sync_limit_ticks = 5;
    machine_ = std::move(ZabMachine::make(three, {1, 1}, Zxid{0x100000003}, 1).value());
    step(Tick{0, 0});
  }

  // Server 3 leads, or this one does.
  void elect() {
    const auto self = machine_->local().ensemble.self;
    const int64_t voter = self.value == 3 ? 2 : 3;
    uint64_t token = 0;
    for (const Dial& dial : dials_)
      if (dial.to.host == "n" + std::to_string(voter)) token = dial.token;
    step(Opened{kElection, Channel::kElection, {}, voter > self.value ? 0 : token});
    Buffer bytes;
    wire::Writer writer(bytes);
    if (voter > self.value) wire::write_hello(writer, {wire::kElectionProtocolV1, voter, "h:1"});
    wire::Notification vote;
    vote.leader = 3;
    vote.zxid = 0x100000003;
    vote.election_epoch = 1;
    vote.peer_epoch = 1;
    wire::write_notification(writer, vote);
    step(Received{kElection, bytes.view()});
    step(Tick{1000, 1000});
  }
  void packet(ConnId conn, PacketType type, int64_t zxid, const std::string& data) {
    step(Received{conn, zab::quorum_packet(type, Zxid{zxid}, {data}).view()});
  }
  static std::string be32(uint32_t value) {
    std::string bytes(4, '\0');
    store_be32(bytes.data(), value);
    return bytes;
  }
  // To where a server that leads serves, with server 1 as its quorum.
  void serve_as_leader() {
    step(Opened{kOther, Channel::kQuorum, {}, 0});
    packet(kOther, PacketType::kFollowerInfo, 0x100000000,
           wire::encoded(wire::LearnerInfo{1, wire::kLearnerProtocolVersion, 0}));
    packet(kOther, PacketType::kAckEpoch, 0x100000003, be32(1));
    packet(kOther, PacketType::kAck, 0x200000000, "");
    for (int64_t i = 1; i <= 3; ++i) {
      const int64_t zxid = 0x200000000 + i;
      step(Propose{{Zxid{zxid}, SharedBytes(wire::encoded(wire::TxnHeader{7, 1, zxid, 0, 5}))}});
    }
    step(Opened{kPeer, Channel::kQuorum, {}, 0});
  }
  void connect_to_leader() {
    for (const Dial& dial : dials_)
      if (dial.channel == Channel::kQuorum) step(Opened{kPeer, Channel::kQuorum, {}, dial.token});
  }
  void serve_as_follower() {
    packet(kPeer, PacketType::kLeaderInfo, 0x200000000, be32(0x10000));
    packet(kPeer, PacketType::kDiff, 0x100000003, "");
    packet(kPeer, PacketType::kNewLeader, 0x200000000, "version=0");
    packet(kPeer, PacketType::kUpToDate, -1, "");
  }
  void say(Bytes bytes) {
    for (size_t at = 0; at < bytes.size(); at += 700) step(Received{kPeer, bytes.substr(at, 700)});
  }
  void open(Channel channel) { step(Opened{kPeer, channel, {}, 0}); }
  void end() {
    step(Closed{kPeer});
    step(Tick{2000, 2000});
    step(Tick{100000, 100000});
  }

 private:
  void step(const ConsensusInput& input) {
    ConsensusEffects effects;
    machine_->step(input, effects);
    for (const Dial& dial : effects.dial) dials_.push_back(dial);
    for (const Persist& persist : effects.persist) {
      ZOOKERNEL_ASSERT(persist.ticket == ticket_ + 1);
      ticket_ = persist.ticket;
      for (size_t i = 1; i < persist.append.size(); ++i)
        ZOOKERNEL_ASSERT(persist.append[i].zxid > persist.append[i - 1].zxid);
    }
    for (size_t i = 1; i < effects.commit.size(); ++i)
      ZOOKERNEL_ASSERT(effects.commit[i].zxid > effects.commit[i - 1].zxid);
    if (ticket_ != durable_) {
      durable_ = ticket_;
      step(Durable{ticket_});
    }
    if (effects.rewind) step(Rewound{machine_->local().history.last()});
  }

  std::unique_ptr<ZabMachine> machine_;
  std::vector<Dial> dials_;
  uint64_t ticket_ = 0, durable_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int where = data[0] % 5;
  World world(where == 0 ? 2 : where <= 2 ? 3 : 1);
  if (where != 0) world.elect();
  if (where == 0) world.open(Channel::kElection);
  if (where == 1) world.open(Channel::kQuorum);
  if (where == 2) world.serve_as_leader();
  if (where >= 3) world.connect_to_leader();
  if (where == 4) world.serve_as_follower();
  world.say(bytes);
  world.end();
  return 0;
}
