#include "kernel/shell/core_loop.h"

#include <algorithm>
#include <utility>

#include "kernel/shell/clock.h"
#include "kernel/shell/slice_size.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

constexpr size_t kSliceNodesMin = 64;
constexpr size_t kSliceNodesMax = 1 << 16;
constexpr size_t kSliceRowsMin = 8;
constexpr size_t kSliceRowsMax = 1024;

Buffer copy_of(Bytes bytes) {
  Buffer buffer(bytes.size());
  buffer.append(bytes);
  return buffer;
}

}  // namespace

ClientSink::Flow InboxSink::frame(ConnId conn, Bytes payload) {
  inbox_.post_client(ArrivedFrame{conn, copy_of(payload)});
  return Flow::kMore;
}

ClientSink::Flow InboxSink::word(ConnId conn, std::string_view word, Bytes argument) {
  inbox_.post_client(ArrivedWord{conn, word, copy_of(argument)});
  return Flow::kPause;
}

CoreLoop::CoreLoop(Transport& transport, Inbox& inbox, Logger& log, int64_t tick_ms)
    : transport_(transport), inbox_(inbox), log_(log), tick_ms_(tick_ms) {}

void CoreLoop::run(const Partners& partners, core::Effects effects) {
  partners_ = &partners;
  effects_ = std::move(effects);
  batch_open_ = true;
  now_ = now_tick();
  carry_out();
  transport_.accept(true);
  while (!stopped()) round();
  inbox_.shut();
  partners_ = nullptr;
}

void CoreLoop::round() {
  transport_.poll(poll_timeout_ms());
  take_messages();
  take_text();
  take_backup();
  watch_clocks();
  advance_snapshot();
  if (partners_->peers != nullptr)
    partners_->peers->advance(durable_ticket_ == submitted_ticket_, mono_ms());
  carry_out();
  resume_those_with_room();
}

int64_t CoreLoop::poll_timeout_ms() const {
  if (!batch_paused_.empty() || !refused_backups_.empty()) return 0;
  const bool writing = partners_->server.snapshot_running() && partners_->snapshotter.has_room();
  if (writing || (snapshot_due_ && !partners_->snapshotter.busy())) return 0;
  if (inbox_.has_clients() && !log_behind_) return 0;
  const int64_t now = mono_ms();
  int64_t until = std::min(wake_at_ms_, partners_->connections.next_silent_ms());
  // The wish was made at the beginning of a batch. What the batch brought may be due earlier, but
  // no clock of the server is finer than a tick.
  until = std::min(until, now + tick_ms_);
  if (partners_->peers != nullptr) until = std::min(until, partners_->peers->wake_at_ms(now));
  if (stop_deadline_ms_ != 0) until = std::min(until, stop_deadline_ms_);
  return std::max<int64_t>(until - now, 0);
}

// ---- inputs

void CoreLoop::step(const core::Input& input) {
  if (!batch_open_) {
    batch_open_ = true;
    now_ = now_tick();
    partners_->server.step(core::Input(now_), effects_);
  }
  partners_->server.step(input, effects_);
}

void CoreLoop::take_messages() {
  const bool held_up = partners_->log_writer.backlog_bytes() > kLogBacklogHigh;
  inbox_.drain(own_, clients_, held_up ? 0 : kMessagesPerRound);
  for (OwnMessage& message : own_) take(message);
  for (ClientMessage& message : clients_) take(message);
  own_.clear();
  clients_.clear();
  if (partners_->peers == nullptr) return;
  inbox_.drain_peers(others_);
  for (PeerMessage& message : others_) partners_->peers->take(message);
  others_.clear();
}

