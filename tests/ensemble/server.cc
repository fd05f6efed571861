#include "tests/ensemble/server.h"

#include <algorithm>
#include <utility>

#include "zookernel/wire/ensemble_text.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/persist.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::ensemble {

// As the tree section of a snapshot: one znode for each transaction.
std::string encode_tree(const Tree& tree) {
  Buffer out;
  wire::Writer writer(out);
  writer.write_int(0);
  writer.write_int(0);
  for (const LogRecord& record : tree) {
    writer.write_string("/" + std::to_string(record.zxid.value));
    writer.write_buffer(record.body.view());
    writer.write_long(-1);
    std::fill_n(writer.extend(wire::kStatPersistedBytes), wire::kStatPersistedBytes, '\0');
  }
  writer.write_string("/");
  return std::string(out.view());
}

Tree decode_tree(Bytes bytes) {
  Tree tree;
  wire::Reader reader(bytes);
  reader.read_int();
  reader.read_int();
  for (;;) {
    const Bytes path = reader.read_string().bytes;
    if (path == "/") return tree;
    ZOOKERNEL_ASSERT(reader.ok());
    const Zxid zxid{std::stoll(std::string(path.substr(1)))};
    tree.push_back({zxid, SharedBytes(reader.read_buffer().bytes)});
    reader.read_long();
    reader.read_raw(wire::kStatPersistedBytes);
  }
}

// As the configuration files say; who was removed comes back as an observer that nobody knows of.
Ensemble ensemble_at_start(const Ensemble& set_up, ServerId id, const Disk::Contents& found) {
  Ensemble own = set_up;
  if (!found.config.empty()) own = wire::parse_ensemble_text(found.config, set_up).value();
  own.self = id;
  own.proposed = found.proposed;
  const Result<Ensemble> proposed = wire::parse_ensemble_text(own.proposed, set_up);
  const bool member = zab::member_of(own, id) != nullptr ||
                      (proposed.ok() && zab::member_of(*proposed, id) != nullptr);
  if (!member) {
    Member self = *zab::member_of(set_up, id);
    self.observer = true;
    own.members.push_back(std::move(self));
    own.version = 0;
    own.proposed.clear();
  }
  return own;
}

Server::Server(const Plan& plan, const Ensemble& ensemble, int id, Disk& disk, Around& around)
    : plan_(plan), id_(id), disk_(disk), around_(around) {
  Disk::Contents found = disk.recover();
  tree_ = std::move(found.tree);
  tree_zxid_ = std::max(found.last, Zxid{0});
  Ensemble own = ensemble_at_start(ensemble, ServerId{id}, found);
  auto made = zab::ZabMachine::make(own, found.epochs, found.last,
                                    plan.seed * 31 + static_cast<uint64_t>(id), plan.counter_end);
  if (!made.ok()) throw Violation("a server comes back", made.error().message);
  machine_ = std::move(made.value());
  next_.push_back([this] { machine_->step(Tick{now_ms(), now_ms()}, effects_); });
  carry_out();
}

void Server::input(const ConsensusInput& input) {
  machine_->step(Tick{now_ms(), now_ms()}, effects_);
  machine_->step(input, effects_);
  carry_out();
}

