#include "tests/unit/zab/script.h"

#include <catch2/catch_test_macros.hpp>
#include <cinttypes>
#include <cstdio>

#include "zookernel/wire/ensemble_text.h"
#include "zookernel/wire/frame.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::zab {
namespace {

using wire::PacketType;

std::string hex(int64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%" PRIx64, static_cast<uint64_t>(value));
  return text;
}

// key=value among the words; `otherwise` where it is not.
std::string value(const std::string& words, const std::string& key, const std::string& otherwise) {
  const size_t at = (" " + words).find(" " + key + "=");
  if (at == std::string::npos) return otherwise;
  const size_t from = at + key.size() + 1;
  return words.substr(from, words.find(' ', from) - from);
}

int64_t number(const std::string& words, const std::string& key, int64_t otherwise) {
  return std::stoll(value(words, key, std::to_string(otherwise)));
}

// "1,2,3o": servers 1 and 2 vote, 3 observes.
Ensemble ensemble_of_ids(const std::string& ids, Zxid version) {
  Ensemble made;
  std::istringstream each(ids);
  for (std::string id; std::getline(each, id, ',');) {
    const int64_t number = std::stoll(id);
    const std::string host = "n" + std::to_string(number);
    made.members.push_back(
        {ServerId{number}, {{host, 2888}}, {{host, 3888}}, std::nullopt, id.ends_with('o')});
  }
  made.version = version.value;
  return made;
}

std::string ids_of(const Ensemble& ensemble) {
  std::string text;
  for (const Member& member : ensemble.members)
    text +=
        (text.empty() ? "" : ",") + std::to_string(member.id.value) + (member.observer ? "o" : "");
  return text + " @ " + zxid_text(Zxid{ensemble.version});
}

std::string ids_of(const std::string& config) {
  const Result<Ensemble> read = wire::parse_ensemble_text(config, {});
  return read.ok() ? ids_of(*read) : "nothing";
}

// With reconfig=IDS a change of the ensemble.
std::string transaction_with(const std::string& words, Zxid zxid) {
  const std::string ids = value(words, "reconfig", "");
  if (ids.empty()) return transaction(zxid);
  wire::SetDataTxn body;
  body.path = "/zookeeper/config";
  body.data = wire::ensemble_text(ensemble_of_ids(ids, zxid));
  body.version = -1;
  return wire::encoded(wire::TxnHeader{7, 1, zxid.value, 1000, 16}) + wire::encoded(body);
}

PacketType type_named(const std::string& name) {
  for (int32_t i = 1; i <= 19; ++i) {
    if (wire::packet_type_name(static_cast<PacketType>(i)) == name)
      return static_cast<PacketType>(i);
  }
  FAIL("no packet is named " << name);
  return {};
}

// A tree of `nodes` znodes and the end mark.
std::string tree(int64_t nodes) {
  Buffer out;
  wire::Writer writer(out);
  writer.write_int(0);
  writer.write_int(0);
  for (int64_t i = 0; i < nodes; ++i) {
    writer.write_string(i == 0 ? "" : "/n" + std::to_string(i));
    writer.write_buffer("data");
    writer.write_long(-1);
    writer.write_raw(std::string(wire::kStatPersistedBytes, '\0'));
  }
  writer.write_string("/");
  writer.write_string(wire::kSnapshotStreamEnd);
  return std::string(out.view());
}

std::string packet(const std::string& text) {
  std::istringstream words(text);
  std::string name, zxid_word;
  words >> name >> zxid_word;
  if (name == "TREE") return tree(std::stoll(zxid_word));
  if (name == "RAW") return zxid_word;
  const PacketType type = type_named(name);
  const bool has_zxid = zxid_word.find(':') != std::string::npos;
  Zxid zxid = has_zxid ? parse_zxid(zxid_word) : Zxid{-1};
  Buffer data;
  wire::Writer writer(data);
  bool null = false;
  switch (type) {
    case PacketType::kFollowerInfo:
    case PacketType::kObserverInfo:
      writer.write_long(number(text, "sid", 1));
      writer.write_int(wire::kLearnerProtocolVersion);
      writer.write_long(number(text, "config", 0));
      break;
    case PacketType::kLeaderInfo:
      writer.write_int(wire::kLearnerProtocolVersion);
      break;
    case PacketType::kAckEpoch:
      writer.write_int(static_cast<int32_t>(number(text, "epoch", 0)));
      break;
    case PacketType::kProposal:
    case PacketType::kInform:
      writer.write_raw(transaction_with(text, zxid));
      break;
    case PacketType::kInformAndActivate:
      writer.write_long(number(text, "designated", 3));
      writer.write_raw(transaction_with(text, zxid));
      break;
    case PacketType::kCommitAndActivate:
      writer.write_long(number(text, "designated", 3));
      break;
    case PacketType::kNewLeader: {
      const std::string ids = value(text, "config", "");
      const std::string version = value(text, "version", "0:0");
      writer.write_raw(ids.empty()
                           ? "version=0"
                           : wire::ensemble_text(ensemble_of_ids(ids, parse_zxid(version))));
      break;
    }
    case PacketType::kRequest:
      writer.write_long(number(text, "session", 7));
      writer.write_int(static_cast<int32_t>(number(text, "cxid", 1)));
      writer.write_int(static_cast<int32_t>(number(text, "type", 5)));
      writer.write_raw(value(text, "body", ""));
      break;
    case PacketType::kRevalidate:
      writer.write_long(number(text, "session", 7));
      if (text.find("valid=") != std::string::npos) {
        writer.write_bool(value(text, "valid", "") == "yes");
      } else {
        writer.write_int(static_cast<int32_t>(number(text, "timeout", 6000)));
      }
      break;
    case PacketType::kPing:
      if (text.find("session=") == std::string::npos) break;
      writer.write_long(number(text, "session", 7));
      writer.write_int(static_cast<int32_t>(number(text, "timeout", 6000)));
      break;
    default:
      null = true;
  }
  return std::string(quorum_packet(type, zxid, {data.view(), null}).view());
}

}  // namespace