void CoreLoop::take(OwnMessage& message) {
  if (auto* round = std::get_if<RoundDurable>(&message)) {
    // What waited for the disk may leave before the server hears of it: the order of a connection's
    // bytes is that of its Persists.
    for (Send& send : round->then) transport_.send(send.conn, std::move(send.bytes));
    durable_ticket_ = round->ticket;
    step(core::Input(Durable{round->ticket}));
  } else if (std::holds_alternative<SnapshotDue>(message)) {
    snapshot_due_ = true;
  } else if (const auto* rows = std::get_if<RowsWanted>(&message)) {
    hand_out_rows(*rows);
  } else if (const auto* action = std::get_if<ActionWanted>(&message)) {
    step(core::Input(core::AdminAction{action->conn, action->action, action->argument}));
  } else if (auto* piece = std::get_if<TextPiece>(&message)) {
    text_ = std::move(*piece);
  } else if (auto* log_piece = std::get_if<LogPiece>(&message)) {
    partners_->peers->take(*log_piece);
  } else if (const auto* room = std::get_if<DiskRoomChanged>(&message)) {
    step(core::Input(core::DiskLow{room->low}));
  } else if (std::holds_alternative<BackupBound>(message)) {
    partners_->backup->answer(partners_->server.last_zxid());
  } else if (auto* part = std::get_if<BackupPiece>(&message)) {
    backup_ = std::move(*part);
    backup_since_ms_ = mono_ms();
  } else {
    begin_stop();
  }
}

void CoreLoop::hand_out_rows(const RowsWanted& wanted) {
  const int64_t began = nanoseconds(CLOCK_MONOTONIC);
  step(core::Input(core::AdminRead{wanted.conn, wanted.table, wanted.first, slice_rows_}));
  const int64_t took = nanoseconds(CLOCK_MONOTONIC) - began;
  const size_t rows = effects_.admin_blocks.back().rows.rows();
  if (rows == 0) return;
  slice_rows_ =
      std::clamp(adapted(slice_rows_, rows, kListingNs, took), kSliceRowsMin, kSliceRowsMax);
}

// A long text leaves at the pace at which its reader takes it.
void CoreLoop::take_text() {
  if (!text_ || transport_.queued_bytes(text_->conn) > kUnsentLow) return;
  step(core::Input(core::AdminAnswer{text_->conn, text_->text, text_->last}));
  text_.reset();
  partners_->admin.answer({});
}

void CoreLoop::begin_backup(ConnId conn) {
  std::string refusal;
  if (partners_->backup == nullptr) {
    refusal = "snap is not available: the storage cannot be read beside the server.\n";
  } else if (!partners_->backup->submit(conn)) {
    refusal = "Another backup is under way; try again later.\n";
  }
  // Not now: the effects of a batch are being carried out.
  if (!refusal.empty()) refused_backups_.push_back({conn, std::move(refusal), true});
}

// As a long text. Who takes nothing of it holds up the next backup and the purge of old files.
void CoreLoop::take_backup() {
  for (const BackupPiece& refusal : std::exchange(refused_backups_, {}))
    step(core::Input(core::AdminAnswer{refusal.conn, refusal.bytes, true}));
  if (!backup_) return;
  if (transport_.queued_bytes(backup_->conn) > kUnsentLow) {
    if (mono_ms() - backup_since_ms_ < kBackupStallMs) return;
    log_.warn("connection cut off: the client does not read its backup",
              {{"connection", backup_->conn.value}});
    transport_.reset(backup_->conn);
  }
  step(core::Input(core::AdminAnswer{backup_->conn, backup_->bytes, backup_->last}));
  backup_.reset();
  partners_->backup->answer({});
}

void CoreLoop::take(ClientMessage& message) {
  if (const auto* arrived = std::get_if<ArrivedFrame>(&message)) {
    step(core::Input(core::ClientFrame{arrived->conn, arrived->payload.view()}));
    after_frame(arrived->conn);
  } else if (const auto* open = std::get_if<ArrivedOpen>(&message)) {
    opened(open->conn, open->peer);
  } else if (const auto* said = std::get_if<ArrivedWord>(&message)) {
    word(said->conn, said->word, said->argument.view());
  } else if (const auto* nonsensical = std::get_if<ArrivedNonsense>(&message)) {
    nonsense(nonsensical->conn);
  } else {
    closed(std::get<ArrivedClose>(message).conn);
  }
}