// Effects lead to inputs, and those to effects: one after the other.
void Server::carry_out() {
  if (std::exchange(stepping_, true)) return;
  int64_t wake_ms = INT64_MAX;
  for (;;) {
    ConsensusEffects todo = std::exchange(effects_, {});
    wake_ms = std::min(wake_ms, todo.wake_at_ms);
    if (plan_.bug == Bug::kCommitOutOfOrder && todo.commit.size() > 1)
      std::swap(todo.commit[0], todo.commit[1]);
    for (const LogRecord& record : todo.commit) apply(record);
    for (const RoleChange& change : todo.roles) take_role(change);
    for (InstallSnapshot& piece : todo.install) install(std::move(piece));
    for (Persist& persist : todo.persist) {
      if (persist.snapshot) installed_.push_back({tree_, tree_zxid_});
      if (plan_.bug == Bug::kEarlyAck) {
        for (Send& send : std::exchange(persist.then, {}))
          around_.network().send(send.conn, send.bytes.view());
      }
      queue_.push(std::move(persist));
    }
    if (todo.rewind) rewinding_ = true;
    for (const ConnId conn : todo.stream_snapshot) stream_snapshot(conn);
    for (const ReadLog& read : todo.read_log) read_log(read);
    for (const Send& send : todo.send) {
      around_.trace().mix(send.bytes.view());
      around_.network().send(send.conn, send.bytes.view());
    }
    for (const ConnId conn : todo.close) around_.network().close(conn);
    for (const Dial& dial : todo.dial)
      around_.network().dial(id_, std::stoi(dial.to.host.substr(1)), dial.channel, dial.token);
    for (const FromLearner& sent : todo.from_learners) from_learner(sent);
    ZOOKERNEL_ASSERT(todo.synced <= syncs_ || role_ == Role::kLooking);
    syncs_ -= std::min(syncs_, todo.synced);
    for (const RevalidatedSession& answer : todo.revalidated) {
      if (answer.valid != (answer.session.value % 2 == 1))
        throw Violation("REVALIDATE", "another answer than the leader gave");
    }
    start_round();
    rewind_if_durable();
    if (next_.empty()) break;
    std::exchange(next_.front(), {})();
    next_.pop_front();
  }
  stepping_ = false;
  note_wake(wake_ms);
}

void Server::apply(const LogRecord& record) {
  tree_.push_back(record);
  tree_zxid_ = record.zxid;
  around_.trace().mix(static_cast<uint64_t>(record.zxid.value));
  if (role_ == Role::kLooking) return;
  around_.checker().committed(id_, tree_);
  const int64_t operation = operation_of(record);
  if (waiting_.erase(operation) != 0) around_.checker().acknowledged(operation);
}

void Server::take_role(const RoleChange& change) {
  around_.trace().mix(static_cast<uint64_t>(change.role) + 100);
  if (around_.trace().printing()) {
    static const char* const kNames[] = {"LOOKING", "standalone", "LEADING", "FOLLOWING",
                                         "OBSERVING"};
    around_.trace().line(around_.now_us(), id_,
                         std::string(kNames[static_cast<int>(change.role)]) + " at " +
                             std::to_string(change.last.epoch()) + ":" +
                             std::to_string(change.last.counter()) + ", " + change.why);
  }
  role_ = change.role;
  waiting_.clear();
  syncs_ = 0;
  arriving_.clear();
  if (role_ == Role::kLooking) return around_.checker().looks(id_, change.why);
  last_proposed_ = change.last;
  touched_.clear();
  around_.checker().serves(id_, role_, change.last, tree_);
}

void Server::install(InstallSnapshot piece) {
  if (piece.begin) arriving_.clear();
  arriving_ += piece.bytes.view();
  if (!piece.last) return;
  tree_ = decode_tree(arriving_);
  tree_zxid_ = piece.zxid;
  arriving_.clear();
}

void Server::stream_snapshot(ConnId conn) {
  Buffer mark;
  wire::Writer(mark).write_string(wire::kSnapshotStreamEnd);
  std::string all = encode_tree(tree_) + std::string(mark.view());
  const size_t cut = around_.random().below(all.size());
  around_.after(id_, 1000,
                [this, conn, first = all.substr(0, cut)] { around_.network().send(conn, first); });
  const int64_t later = 1000 + static_cast<int64_t>(around_.random().below(200000));
  around_.after(id_, later, [this, conn, rest = all.substr(cut)] {
    around_.network().send(conn, rest);
    input(SnapshotSent{conn});
  });
}

