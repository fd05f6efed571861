#include "tests/simulation/server_process.h"

#include <algorithm>
#include <utility>

#include "kernel/shell/recovery.h"
#include "plugins/consensus/standalone/standalone.h"
#include "plugins/storage/file/file_storage.h"
#include "plugins/storage/sqlite/sqlite_storage.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"
#include "zookernel/wire/frame.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::sim {
namespace {

// Apache's snapCount is drawn between half of it and all of it; here between one and the whole, so
// that small numbers still vary.
int64_t draw_snapshot_due(Random& random, int64_t limit) {
  return 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(limit)));
}

bool is_event(const std::string& frame) {
  return frame.size() >= 4 && load_be32(frame.data()) == static_cast<uint32_t>(-1);
}

std::unique_ptr<Storage> make_storage(const Plan& plan) {
  if (plan.storage_plugin == "sqlite") return std::make_unique<sqlite_storage::SqliteStorage>();
  return std::make_unique<file_storage::FileStorage>();
}

bool creates_ephemeral(Bytes record) {
  wire::Reader reader(record);
  wire::TxnHeader header;
  wire::CreateTxn txn;
  return wire::decode(reader, header) &&
         (header.type == static_cast<int32_t>(wire::Opcode::kCreate) ||
          header.type == static_cast<int32_t>(wire::Opcode::kCreate2)) &&
         wire::decode(reader, txn) && txn.ephemeral;
}

}  // namespace

ServerProcess::ServerProcess(const Plan& plan, uint64_t layout_seed, Surroundings& surroundings,
                             Checker& checker, FileSystem& disk)
    : plan_(plan),
      layout_seed_(layout_seed),
      world_(surroundings),
      checker_(checker),
      forgetful_(disk),
      settings_(plan.storage),
      host_(plan.bug == PlantedBug::kForgetDirectorySync ? forgetful_ : disk,
            [this](const std::string& line) { world_.trace("log: " + line); }),
      storage_(make_storage(plan)),
      watched_(*storage_, [this](Bytes record) { return see_replayed(record); }) {}

ServerProcess::~ServerProcess() = default;

int64_t ServerProcess::some(int64_t mean_us) {
  Random& random = world_.timing();
  const auto mean = static_cast<uint64_t>(mean_us);
  // Mostly about the mean, now and then much longer.
  const uint64_t us = random.below(2 * mean + 1);
  return static_cast<int64_t>(random.chance(1, 50) ? 10 * us : us);
}

std::unique_ptr<core::Server> ServerProcess::make_server() {
  core::ServerParts parts;
  parts.options = plan_.options;
  parts.auth_schemes = schemes_.parts();
  parts.metrics = &metrics_;
  parts.seed = layout_seed_;
  return std::make_unique<core::Server>(std::move(parts));
}

bool ServerProcess::see_replayed(Bytes record) {
  checker_.replayed(record);
  return plan_.bug != PlantedBug::kLostEphemeralOnRecovery || !creates_ephemeral(record);
}

Status ServerProcess::start() {
  if (Status configured = storage_->configure(settings_, host_); !configured) return configured;
  if (Status started = storage_->start(); !started) return started;
  checker_.recovery_begins();
  shell::RecoveryOptions options;
  options.directories = {plan_.storage.at("dataDir")};
  shell::Recovery recovery(watched_, host_.files(), host_.log(), metrics_, options,
                           [this] { return make_server(); });
  Result<shell::Recovered> recovered = recovery.run();
  if (!recovered) return recovered.error();
  server_ = std::move(recovered->server);
  checker_.recovered(*server_);
  records_since_snapshot_ = recovered->replayed;
  snapshot_due_at_ = draw_snapshot_due(world_.timing(), plan_.snapshot_after_records);

  const Tick now = world_.now();
  effects_.clear();
  server_->start(std::make_unique<standalone::StandaloneMachine>(server_->last_zxid()), now,
                 effects_);
  world_.trace("serving from zxid " + hex(server_->last_zxid().value));
  checker_.started(*server_, now, new_output());
  wake_at_ms_ = effects_.wake_at_ms;
  carry_out();
  set_timer();
  return Unit{};
}

void ServerProcess::stop_cleanly() {
  dead_ = true;
  bool good = !log_busy_ || storage_->sync().ok();
  while (good && !queue_.empty()) {
    const core::PersistRound round = queue_.take(plan_.round_records_max);
    good = storage_->append(round.append).ok() && storage_->sync().ok();
  }
  writer_.reset();
  storage_->stop();
}

// ---- core

void ServerProcess::opened(ConnId conn) {
  post(Opened{conn});
}
void ServerProcess::closed(ConnId conn) {
  post(Closed{conn});
}
void ServerProcess::frame(ConnId conn, std::string payload) {
  post(Frame{conn, std::move(payload)});
}

void ServerProcess::post(Message message) {
  inbox_.push_back(std::move(message));
  wake_core();
}

void ServerProcess::wake_core() {
  if (core_woken_) return;
  core_woken_ = true;
  world_.after(some(plan_.core_us), [this] { run_core(); });
}