std::string zxid_text(Zxid zxid) {
  return zxid.value < 0 ? "-" + std::to_string(-zxid.value)
                        : hex(zxid.epoch()) + ":" + hex(zxid.counter());
}

Zxid parse_zxid(const std::string& text) {
  const size_t colon = text.find(':');
  return {(std::stoll(text.substr(0, colon), nullptr, 16) << 32) |
          std::stoll(text.substr(colon + 1), nullptr, 16)};
}

std::string transaction(Zxid zxid) {
  return wire::encoded(wire::TxnHeader{7, 1, zxid.value, 1000, 5});
}

std::string Script::run(const std::string& command) {
  std::istringstream words(command);
  std::string verb, name;
  words >> verb;
  std::string rest;
  std::getline(words >> std::ws, rest);
  std::istringstream arguments(rest);
  if (verb == "machine") {
    make(arguments);
  } else if (verb == "time") {
    now_ms_ += std::stoll(rest);
    step(Tick{now_ms_, now_ms_});
  } else if (verb == "elect") {
    elect(std::stoll(rest));
  } else if (verb == "open") {
    conns_[rest] = ConnId{++last_conn_};
    step(Opened{conns_[rest], Channel::kQuorum, {}, 0});
  } else if (verb == "opened") {
    conns_["leader"] = ConnId{++last_conn_};
    step(Opened{conns_["leader"], Channel::kQuorum, {}, last_dial_});
  } else if (verb == "refused") {
    step(DialFailed{last_dial_});
  } else if (verb == "closed") {
    step(Closed{conn(rest)});
  } else if (verb == "recv") {
    arguments >> name;
    std::getline(arguments >> std::ws, rest);
    recv(conn(name), rest);
  } else if (verb == "durable") {
    step(Durable{rest.empty() ? ticket_ : static_cast<uint64_t>(std::stoull(rest))});
  } else if (verb == "propose") {
    const Zxid zxid = parse_zxid(rest);
    step(Propose{{zxid, SharedBytes(transaction_with(rest, zxid))}});
  } else if (verb == "forward") {
    ForwardedRequest request;
    std::string type;
    arguments >> request.session.value >> type;
    request.type = type == "sync" ? 9 : 5;
    request.cxid = 1;
    request.ids.emplace_back("ip", "127.0.0.1");
    step(Forward{request});
  } else if (verb == "sync") {
    step(Sync{rest.empty() ? ConnId{} : conn(rest)});
  } else if (verb == "touch") {
    step(Touch{SessionId{std::stoll(rest)}, 6000});
  } else if (verb == "revalidate") {
    step(Revalidate{SessionId{std::stoll(rest)}, 6000});
  } else if (verb == "answer") {
    int64_t session = 0;
    std::string yes;
    arguments >> name >> session >> yes;
    step(RevalidateAnswer{conn(name), SessionId{session}, yes == "yes"});
  } else if (verb == "snapshot-sent") {
    step(SnapshotSent{conn(rest)});
  } else if (verb == "log-read") {
    arguments >> name;
    LogRead read{conn(name), {}, false, false};
    for (std::string word; arguments >> word;) {
      if (word == "last") {
        read.last = true;
      } else if (word == "missing") {
        read.missing = true;
      } else {
        const Zxid zxid = parse_zxid(word);
        read.records.push_back({zxid, SharedBytes(transaction(zxid))});
      }
    }
    step(read);
  } else if (verb == "rewound") {
    step(Rewound{rest == "-1" ? Zxid{-1} : parse_zxid(rest)});
  } else {
    FAIL("no command is named " << verb);
  }
  return effects_text();
}