void Server::read_log(const ReadLog& read) {
  around_.after(id_, 500 + static_cast<int64_t>(around_.random().below(20000)), [this, read] {
    std::optional<std::vector<LogRecord>> found = disk_.read_log(read.from, read.to);
    if (!found) return input(LogRead{read.conn, {}, true, true});
    const size_t half = found->size() / 2;
    if (half < 2) return input(LogRead{read.conn, *found, true, false});
    const auto middle = found->begin() + static_cast<int64_t>(half);
    input(LogRead{read.conn, {found->begin(), middle}, false, false});
    around_.after(id_, 5000, [this, conn = read.conn, rest = std::vector(middle, found->end())] {
      input(LogRead{conn, rest, true, false});
    });
  });
}

// ---- clients

bool Server::write(int64_t operation) {
  if (!serving()) return false;
  waiting_.insert(operation);
  if (role_ == Role::kLeading) {
    propose(operation, 1);
    carry_out();
    return true;
  }
  ForwardedRequest request;
  request.session = SessionId{operation};
  request.cxid = 1;
  request.type = static_cast<int32_t>(wire::Opcode::kSetData);
  request.body = "body";
  request.ids.emplace_back("ip", "127.0.0.1");
  input(Forward{request});
  return true;
}

void Server::propose(int64_t session, int32_t cxid) {
  if (role_ != Role::kLeading) return;
  last_proposed_ = last_proposed_.next();
  const wire::TxnHeader header{session, cxid, last_proposed_.value, now_ms(),
                               static_cast<int32_t>(wire::Opcode::kSetData)};
  propose(wire::encoded(header));
}

void Server::reconfigure(int64_t operation, const Member& changed, bool remove) {
  const Ensemble* now = machine_->ensemble();
  if (role_ != Role::kLeading || machine_->change_pending()) return;
  Ensemble next = *now;
  std::erase_if(next.members, [&changed](const Member& each) { return each.id == changed.id; });
  if (!remove) next.members.push_back(changed);
  if (std::all_of(next.members.begin(), next.members.end(),
                  [](const Member& each) { return each.observer; }))
    return;
  if (!machine_->has_synced_quorum_of(next)) return;
  last_proposed_ = last_proposed_.next();
  next.version = last_proposed_.value;
  const wire::TxnHeader header{operation, 1, last_proposed_.value, now_ms(),
                               static_cast<int32_t>(wire::Opcode::kReconfig)};
  wire::SetDataTxn body;
  body.path = "/zookeeper/config";
  body.data = wire::ensemble_text(next);
  body.version = -1;
  propose(wire::encoded(header) + wire::encoded(body));
  carry_out();
}

void Server::propose(const std::string& body) {
  const LogRecord record{last_proposed_, SharedBytes(body)};
  around_.checker().proposed(id_, record);
  machine_->step(Tick{now_ms(), now_ms()}, effects_);
  machine_->step(Propose{record}, effects_);
}

void Server::from_learner(const FromLearner& sent) {
  if (const auto* request = std::get_if<ForwardedRequest>(&sent.what)) {
    if (request->type == static_cast<int32_t>(wire::Opcode::kSync)) {
      machine_->step(Sync{sent.learner}, effects_);
      return;
    }
    ZOOKERNEL_ASSERT(request->body == "body" && request->ids.size() == 1);
    return propose(request->session.value, request->cxid);
  }
  if (const auto* touch = std::get_if<Touch>(&sent.what)) {
    touched_[touch->session.value] = now_ms();
    return;
  }
  const RevalidateAsk ask = std::get<RevalidateAsk>(sent.what);
  next_.push_back([this, conn = sent.learner, session = ask.session] {
    machine_->step(RevalidateAnswer{conn, session, session.value % 2 == 1}, effects_);
  });
}

void Server::sync() {
  if (!serving()) return;
  ++syncs_;
  if (role_ == Role::kLeading) return input(Sync{{}});
  ForwardedRequest request;
  request.type = static_cast<int32_t>(wire::Opcode::kSync);
  input(Forward{request});
}