void ServerProcess::set_timer() {
  const int64_t now_ms = world_.now().mono_ms;
  const int64_t until_ms = std::min(wake_at_ms_, now_ms + plan_.options.tick_ms);
  world_.after(1000 * std::max<int64_t>(until_ms - now_ms, 0) + some(plan_.core_us),
               [this, number = ++timers_] {
                 if (number == timers_ && !core_woken_) run_core();
               });
}

void ServerProcess::run_core() {
  core_woken_ = false;
  step(core::Input(world_.now()));
  for (size_t i = 0; i < plan_.batch_inputs_max && !inbox_.empty(); ++i) {
    const Message message = std::move(inbox_.front());
    inbox_.pop_front();
    take(message);
  }
  carry_out();
  if (dead_) return;
  if (!inbox_.empty()) wake_core();
  set_timer();
}

void ServerProcess::take(const Message& message) {
  if (const auto* arrived = std::get_if<Frame>(&message)) {
    const auto shaken = handshaken_.emplace(arrived->conn, false);
    world_.trace("conn " + std::to_string(arrived->conn.value & 0xffffff) + " <- " +
                 describe_request(arrived->payload, shaken.second));
    step(core::Input(core::ClientFrame{arrived->conn, arrived->payload}));
  } else if (const auto* open = std::get_if<Opened>(&message)) {
    step(core::Input(core::ClientOpened{open->conn, {"127.0.0.1", 40000, false}}));
  } else if (const auto* gone = std::get_if<Closed>(&message)) {
    handshaken_.erase(gone->conn);
    step(core::Input(core::ClientClosed{gone->conn}));
  } else if (const auto* durable = std::get_if<Durable>(&message)) {
    world_.trace("durable " + std::to_string(durable->ticket));
    step(core::Input(*durable));
  } else if (std::holds_alternative<Begin>(message)) {
    begin_snapshot();
  } else if (server_->snapshot_running()) {
    const size_t nodes = 1 + static_cast<size_t>(world_.timing().below(plan_.slice_nodes_max));
    step(core::Input(core::SnapshotSlice{nodes}));
    if (server_->snapshot_running()) slice_later();
  }
}

void ServerProcess::step(const core::Input& input) {
  if (layout_seed_ != 0) {
    if (padding_.size() > 64) padding_.clear();
    padding_.push_back(
        std::make_unique<char[]>(1 + (layout_seed_ * (padding_.size() + 1) >> 7) % 700));
  }
  server_->step(input, effects_);
  if (std::holds_alternative<Tick>(input)) wake_at_ms_ = effects_.wake_at_ms;
  StepOutput output = new_output();
  plant(output);
  trace_output(output);
  checker_.stepped(*server_, input, output);
  for (auto& [conn, frame] : output.frames) outgoing_.emplace_back(conn, std::move(frame));
}

// What this step added to the batch.
StepOutput ServerProcess::new_output() {
  StepOutput output;
  output.wake_at_ms = effects_.wake_at_ms;
  collect_frames(output);
  const std::vector<Persist>& persists = effects_.consensus.persist;
  for (; persists_seen_ < persists.size(); ++persists_seen_, records_seen_ = 0) {
    const Persist& persist = persists[persists_seen_];
    for (; records_seen_ < persist.append.size(); ++records_seen_)
      output.proposed.emplace_back(persist.ticket, persist.append[records_seen_]);
    if (persists_seen_ + 1 == persists.size()) break;  // it may still grow
  }
  for (; closes_seen_ < effects_.close.size(); ++closes_seen_)
    output.closed.push_back(effects_.close[closes_seen_]);
  return output;
}

void ServerProcess::collect_frames(StepOutput& output) {
  replies_seen_.resize(effects_.replies.size(), 0);
  for (size_t i = 0; i < effects_.replies.size(); ++i) {
    const Send& send = effects_.replies[i];
    while (replies_seen_[i] < send.bytes.size()) {
      const wire::LengthFrame frame = wire::next_length_frame(
          send.bytes.view().substr(replies_seen_[i]), wire::kReplyHeaderBytes, 0x7fffffff);
      if (frame.kind != wire::LengthFrame::Kind::kFrame)
        throw Violation("the server sends whole frames", "one is cut or bad");
      output.frames.emplace_back(send.conn, std::string(frame.payload));
      replies_seen_[i] += frame.consumed;
    }
  }
}

void ServerProcess::plant(StepOutput& output) {
  const bool swap_any = plan_.bug == PlantedBug::kReplyOutOfOrder;
  if (!swap_any && plan_.bug != PlantedBug::kEventAfterReply) return;
  for (size_t i = 0; i + 1 < output.frames.size(); ++i) {
    auto& [conn, first] = output.frames[i];
    auto& [next_conn, second] = output.frames[i + 1];
    if (conn != next_conn || is_event(second)) continue;
    if (is_event(first) == swap_any) continue;
    std::swap(first, second);
    return;
  }
}