void CoreLoop::opened(ConnId conn, const PeerInfo& peer) {
  step(core::Input(core::ClientOpened{conn, peer}));
}

ClientSink::Flow CoreLoop::frame(ConnId conn, Bytes payload) {
  if (stop_deadline_ms_ != 0) [[unlikely]] {
    pause(conn, kByStop);
    return Flow::kLater;
  }
  if (partners_->log_writer.backlog_bytes() > kLogBacklogHigh) [[unlikely]] {
    log_behind_ = true;
    pause(conn, kByLog);
    return Flow::kLater;
  }
  step(core::Input(core::ClientFrame{conn, payload}));
  return after_frame(conn);
}

// Obeys what the step said about reading, and looks at how much the connection has got in this
// batch.
ClientSink::Flow CoreLoop::after_frame(ConnId conn) {
  if (reading_applied_ != effects_.reading.size()) apply_reading();
  // The reply that a frame brought is at the end, unless it also fired watches of others: then the
  // next frame finds it there.
  if (!effects_.replies.empty()) {
    const Send& last = effects_.replies.back();
    if (last.conn == conn && last.bytes.size() > kReplyBytesPerBatch) {
      pause(conn, kByBatch);
      batch_paused_.push_back(conn);
    }
  }
  return paused_.empty() || !paused_.contains(conn) ? Flow::kMore : Flow::kPause;
}

ClientSink::Flow CoreLoop::word(ConnId conn, std::string_view word, Bytes argument) {
  step(core::Input(core::AdminCall{conn, word, argument}));
  return Flow::kPause;
}

void CoreLoop::nonsense(ConnId conn) {
  transport_.close(conn);
}

void CoreLoop::closed(ConnId conn) {
  paused_.erase(conn);
  if (partners_->backup != nullptr) partners_->backup->closed(conn);
  step(core::Input(core::ClientClosed{conn}));
}

void CoreLoop::watch_clocks() {
  const int64_t now = mono_ms();
  if (partners_->connections.next_silent_ms() <= now) {
    for (const ConnId conn : partners_->connections.take_silent(now)) transport_.close(conn);
  }
  if (now >= wake_at_ms_ && !batch_open_) {
    batch_open_ = true;
    now_ = now_tick();
    partners_->server.step(core::Input(now_), effects_);
  }
}

// ---- snapshots

void CoreLoop::advance_snapshot() {
  Snapshotter& snapshotter = partners_->snapshotter;
  if (stop_deadline_ms_ != 0) return;
  if (snapshot_due_ && !partners_->server.snapshot_running() && !snapshotter.busy()) {
    snapshot_due_ = false;
    step(core::Input(core::SnapshotBegin{}));
  }
  if (!partners_->server.snapshot_running() || !snapshotter.has_room()) return;
  const int64_t began = nanoseconds(CLOCK_MONOTONIC);
  step(core::Input(core::SnapshotSlice{slice_nodes_}));
  const int64_t took = nanoseconds(CLOCK_MONOTONIC) - began;
  slice_nodes_ = std::clamp(adapted(slice_nodes_, slice_nodes_, kSliceNs, took), kSliceNodesMin,
                            kSliceNodesMax);
}

// ---- effects