void Script::make(std::istringstream& arguments) {
  const std::string words = arguments.str();
  const int64_t voters = number(words, "voters", 3);
  const int64_t all = voters + number(words, "observers", 0);
  ensemble_ = {};
  for (int64_t id = 1; id <= all; ++id) {
    const std::string host = "n" + std::to_string(id);
    ensemble_.members.push_back(
        {ServerId{id}, {{host, 2888}}, {{host, 3888}}, std::nullopt, id > voters});
  }
  ensemble_.self = ServerId{number(words, "id", 1)};
  ensemble_.reconfig_enabled = value(words, "reconfig", "no") == "yes";
  ensemble_.version = parse_zxid(value(words, "version", "0:0")).value;
  const std::string proposed = value(words, "proposed", "");
  if (!proposed.empty())
    ensemble_.proposed = wire::ensemble_text(
        ensemble_of_ids(proposed, parse_zxid(value(words, "proposed_version", "1:1"))));
  ensemble_.tick_ms = 2000;
  ensemble_.init_limit_ticks = 5;
  ensemble_.sync_limit_ticks = 2;
  ensemble_.observer_delay_ms = 0;
  ensemble_.committed_log_max = static_cast<int32_t>(number(words, "memory", 500));
  ensemble_.log_sync = value(words, "disk", "yes") == "yes";
  const std::string last = value(words, "last", "0:0");
  auto made =
      ZabMachine::make(ensemble_, {number(words, "accepted", 0), number(words, "current", 0)},
                       last == "-1" ? Zxid{-1} : parse_zxid(last), 1,
                       static_cast<uint32_t>(number(words, "counter_end", 0xffffffff)));
  REQUIRE(made.ok());
  machine_ = std::move(made.value());
  conns_.clear();
  election_conns_.clear();
  election_dials_.clear();
  effects_.clear();
  ticket_ = 0;
  step(Tick{now_ms_, now_ms_});
  note_dials();
  effects_.clear();
}

void Script::note_dials() {
  for (const Dial& dial : effects_.dial) {
    if (dial.channel == Channel::kElection) election_dials_[dial.to.host] = dial.token;
  }
}