void ServerProcess::trace_output(const StepOutput& output) {
  for (const auto& [ticket, record] : output.proposed)
    world_.trace("propose " + std::to_string(ticket) + ": " + describe_record(record.body.view()));
  for (const auto& [conn, frame] : output.frames) {
    bool& shaken = handshaken_[conn];
    world_.trace("conn " + std::to_string(conn.value & 0xffffff) + " -> " +
                 describe_reply(frame, !shaken));
    shaken = true;
  }
  for (const ConnId conn : output.closed)
    world_.trace("conn " + std::to_string(conn.value & 0xffffff) + " closed by the server");
}

void ServerProcess::carry_out() {
  for (Persist& persist : effects_.consensus.persist) queue_.push(std::move(persist));
  for (auto& [conn, frame] : outgoing_) world_.send(conn, std::move(frame));
  outgoing_.clear();
  for (const core::ReadSwitch& each : effects_.reading) world_.reading(each.conn, each.on);
  for (const ConnId conn : effects_.close) world_.close(conn);
  for (core::SnapshotPiece& piece : effects_.snapshot) {
    world_.trace("snapshot " + hex(piece.zxid.value) + ": " + std::to_string(piece.bytes.size()) +
                 " bytes, " + fingerprint(piece.bytes.view()) + (piece.last ? ", the last" : ""));
    pieces_.push_back(std::move(piece));
  }
  effects_.clear();
  replies_seen_.clear();
  persists_seen_ = records_seen_ = closes_seen_ = 0;
  run_log();
  if (!dead_) run_snapshot();
}

// ---- log

void ServerProcess::run_log() {
  if (dead_ || log_busy_ || queue_.empty()) return;
  log_busy_ = true;
  round_ = queue_.take(plan_.round_records_max);
  if (Status appended = storage_->append(round_.append); !appended) {
    dead_ = true;
    if (storage_->sync().ok()) throw Violation("a failed log stays failed", "it syncs again");
    return world_.fail("append: " + appended.error().message);
  }
  if (plan_.bug == PlantedBug::kAckBeforeSync) post(Durable{round_.ticket});
  world_.after(some(plan_.write_us) + some(world_.sync_us()), [this] { sync_round(); });
}

void ServerProcess::sync_round() {
  if (Status synced = storage_->sync(); !synced) {
    dead_ = true;
    if (storage_->append(round_.append).ok())
      throw Violation("a failed log stays failed", "it takes records again");
    return world_.fail("sync: " + synced.error().message);
  }
  world_.after(some(plan_.core_us), [this] { round_done(); });
}

void ServerProcess::round_done() {
  log_busy_ = false;
  records_since_snapshot_ += static_cast<int64_t>(round_.append.size());
  if (plan_.bug != PlantedBug::kAckBeforeSync) post(Durable{round_.ticket});
  if (records_since_snapshot_ > snapshot_due_at_) {
    if (Status rolled = storage_->roll(); !rolled) {
      dead_ = true;
      return world_.fail("roll: " + rolled.error().message);
    }
    records_since_snapshot_ = 0;
    snapshot_due_at_ = draw_snapshot_due(world_.timing(), plan_.snapshot_after_records);
    post(Begin{});
  }
  run_log();
}

// ---- snapshot

void ServerProcess::begin_snapshot() {
  if (snapshot_busy_) return;
  snapshot_busy_ = true;
  given_up_ = false;
  step(core::Input(core::SnapshotBegin{}));
  slice_later();
}

void ServerProcess::slice_later() {
  world_.after(some(plan_.core_us + plan_.write_us), [this] { post(Slice{}); });
}

void ServerProcess::run_snapshot() {
  if (snapshot_writing_ || pieces_.empty()) return;
  snapshot_writing_ = true;
  world_.after(some(plan_.write_us), [this] {
    const core::SnapshotPiece piece = std::move(pieces_.front());
    pieces_.pop_front();
    bool good = !given_up_;
    if (good) {
      if (const Status written = write_piece(piece); !written) {
        world_.trace("snapshot given up: " + written.error().message);
        good = false;
      }
    }
    piece_done(piece.last, good);
  });
}

Status ServerProcess::write_piece(const core::SnapshotPiece& piece) {
  if (!writer_) {
    Result<std::unique_ptr<SnapshotWriter>> begun = storage_->begin_snapshot(piece.zxid);
    if (!begun) return begun.error();
    writer_ = *std::move(begun);
  }
  if (Status written = writer_->write(piece.bytes.view()); !written) return written;
  return piece.last ? writer_->finish() : Status(Unit{});
}

void ServerProcess::piece_done(bool last, bool good) {
  snapshot_writing_ = false;
  if (!good) {
    given_up_ = true;
    writer_.reset();
  }
  if (last) {
    writer_.reset();
    snapshot_busy_ = false;
    if (good && world_.timing().chance(1, 2)) {
      const int kept = 1 + static_cast<int>(world_.timing().below(3));
      if (const Status purged = storage_->purge(kept); !purged)
        world_.trace("purge failed: " + purged.error().message);
    }
  }
  run_snapshot();
}

}  // namespace zookernel::sim