void CoreLoop::carry_out() {
  if (!batch_open_) return;
  if (partners_->peers != nullptr) partners_->peers->before_persists(effects_);
  // First, so that the disk works while the replies are written.
  if (!effects_.consensus.persist.empty()) {
    submitted_ticket_ = effects_.consensus.persist.back().ticket;
    partners_->log_writer.submit(effects_.consensus.persist);
  }
  if (partners_->peers != nullptr) {
    partners_->peers->carry_out(effects_, now_.mono_ms);
  } else {
    // The standalone machine knows no others.
    ZOOKERNEL_ASSERT(effects_.consensus.dial.empty() && effects_.consensus.send.empty());
  }
  for (Send& each : effects_.replies) send(each);
  apply_reading();

  for (const ConnId conn : effects_.close) transport_.close(conn);
  for (core::SnapshotPiece& piece : effects_.snapshot) partners_->snapshotter.put(std::move(piece));
  for (const std::string& warning : effects_.warnings) {
    uint64_t suppressed = 0;
    if (warnings_.allow(warning.substr(0, warning.find(" [")), now_.mono_ms, suppressed))
      log_.warn(warning, {{"not_logged_before", suppressed}});
  }
  for (core::AdminRun& run : effects_.admin_runs) {
    if (run.command == nullptr) {
      begin_backup(run.conn);
    } else {
      partners_->admin.submit(std::move(run));
    }
  }
  for (core::AdminBlock& block : effects_.admin_blocks) partners_->admin.answer(std::move(block));
  wake_at_ms_ = std::min(effects_.wake_at_ms, effects_.consensus.wake_at_ms);
  effects_.clear();
  reading_applied_ = 0;
  batch_open_ = false;

  for (const ConnId conn : std::exchange(batch_paused_, {})) resume(conn, kByBatch);
}

void CoreLoop::send(Send& send) {
  const ConnId conn = send.conn;
  transport_.send(conn, std::move(send.bytes));
  const size_t unsent = transport_.queued_bytes(conn);
  if (unsent <= kUnsentHigh) [[likely]]
    return;
  if (unsent > kUnsentMax) {
    log_.warn("connection cut off: the client does not read its replies",
              {{"connection", conn.value}, {"bytes", unsent}});
    transport_.reset(conn);
    return;
  }
  if ((paused_[conn] & kByUnsent) != 0) return;
  pause(conn, kByUnsent);
  unsent_paused_.push_back(conn);
}

void CoreLoop::apply_reading() {
  for (; reading_applied_ < effects_.reading.size(); ++reading_applied_) {
    const core::ReadSwitch& each = effects_.reading[reading_applied_];
    if (each.on) {
      resume(each.conn, kByCore);
    } else {
      pause(each.conn, kByCore);
    }
  }
}

void CoreLoop::pause(ConnId conn, Pause reason) {
  uint8_t& reasons = paused_[conn];
  if (reasons == 0) transport_.read(conn, false);
  reasons = static_cast<uint8_t>(reasons | reason);
}

void CoreLoop::resume(ConnId conn, Pause reason) {
  const auto at = paused_.find(conn);
  if (at == paused_.end()) return;
  at->second = static_cast<uint8_t>(at->second & ~reason);
  if (at->second != 0) return;
  paused_.erase(at);
  transport_.read(conn, true);
}

void CoreLoop::resume_those_with_room() {
  if (!unsent_paused_.empty()) {
    std::erase_if(unsent_paused_, [this](ConnId conn) {
      if (transport_.queued_bytes(conn) > kUnsentLow) return false;
      resume(conn, kByUnsent);
      return true;
    });
  }
  if (!log_behind_ || partners_->log_writer.backlog_bytes() > kLogBacklogLow) return;
  log_behind_ = false;
  std::vector<ConnId> waiting;
  for (const auto& [conn, reasons] : paused_) {
    if ((reasons & kByLog) != 0) waiting.push_back(conn);
  }
  std::sort(waiting.begin(), waiting.end());
  for (const ConnId conn : waiting) resume(conn, kByLog);
}

// ---- the end

void CoreLoop::begin_stop() {
  if (stop_deadline_ms_ != 0) return;
  stop_deadline_ms_ = mono_ms() + kStopMs;
  transport_.accept(false);
}

// Serves on what was taken until it is durable and answered; then takes leave of the clients.
bool CoreLoop::stopped() {
  if (stop_deadline_ms_ == 0) return false;
  if (mono_ms() >= stop_deadline_ms_) return true;
  if (durable_ticket_ != submitted_ticket_) return false;
  const std::vector<ConnId> connections = partners_->connections.all();
  for (const ConnId conn : connections) transport_.close(conn);
  if (partners_->peers != nullptr) partners_->peers->close_all();
  return connections.empty();
}

}  // namespace zookernel::shell