void Server::touch() {
  if (role_ == Role::kLeading) touched_[session_of(id_)] = now_ms();
  if (!serving() || plan_.bug == Bug::kLostTouch) return;
  input(Touch{SessionId{session_of(id_)}, 6000});
}

void Server::revalidate(int64_t session) {
  if (serving() && role_ != Role::kLeading) input(Revalidate{SessionId{session}, 6000});
}

std::string Server::state_text() const {
  const zab::LocalState& local = machine_->local();
  const zab::Election& election = machine_->election();
  const zab::Vote& vote = election.proposal();
  const auto number = [](int64_t value) { return std::to_string(value); };
  std::string text = local.observer ? "observer" : "participant";
  text += " log " + number(local.history.last().value) + " epochs " + number(local.accepted_epoch) +
          " " + number(local.current_epoch) + (local.distrusted ? " distrusted" : "") +
          (local.rewinding ? " rewinding" : "");
  if (election.looking())
    text += ", votes in round " + number(election.round()) + " for " + number(vote.leader.value) +
            " at " + number(vote.zxid.value) + " epoch " + number(vote.peer_epoch);
  if (machine_->leader())
    text += ", leads, stage " + number(static_cast<int64_t>(machine_->leader()->stage()));
  if (machine_->learner())
    text += ", learns, stage " + number(static_cast<int64_t>(machine_->learner()->stage()));
  text += ", members\n" + local.config;
  if (local.next) text += "\nproposed\n" + wire::ensemble_text(*local.next);
  return text;
}

int64_t Server::touched_ms(int64_t session) const {
  const auto found = touched_.find(session);
  return found == touched_.end() ? -1 : found->second;
}

// ---- the log

void Server::start_round() {
  if (writing_ || queue_.empty()) return;
  writing_ = true;
  round_ = queue_.take(static_cast<size_t>(plan_.rounds_max));
  const int64_t takes_us = around_.sync_us(id_);
  around_.after(id_, takes_us, [this] { round_done(); });
  if (round_.epochs) around_.saves_epoch(id_, takes_us);
}

void Server::round_done() {
  Installed installed;
  if (round_.snapshot) {
    installed = std::move(installed_.front());
    installed_.pop_front();
  }
  disk_.carry_out(round_, installed.tree, installed.zxid);
  writing_ = false;
  for (const Send& send : round_.then) {
    around_.trace().mix(send.bytes.view());
    around_.network().send(send.conn, send.bytes.view());
  }
  input(Durable{round_.ticket});
}

void Server::rewind_if_durable() {
  if (!rewinding_ || writing_ || !queue_.empty()) return;
  rewinding_ = false;
  Disk::Contents found = disk_.recover();
  tree_ = std::move(found.tree);
  tree_zxid_ = std::max(found.last, Zxid{0});
  next_.push_back([this, last = found.last] { machine_->step(Rewound{last}, effects_); });
}

void Server::snapshot(bool purge) {
  // Of a tree that stands still: neither replaced nor rebuilt at this moment. A server that looks
  // may write one, too, and it may hold what is never committed:
  if (rewinding_ || !installed_.empty()) return;
  // but it must not be all that is left.
  disk_.save_snapshot(tree_, tree_zxid_, purge && serving());
}

void Server::crash(Random& random) {
  if (!writing_) return;
  Installed installed;
  if (round_.snapshot) installed = installed_.front();
  disk_.tear(round_, installed.tree, installed.zxid, random);
}

void Server::note_wake(int64_t wake_ms) {
  const int64_t wake = std::max(wake_ms, now_ms() + 1);
  if (wake_ms == INT64_MAX || wake >= wake_scheduled_ms_) return;
  wake_scheduled_ms_ = wake;
  around_.after(id_, 1000 * wake - around_.now_us(), [this, wake] {
    if (wake_scheduled_ms_ == wake) wake_scheduled_ms_ = INT64_MAX;
    input(Tick{now_ms(), now_ms()});
  });
}

}  // namespace zookernel::ensemble
