// Recorded conversations between Apache's servers, with our machine in the place of the learner:
// fed with what Apache's leader sent, it must answer what Apache's learner answered.
// Acknowledgements, that is: requests, pings and questions about sessions come from clients, which
// are not there.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "plugins/consensus/zab/machine/learner.h"
#include "zookernel/wire/frame.h"

namespace zookernel::zab {
namespace {

namespace fs = std::filesystem;
using wire::PacketType;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Said {
  PacketType type;
  int64_t zxid;
  std::string data;
  std::string bytes;
};

// Packets one after the other; an incomplete one at the end is left out.
std::vector<Said> packets(Bytes stream) {
  std::vector<Said> found;
  wire::QuorumPacketView view;
  while (!stream.empty()) {
    const wire::QuorumFrame frame = wire::next_quorum_packet(stream, 1 << 24, view);
    if (frame.kind != wire::QuorumFrame::Kind::kPacket) break;
    found.push_back({static_cast<PacketType>(view.type), view.zxid, std::string(view.data.bytes),
                     std::string(stream.substr(0, frame.consumed))});
    stream.remove_prefix(frame.consumed);
  }
  return found;
}

bool is_acknowledgement(PacketType type) {
  return type == PacketType::kFollowerInfo || type == PacketType::kObserverInfo ||
         type == PacketType::kAckEpoch || type == PacketType::kAck;
}

// The second ACK of the epoch answers UPTODATE, and Apache's learner acknowledges proposals after
// it only; ours does as soon as they are on disk. A zxid that was proposed twice is acknowledged
// twice by Apache's.
std::string acknowledgements(const std::vector<Said>& said) {
  std::string text, before;
  bool epoch = false;
  for (const Said& one : said) {
    if (!is_acknowledgement(one.type)) continue;
    if (one.type == PacketType::kAck && Zxid{one.zxid}.counter() == 0 && std::exchange(epoch, true))
      continue;
    const std::string line =
        std::string(wire::packet_type_name(one.type)) + " " + std::to_string(one.zxid) + "\n";
    if (line != before) text += line;
    before = line;
  }
  return text;
}

// A learner of ours where Apache's stood when it connected.
struct Replay {
  explicit Replay(const std::vector<Said>& recorded)
      : local{ensemble(recorded), QuorumVerifier::of(ensemble(recorded)).value(),
              "version=0",        recorded[0].type == PacketType::kObserverInfo,
              0xffffffff,         History(last(recorded), 500)},
        learner(local, ServerId{1000}) {
    local.accepted_epoch = Zxid{recorded[0].zxid}.epoch();
    const auto epoch = static_cast<int32_t>(load_be32(recorded[1].data.data()));
    // -1: it had accepted this epoch before.
    local.current_epoch = std::max(epoch, 0);
  }
  static Zxid last(const std::vector<Said>& recorded) { return Zxid{recorded[1].zxid}; }
  static Ensemble ensemble(const std::vector<Said>& recorded) {
    const wire::LearnerInfo info = wire::read_learner_info(recorded[0].data);
    Ensemble made;
    made.self = ServerId{*info.server_id};
    made.version = info.config_version.value_or(0);
    made.members.push_back({made.self,
                            {{"a", 1}},
                            {{"a", 2}},
                            std::nullopt,
                            recorded[0].type == PacketType::kObserverInfo});
    made.members.push_back({ServerId{1000}, {{"b", 1}}, {{"b", 2}}, std::nullopt, false});
    made.init_limit_ticks = made.sync_limit_ticks = 1000;
    return made;
  }

  void step(const std::function<void(Outlet&)>& call) {
    ConsensusEffects effects;
    Outlet out(effects, counters, 0);
    call(out);
    const bool rewind = effects.rewind;
    // The disk is quick: everything is durable at once.
    for (const Persist& persist : effects.persist) {
      for (const Send& send : persist.then) sent += send.bytes.view();
      records += persist.append.size();
      snapshots += persist.snapshot ? 1 : 0;
    }
    for (const Send& send : effects.send) sent += send.bytes.view();
    commits += effects.commit.size();
    roles += effects.roles.size();
    if (rewind) step([this](Outlet& again) { learner.on_rewound(local.history.last(), again); });
  }
  void run(const std::string& stream) {
    step([this](Outlet& out) { learner.begin(out); });
    step([this](Outlet& out) {
      learner.on_opened({ConnId{1}, Channel::kQuorum, {}, counters.dial}, out);
    });
    for (size_t at = 0; at < stream.size(); at += 1000) {
      const std::string piece = stream.substr(at, 1000);
      step([this, &piece](Outlet& out) { learner.on_received(ConnId{1}, piece, out); });
    }
  }

  LocalState local;
  Learner learner;
  Outlet::Counters counters;
  std::string sent;
  size_t records = 0, snapshots = 0, commits = 0, roles = 0;
};

}  // namespace

TEST_CASE("Learner: answers a recorded leader as the recorded learner did", "[zab][recorded]") {
  size_t streams = 0, records = 0, snapshots = 0;
  for (const auto& entry : fs::directory_iterator(ZOOKERNEL_WIRE_TESTDATA)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".quorum-") == std::string::npos || !name.ends_with(".s2c.bin")) continue;
    if (name.starts_with("quorum-sasl")) continue;  // which the machine does not do
    // The zxids of these were made to jump close to the end of the epoch, which we refuse.
    if (name.starts_with("zxid-rollover.quorum-001") ||
        name.starts_with("zxid-rollover.quorum-002"))
      continue;
    const std::string stream = read_file(entry.path());
    const std::vector<Said> recorded = packets(
        read_file(entry.path().parent_path() / (name.substr(0, name.size() - 8) + ".c2s.bin")));
    if (recorded.size() < 3 || recorded[1].type != PacketType::kAckEpoch) continue;
    INFO(name);

    Replay replay(recorded);
    replay.run(stream);
    const char* why = replay.learner.failed();
    CHECK(std::string(why == nullptr ? "" : why) == "");

    const std::string ours = acknowledgements(packets(replay.sent));
    const std::string theirs = acknowledgements(recorded);
    // The recording may end before the last answers.
    CHECK(ours.substr(0, theirs.size()) == theirs);
    CHECK(replay.roles == 1);
    ++streams;
    records += replay.records;
    snapshots += replay.snapshots;
  }
  CHECK(streams >= 15);
  CHECK(records > 500);
  CHECK(snapshots >= 3);
}

}  // namespace zookernel::zab