// Votes come over connections of the election port, one for each voter: those with a larger id
// dialled us, the others we dialled. What this server says there is not shown.
void Script::elect(int64_t leader) {
  const Vote own = machine_->election().proposal();
  // Those who have no say hear of a leader that is there already.
  const bool settled = machine_->local().observer || machine_->local().distrusted;
  note_dials();
  for (const Member& member : ensemble_.members) {
    const int64_t id = member.id.value;
    if (member.observer || id == ensemble_.self.value) continue;
    ConnId& link = election_conns_[id];
    if (link.value == 0) {
      link = ConnId{++last_conn_};
      const bool dials_us = id > ensemble_.self.value;
      step(Opened{link,
                  Channel::kElection,
                  {},
                  dials_us ? 0 : election_dials_.at(member.election[0].host)});
      Buffer hello;
      wire::Writer writer(hello);
      wire::write_hello(writer, {wire::kElectionProtocolV1, id, "h:1"});
      if (dials_us) step(Received{link, hello.view()});
    }
    wire::Notification vote;
    vote.state = settled ? (id == leader ? 2 : 1) : 0;
    vote.leader = leader;
    vote.zxid = settled ? 0 : own.zxid.value;
    // Better than ours, when it is not for us.
    vote.peer_epoch = (settled ? 0 : own.peer_epoch) + (leader == ensemble_.self.value ? 0 : 1);
    vote.election_epoch = machine_->election().round();
    Buffer bytes;
    wire::Writer writer(bytes);
    wire::write_notification(writer, vote);
    step(Received{link, bytes.view()});
  }
  now_ms_ += 200;
  step(Tick{now_ms_, now_ms_});
  note_dials();
  std::erase_if(effects_.dial, [](const Dial& dial) { return dial.channel == Channel::kElection; });
  std::erase_if(effects_.send, [](const Send& send) {
    wire::QuorumPacketView view;
    return wire::next_quorum_packet(send.bytes.view(), 1 << 20, view).kind !=
               wire::QuorumFrame::Kind::kPacket ||
           view.type < 1 || view.type > 19;
  });
}

void Script::recv(ConnId from, const std::string& packets) {
  std::string bytes;
  for (size_t at = 0; at < packets.size();) {
    const size_t end = std::min(packets.find(';', at), packets.size());
    const size_t begin = packets.find_first_not_of(' ', at);
    bytes += packet(packets.substr(begin, end - begin));
    at = end + 1;
  }
  step(Received{from, bytes});
}

void Script::step(const ConsensusInput& input) {
  machine_->step(input, effects_);
}

ConnId Script::conn(const std::string& name) const {
  const auto found = conns_.find(name);
  if (found == conns_.end()) FAIL("no connection is named " << name);
  return found->second;
}

std::string Script::name_of(ConnId conn) const {
  for (const auto& [name, id] : conns_) {
    if (id == conn) return name;
  }
  return "election";
}

std::string Script::packet_text(Bytes bytes) const {
  std::string text;
  while (!bytes.empty()) {
    wire::QuorumPacketView view;
    const wire::QuorumFrame frame = wire::next_quorum_packet(bytes, 1 << 20, view);
    if (frame.kind != wire::QuorumFrame::Kind::kPacket) return text + "?";
    bytes.remove_prefix(frame.consumed);
    const auto type = static_cast<PacketType>(view.type);
    text += std::string(wire::packet_type_name(type)) + " " + zxid_text(Zxid{view.zxid});
    wire::Reader reader(view.data.bytes);
    if (type == PacketType::kAckEpoch) text += " epoch=" + std::to_string(reader.read_int());
    if (type == PacketType::kRequest || type == PacketType::kRevalidate)
      text += " session=" + std::to_string(reader.read_long());
    if (type == PacketType::kRevalidate && reader.remaining() == 1)
      text += reader.read_bool() ? " valid" : " invalid";
    if (type == PacketType::kPing && view.data.null) text += " ask";
    if (type == PacketType::kCommitAndActivate || type == PacketType::kInformAndActivate)
      text += " designated=" + std::to_string(reader.read_long());
    if (type == PacketType::kNewLeader && machine_->ensemble()->reconfig_enabled)
      text += " " + ids_of(std::string(view.data.bytes));
    while (type == PacketType::kPing && reader.remaining() >= 12) {
      text += " session=" + std::to_string(reader.read_long());
      reader.read_int();
    }
  }
  return text;
}

