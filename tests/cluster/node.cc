#include "tests/cluster/node.h"

#include <algorithm>
#include <utility>

#include "kernel/shell/recovery.h"
#include "plugins/consensus/zab/machine/machine.h"
#include "plugins/storage/file/file_storage.h"
#include "zookernel/log.h"

namespace zookernel::cluster {

using ensemble::Bug;

namespace {

// Shows what the machine commits.
class WatchedMachine final : public ConsensusMachine {
 public:
  WatchedMachine(std::unique_ptr<ConsensusMachine> real, std::vector<LogRecord>& commits, Bug bug)
      : real_(std::move(real)), commits_(commits), bug_(bug) {}
  void step(const ConsensusInput& input, ConsensusEffects& effects) override {
    if (bug_ == Bug::kLostTouch && std::holds_alternative<Touch>(input)) return;
    real_->step(input, effects);
    commits_.insert(commits_.end(), effects.commit.begin(), effects.commit.end());
  }
  [[nodiscard]] ConsensusConfig config() const override { return real_->config(); }
  [[nodiscard]] ConsensusStatus status() const override { return real_->status(); }

 private:
  std::unique_ptr<ConsensusMachine> real_;
  std::vector<LogRecord>& commits_;
  const Bug bug_;
};

constexpr const char* kRoles[] = {"LOOKING",   "standalone", "LEADING",
                                  "FOLLOWING", "OBSERVING",  "read-only"};

}  // namespace

Node::Node(const Plan& plan, const Ensemble& ensemble, int id, uint64_t layout_seed,
           sim::SimDisk& disk, Around& around)
    : plan_(plan),
      ensemble_(ensemble),
      id_(id),
      layout_seed_(layout_seed),
      around_(around),
      settings_(plan.clients.storage),
      host_(disk, [this](const std::string& line) { around_.note(id_, "log: " + line); }),
      storage_(std::make_unique<file_storage::FileStorage>()),
      watched_(*storage_, [this](Bytes record) {
        const Zxid zxid{static_cast<int64_t>(load_be64(record.data() + 12))};
        untold_.push_back({zxid, SharedBytes(record)});
        return true;
      }) {}

Node::~Node() = default;

int64_t Node::some(int64_t mean_us) {
  return static_cast<int64_t>(around_.timing().below(2 * static_cast<uint64_t>(mean_us) + 1));
}

void Node::check(const Status& status, const char* what) {
  if (!status)
    throw Violation("the disk does what it is asked",
                    std::string(what) + ": " + status.error().message);
}

std::unique_ptr<core::Server> Node::make_server() {
  core::ServerParts parts;
  parts.options = plan_.clients.options;
  parts.options.self = ServerId{id_};
  parts.auth_schemes = schemes_.parts();
  parts.metrics = &metrics_;
  parts.seed = layout_seed_;
  return std::make_unique<core::Server>(std::move(parts));
}

void Node::start() {
  check(storage_->configure(settings_, host_), "configure");
  check(storage_->start(), "start");
  shell::RecoveryOptions options;
  options.directories = {plan_.clients.storage.at("dataDir")};
  shell::Recovery recovery(watched_, host_.files(), host_.log(), metrics_, options, [this] {
    untold_.clear();
    return make_server();
  });
  Result<shell::Recovered> recovered = recovery.run();
  if (!recovered) throw Violation("a server comes back", recovered.error().message);
  server_ = std::move(recovered->server);
  Zxid first = server_->last_zxid();
  if (!untold_.empty()) first = untold_.front().zxid;
  loaded_ = untold_.empty() ? first : Zxid{first.value - 1};
  jump_ = true;
  Ensemble own = ensemble_;
  own.self = ServerId{id_};
  auto made = zab::ZabMachine::make(own, recovered->epochs, server_->last_zxid(),
                                    plan_.seed * 31 + static_cast<uint64_t>(id_),
                                    plan_.servers.counter_end);
  if (!made.ok()) throw Violation("a server comes back", made.error().message);
  snapshot_due_ = 1 + static_cast<int64_t>(around_.timing().below(
                          static_cast<uint64_t>(plan_.clients.snapshot_after_records)));
  around_.note(id_, "has " + hex(server_->last_zxid().value));
  server_->start(
      std::make_unique<WatchedMachine>(std::move(made.value()), untold_, plan_.servers.bug),
      around_.now(id_), effects_);
  carry_out();
}

// ---- core

void Node::post(std::function<void()> input) {
  inbox_.push_back(std::move(input));
  if (std::exchange(woken_, true)) return;
  around_.after(id_, some(plan_.clients.core_us), [this] { run_core(); });
}

void Node::run_core() {
  woken_ = false;
  server_->step(core::Input(around_.now(id_)), effects_);
  for (size_t i = 0; i < plan_.clients.batch_inputs_max && !inbox_.empty(); ++i) {
    const std::function<void()> input = std::move(inbox_.front());
    inbox_.pop_front();
    input();
  }
  carry_out();
  if (!inbox_.empty() && !std::exchange(woken_, true))
    around_.after(id_, some(plan_.clients.core_us), [this] { run_core(); });
}

void Node::step(const core::Input& input) {
  server_->step(input, effects_);
}

void Node::set_timer(int64_t wake_ms) {
  const int64_t now_ms = around_.now(id_).mono_ms;
  const int64_t until = std::clamp<int64_t>(wake_ms - now_ms, 0, plan_.servers.tick_ms);
  around_.after(id_, 1000 * until + 1 + some(plan_.clients.core_us), [this, number = ++timers_] {
    if (number == timers_ && !woken_) run_core();
  });
}

// What a serving server has applied is committed, and what one had when its role ended.
void Node::watch_tree() {
  const bool served = std::exchange(serving_, server_->serving());
  if (!serving_ && !served) return;
  if (std::exchange(jump_, false)) around_.history().jumped(id_, loaded_);
  for (const LogRecord& record : untold_) around_.history().applied(id_, record);
  untold_.clear();
  if (!serving_) return;
  around_.history().state(id_, server_->last_zxid(), server_->tree_digest(), server_->node_count());
}

void Node::carry_out() {
  for (const core::InstallPiece& piece : effects_.installs) {
    if (!piece.last) continue;
    untold_.clear();  // nothing is committed between the tree and the role
    loaded_ = piece.zxid;
    jump_ = true;
  }
  for (const RoleChange& change : effects_.roles)
    around_.note(id_, std::string(kRoles[static_cast<size_t>(change.role)]) + " at " +
                          hex(change.last.value) + ", " + change.why);
  watch_tree();
  core::Effects todo = std::exchange(effects_, {});
  effects_.batch = todo.batch + 1;
  for (Persist& persist : todo.consensus.persist) {
    if (plan_.servers.bug == Bug::kEarlyAck) {
      for (const Send& send : std::exchange(persist.then, {}))
        around_.network().send(send.conn, send.bytes.view());
    }
    queue_.push(std::move(persist));
  }
  for (const Send& send : todo.consensus.send) around_.network().send(send.conn, send.bytes.view());
  for (const core::StreamPiece& piece : todo.streams) {
    around_.network().send(piece.conn, piece.bytes.view());
    if (piece.last) post([this, conn = piece.conn] { step(SnapshotSent{conn}); });
  }
  for (const ConnId conn : todo.consensus.close) around_.network().close(conn);
  for (const Dial& dial : todo.consensus.dial)
    around_.network().dial(id_, std::stoi(dial.to.host.substr(1)), dial.channel, dial.token);
  for (const ConnId conn : todo.consensus.stream_snapshot) stream(conn);
  for (const ReadLog& read : todo.consensus.read_log) read_log(read);
  for (const Send& send : todo.replies)
    around_.reply(id_, send.conn, std::string(send.bytes.view()));
  for (const core::ReadSwitch& each : todo.reading) around_.reading(each.conn, each.on);
  for (const ConnId conn : todo.close) around_.close_client(id_, conn);
  for (core::SnapshotPiece& piece : todo.snapshot) write_snapshot(piece);
  for (core::InstallPiece& piece : todo.installs) write_install(piece);
  for (const std::string& warning : todo.warnings) around_.note(id_, "warning: " + warning);
  if (todo.consensus.rewind) rewinding_ = true;
  around_.mix(static_cast<uint64_t>(server_->last_zxid().value));
  around_.mix(server_->tree_digest());
  if (server_->snapshot_running() && !std::exchange(slicing_, true)) slice_later();
  start_round();
  rewind_if_durable();
  set_timer(std::min(todo.wake_at_ms, todo.consensus.wake_at_ms));
}

// ---- learners

void Node::stream(ConnId conn) {
  around_.after(id_, some(plan_.clients.core_us + plan_.clients.write_us), [this, conn] {
    post([this, conn] {
      const size_t before = effects_.streams.size();
      step(core::StreamSlice{
          conn, 1 + static_cast<size_t>(around_.timing().below(plan_.clients.slice_nodes_max))});
      if (effects_.streams.size() != before && !effects_.streams.back().last) stream(conn);
    });
  });
}

void Node::read_log(const ReadLog& read) {
  around_.after(id_, some(plan_.clients.write_us), [this, read] {
    const auto missing = [this, &read](const std::string& why) {
      around_.note(id_, "the log does not serve: " + why);
      post([this, conn = read.conn] { step(LogRead{conn, {}, true, true}); });
    };
    Result<std::unique_ptr<TxnReader>> reader = storage_->read_log(read.from);
    if (!reader) return missing(reader.error().message);
    std::vector<LogRecord> records;
    for (;;) {
      Result<std::optional<TxnReader::Record>> record = (*reader)->next();
      if (!record) return missing(record.error().message);
      if (!*record || (*record)->zxid > read.to) break;
      records.push_back({(*record)->zxid, SharedBytes((*record)->body)});
    }
    if (records.empty() || records.front().zxid != read.from || records.back().zxid != read.to)
      return missing("it does not reach");
    post([this, conn = read.conn, records] { step(LogRead{conn, records, true, false}); });
  });
}

// ---- snapshots

void Node::write_snapshot(core::SnapshotPiece& piece) {
  if (piece.abandoned) {
    snapshot_.reset();
    return;
  }
  if (!snapshot_) {
    Result<std::unique_ptr<SnapshotWriter>> begun = storage_->begin_snapshot(piece.zxid);
    if (!begun) check(begun.error(), "begin_snapshot");
    snapshot_ = std::move(*begun);
  }
  check(snapshot_->write(piece.bytes.view()), "write a snapshot");
  if (!piece.last) return;
  check(snapshot_->finish(), "finish a snapshot");
  snapshot_.reset();
  if (whole_.empty() && !rewinding_ && around_.timing().chance(1, 2))
    check(storage_->purge(1 + static_cast<int>(around_.timing().below(3))), "purge");
}

void Node::write_install(core::InstallPiece& piece) {
  if (piece.begin) {
    install_.reset();
    Result<std::unique_ptr<SnapshotWriter>> begun = storage_->begin_snapshot(piece.zxid);
    if (!begun) check(begun.error(), "begin_snapshot");
    install_ = std::move(*begun);
  }
  check(install_->write(piece.bytes.view()), "write a tree");
  if (piece.last) whole_.push_back(std::move(install_));
}

void Node::slice_later() {
  around_.after(id_, some(plan_.clients.core_us + plan_.clients.write_us), [this] {
    post([this] {
      slicing_ = false;
      step(core::SnapshotSlice{
          1 + static_cast<size_t>(around_.timing().below(plan_.clients.slice_nodes_max))});
    });
  });
}

// ---- the log

void Node::start_round() {
  if (writing_ || queue_.empty()) return;
  writing_ = true;
  round_ = queue_.take(static_cast<size_t>(plan_.servers.rounds_max));
  around_.after(id_, some(plan_.clients.write_us), [this] { write_round(); });
}

void Node::write_round() {
  if (round_.truncate_after && plan_.servers.bug != Bug::kForgottenTrunc) {
    const Status cut = storage_->truncate_after(*round_.truncate_after);
    uncut_ = !cut && cut.error().code == Errc::kUnsupported;
    if (!uncut_) check(cut, "truncate");
  }
  if (round_.snapshot) {
    check(whole_.front()->finish(), "finish a tree");
    whole_.pop_front();
    if (uncut_ && round_.truncate_after)
      check(storage_->truncate_after(*round_.truncate_after), "truncate");
    uncut_ = false;
    check(storage_->roll(), "roll");
    records_ = 0;
  }
  if (uncut_ && !round_.append.empty())
    throw Violation("what was taken back is gone", "it is still in the log");
  if (!round_.append.empty()) check(storage_->append(round_.append), "append");
  around_.after(id_, around_.sync_us(id_), [this] { sync_round(); });
}

void Node::sync_round() {
  if (round_.needs_sync()) check(storage_->sync(), "sync");
  if (!round_.epochs) return round_done();
  around_.after(id_, around_.sync_us(id_), [this] {
    check(storage_->save(*round_.epochs), "save");
    round_done();
  });
}

void Node::round_done() {
  writing_ = false;
  records_ += static_cast<int64_t>(round_.append.size());
  for (const Send& send : round_.then) around_.network().send(send.conn, send.bytes.view());
  post([this, ticket = round_.ticket] { step(Durable{ticket}); });
  if (records_ > snapshot_due_ && !server_->snapshot_running() && whole_.empty() && !install_) {
    check(storage_->roll(), "roll");
    records_ = 0;
    snapshot_due_ = 1 + static_cast<int64_t>(around_.timing().below(
                            static_cast<uint64_t>(plan_.clients.snapshot_after_records)));
    post([this] { step(core::SnapshotBegin{}); });
  }
  start_round();
  rewind_if_durable();
}

// ---- rewind

void Node::rewind_if_durable() {
  if (!rewinding_ || writing_ || !queue_.empty()) return;
  rewinding_ = false;
  const Zxid last = uncut_ ? Zxid{-1} : rebuild();
  post([this, last] { step(Rewound{last}); });
}

Zxid Node::rebuild() {
  const Result<StorageContents> contents = storage_->contents();
  if (!contents) check(contents.error(), "contents");
  for (const Zxid name : contents->snapshots) {
    server_->begin_rebuild();
    untold_.clear();
    if (!load(name)) continue;
    loaded_ = name;
    jump_ = true;
    check(replay(), "replay");
    around_.note(id_, "rebuilt to " + hex(server_->last_zxid().value));
    return server_->last_zxid();
  }
  return Zxid{-1};
}

Status Node::load(Zxid name) {
  Result<std::unique_ptr<SnapshotReader>> reader = storage_->read_snapshot(name);
  if (!reader) return reader.error();
  return server_->load_snapshot(
      name, [&reader](char* to, size_t count) { return (*reader)->read(to, count); });
}

Status Node::replay() {
  Result<std::unique_ptr<TxnReader>> reader = watched_.read_log(server_->last_zxid().next());
  if (!reader) return reader.error();
  for (;;) {
    Result<std::optional<TxnReader::Record>> record = (*reader)->next();
    if (!record) return record.error();
    if (!*record) return Unit{};
    if (Status applied = server_->replay((*record)->body); !applied) return applied;
  }
}

}  // namespace zookernel::cluster