std::string Script::effects_text() {
  static const char* const kRoles[] = {"LOOKING",   "standalone", "LEADING",
                                       "FOLLOWING", "OBSERVING",  "read-only"};
  std::string text;
  const auto line = [&text](const std::string& one) { text += one + "\n"; };
  for (const LogRecord& record : effects_.commit) line("commit " + zxid_text(record.zxid));
  for (const Reconfigured& change : effects_.reconfigured) line("ENSEMBLE " + ids_of(change.text));
  for (const RoleChange& change : effects_.roles)
    line(std::string(kRoles[static_cast<int>(change.role)]) + " " + zxid_text(change.last) + ": " +
         change.why);
  for (const InstallSnapshot& piece : effects_.install)
    line("install " + zxid_text(piece.zxid) + " " + std::to_string(piece.bytes.size()) + " bytes" +
         (piece.begin ? " begin" : "") + (piece.last ? " last" : ""));
  if (effects_.rewind) line("rewind");
  for (const ConnId conn : effects_.stream_snapshot) line("stream the tree to " + name_of(conn));
  for (const ReadLog& read : effects_.read_log)
    line("read the log for " + name_of(read.conn) + " from " + zxid_text(read.from) + " to " +
         zxid_text(read.to));
  for (const Persist& persist : effects_.persist) {
    std::string one = "persist " + std::to_string(persist.ticket);
    ticket_ = persist.ticket;
    for (const ConfigFile& file : persist.config)
      one += (file.in_force ? ", in force " : ", proposed ") + ids_of(file.text);
    if (persist.truncate_after) one += ", cut after " + zxid_text(*persist.truncate_after);
    if (persist.snapshot) one += ", the snapshot";
    for (const LogRecord& record : persist.append) one += ", " + zxid_text(record.zxid);
    if (persist.epochs)
      one += ", accepted " + std::to_string(*persist.epochs->accepted) + " current " +
             std::to_string(*persist.epochs->current);
    line(one);
    for (const Send& send : persist.then)
      line("  then " + name_of(send.conn) + " <- " + packet_text(send.bytes.view()));
  }
  for (const Send& send : effects_.send) {
    if (name_of(send.conn) != "election")
      line(name_of(send.conn) + " <- " + packet_text(send.bytes.view()));
  }
  for (const FromLearner& sent : effects_.from_learners) {
    if (const auto* request = std::get_if<ForwardedRequest>(&sent.what)) {
      line("request of " + name_of(sent.learner) +
           " session=" + std::to_string(request->session.value) +
           " type=" + std::to_string(request->type) + " body=" + std::string(request->body));
    } else if (const auto* touch = std::get_if<Touch>(&sent.what)) {
      line("touch of " + name_of(sent.learner) +
           " session=" + std::to_string(touch->session.value));
    } else {
      line("revalidate of " + name_of(sent.learner) +
           " session=" + std::to_string(std::get<RevalidateAsk>(sent.what).session.value));
    }
  }
  for (const RevalidatedSession& answer : effects_.revalidated)
    line("session " + std::to_string(answer.session.value) +
         (answer.valid ? " valid" : " invalid"));
  if (effects_.synced != 0) line("synced " + std::to_string(effects_.synced));
  note_dials();
  for (const Dial& dial : effects_.dial) {
    if (dial.channel == Channel::kElection) continue;
    last_dial_ = dial.token;
    line("dial " + dial.to.host);
  }
  for (const ConnId conn : effects_.close) {
    if (name_of(conn) != "election") line("close " + name_of(conn));
  }
  effects_.clear();
  return text;
}

}  // namespace zookernel::zab
