#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/violation.h"
#include "zookernel/log.h"

namespace zookernel::sim {
namespace {

constexpr int64_t kBootMonoMs = 1000000;
constexpr int64_t kBootWallMs = 1700000000000;
// Healed, a server and its clients may take this long until all is well: several patiences of a
// client and the longest session.
constexpr int64_t kHealLimitMs = 600000;

}  // namespace

World::World(const Plan& plan, uint64_t layout_seed, Trace& trace)
    : plan_(plan),
      layout_seed_(layout_seed),
      trace_(trace),
      timing_(plan.seed ^ 0x74696d65ull),
      faults_random_(plan.seed ^ 0x6661756c74ull),
      disk_random_(plan.seed ^ 0x6469736bull),
      checker_(plan),
      // Numbers of connections hash differently in the second run; the trace shows the low part.
      network_(plan, events_, *this, (layout_seed & 0xffff) << 24),
      client_side_(*this) {
  for (int i = 0; i < plan.clients; ++i)
    clients_.push_back(std::make_unique<SimClient>(plan_, i, client_side_));
}

World::~World() {
  // Files that are removed by destructors are removed by nobody when a process dies.
  disk_.stop_after(0);
  server_.reset();
}

RunTotals World::totals() const {
  return {events_.ran(), events_.now_us(), checker_.acknowledged_writes(), crashes_};
}

void World::run() {
  start_server();
  for (const auto& client : clients_) client->begin();
  inject_later();
  run_until(1000 * plan_.duration_ms);
  heal();
  // What is on the disk now must be all there is.
  end_server(End::kKill, "the last");
  start_server();
  end_server(plan_.has(Fault::kPowerFailure) ? End::kPowerFailure : End::kKill, "the very last");
  start_server();
}

void World::run_until(int64_t time_us) {
  while (events_.run_one(time_us)) {
  }
}

void World::heal() {
  trace("healing");
  healing_ = true;
  disk_.set_capacity(UINT64_MAX);
  full_ = false;
  slow_until_us_ = 0;
  paused_until_us_ = std::min(paused_until_us_, events_.now_us());
  // What was armed goes with the process.
  if (server_ != nullptr && !ending_) end_server(End::kKill, "healing");
  for (const auto& client : clients_) client->heal();
  const int64_t limit_us = events_.now_us() + 1000 * kHealLimitMs;
  const auto well = [this] {
    return serving_ && checker_.pending() == 0 &&
           std::all_of(clients_.begin(), clients_.end(),
                       [](const auto& client) { return client->served(); });
  };
  while (!well()) {
    if (!events_.run_one(limit_us))
      throw Violation(
          "every live client is served",
          serving_ ? "not within " + std::to_string(kHealLimitMs) + " ms" : "the server is not up");
  }
}

// ---- life of the server

void World::start_server() {
  if (server_ != nullptr) return;
  ++life_;
  ending_ = false;
  arm_start_faults();
  trace("start");
  Surroundings& surroundings = *this;
  server_ = std::make_unique<ServerProcess>(plan_, layout_seed_, surroundings, checker_, disk_);
  if (Status started = server_->start(); !started) return refused_to_start(started.error());
  serving_ = true;
  // In a database what was read and found harmless may since have been written anew.
  if (plan_.storage_plugin == "sqlite") rot_.reset();
  heal_rot();
  excused_ = false;
}

void World::refused_to_start(const Error& why) {
  trace("does not start: " + why.message);
  if (!excused_ && !full_) throw Violation("the server comes back", why.message);
  excused_ = false;
  end_server(draw_end(), "it did not start");
  heal_rot();
}

void World::arm_start_faults() {
  if (healing_) return;
  if (plan_.has(Fault::kBitRot) && faults_random_.chance(1, 3)) rot_a_bit();
  if (plan_.has(Fault::kMidCall) && faults_random_.chance(1, 6)) arm_mid_call();
  if (plan_.has(Fault::kReadError) && faults_random_.chance(1, 6)) {
    disk_.fail_nth(SimDisk::Operation::kRead, 1 + faults_random_.below(30),
                   {Errc::kIo, "read: simulated failure"});
    excused_ = true;
  }
}

World::End World::draw_end() {
  std::vector<End> ends;
  if (plan_.has(Fault::kPowerFailure)) ends.push_back(End::kPowerFailure);
  if (plan_.has(Fault::kKill) || ends.empty()) ends.push_back(End::kKill);
  return ends[faults_random_.below(ends.size())];
}

void World::end_server(End end, const std::string& why) {
  ZOOKERNEL_ASSERT(server_ != nullptr);
  trace(std::string(end == End::kPowerFailure ? "power failure"
                    : end == End::kKill       ? "kill"
                                              : "clean stop") +
        ": " + why);
  if (end == End::kCleanStop) {
    server_->stop_cleanly();
  } else {
    ++crashes_;
  }
  ++life_;
  serving_ = false;
  ending_ = true;
  // A dead process tidies nothing up.
  disk_.stop_after(0);
  server_.reset();
  if (end == End::kPowerFailure) {
    disk_.crash(disk_random_);
  } else {
    disk_.kill();
  }
  checker_.stopped();
  network_.server_died();
  restart_later();
}

void World::end_later(int64_t delay_us, const std::string& why) {
  events_.after(delay_us, [this, life = life_, why] {
    if (life == life_ && server_ != nullptr) end_server(draw_end(), why);
  });
}

void World::restart_later() {
  const int64_t down_us = static_cast<int64_t>(
      faults_random_.chance(1, 4) ? faults_random_.below(20000000) : faults_random_.below(500000));
  events_.after(1 + down_us, [this] { start_server(); });
}

// ---- faults

void World::inject_later() {
  const auto mean_us = 1000 * static_cast<uint64_t>(plan_.fault_every_ms);
  events_.after(static_cast<int64_t>(1 + faults_random_.below(2 * mean_us)), [this] {
    if (healing_) return;
    std::vector<Fault> faults(plan_.faults.begin(), plan_.faults.end());
    if (!faults.empty()) inject(faults[faults_random_.below(faults.size())]);
    inject_later();
  });
}

void World::inject(Fault fault) {
  const bool up = serving_ && !ending_;
  const auto nth = [this] { return 1 + faults_random_.below(4); };
  switch (fault) {
    case Fault::kPowerFailure:
      if (up) end_server(End::kPowerFailure, "by chance");
      return;
    case Fault::kKill:
      if (up) end_server(End::kKill, "by chance");
      return;
    case Fault::kCleanStop:
      if (up) end_server(End::kCleanStop, "by chance");
      return;
    case Fault::kMidCall:
      if (up) arm_mid_call();
      return;
    case Fault::kWriteError:
      if (up) disk_.fail_nth(SimDisk::Operation::kWrite, nth(), {Errc::kIo, "write: simulated"});
      return;
    case Fault::kSyncError:
      if (up) disk_.fail_nth(SimDisk::Operation::kSync, nth(), {Errc::kIo, "sync: simulated"});
      return;
    case Fault::kNameError: {
      static constexpr SimDisk::Operation kOperations[] = {
          SimDisk::Operation::kOpen, SimDisk::Operation::kRename, SimDisk::Operation::kRemove,
          SimDisk::Operation::kResize, SimDisk::Operation::kSyncDirectory};
      if (up)
        disk_.fail_nth(kOperations[faults_random_.below(std::size(kOperations))], nth(),
                       {Errc::kIo, "names: simulated"});
      return;
    }
    case Fault::kDiskFull:
      return fill_disk();
    case Fault::kSlowSync:
      slow_until_us_ = events_.now_us() + static_cast<int64_t>(faults_random_.below(10000000));
      return;
    case Fault::kWallJump: {
      // Seconds mostly; days now and then.
      const auto most = static_cast<int64_t>(faults_random_.chance(1, 4) ? 100000000 : 5000);
      wall_offset_ms_ +=
          static_cast<int64_t>(faults_random_.below(static_cast<uint64_t>(2 * most))) - most;
      return trace("wall clock is set to " + std::to_string(now().wall_ms));
    }
    case Fault::kPause:
      paused_until_us_ = events_.now_us() +
                         static_cast<int64_t>(faults_random_.below(
                             3000 * static_cast<uint64_t>(plan_.options.min_session_timeout_ms)));
      return trace("pause until " + std::to_string(paused_until_us_));
    case Fault::kReadError:  // at start
    case Fault::kBitRot:     // at start
    case Fault::kResets:     // the clients do it
    case Fault::kSilence:
      return;
  }
}

// The process dies within one of the next calls of the storage, or soon if there is none.
void World::arm_mid_call() {
  const uint64_t changes = faults_random_.below(faults_random_.chance(1, 2) ? 4 : 20);
  disk_.stop_after(changes);
  excused_ = true;
  trace("the disk stops after " + std::to_string(changes) + " changes");
  end_later(static_cast<int64_t>(faults_random_.below(2000000)), "in the middle of a call");
}

void World::fill_disk() {
  disk_.set_capacity(UINT64_MAX);
  const uint64_t used = UINT64_MAX - *disk_.free_space("/");
  disk_.set_capacity(used + faults_random_.below(20000));
  full_ = true;
  trace("the disk is nearly full");
  events_.after(static_cast<int64_t>(faults_random_.below(20000000)), [this] {
    disk_.set_capacity(UINT64_MAX);
    full_ = false;
    trace("the disk has room");
  });
}

// In a file that nobody writes any more: a snapshot, or a log but the last two; or a database,
// which is not read from the write-ahead log alone. The end of the newest log cannot be told from
// one that was torn, and the newest may be without a record.
void World::rot_a_bit() {
  if (rot_) return;
  std::vector<std::string> logs, cold;
  for (const std::string& path : disk_.paths()) {
    const std::string name = path.substr(path.rfind('/') + 1);
    if (name.starts_with("snapshot.")) cold.push_back(path);
    if (name.starts_with("log.")) logs.push_back(path);
    if (name == "data.db") cold.push_back(path);
  }
  const auto number = [](const std::string& path) {
    return std::stoull(path.substr(path.rfind('.') + 1), nullptr, 16);
  };
  std::sort(logs.begin(), logs.end(),
            [&](const std::string& a, const std::string& b) { return number(a) < number(b); });
  logs.resize(logs.size() < 2 ? 0 : logs.size() - 2);
  cold.insert(cold.end(), logs.begin(), logs.end());
  if (cold.empty()) return;
  Rot rot{cold[faults_random_.below(cold.size())], 0, static_cast<int>(faults_random_.below(8))};
  const std::string content = disk_.content(rot.path);
  if (content.empty()) return;
  rot.offset = faults_random_.below(content.size());
  disk_.flip_bit(rot.path, rot.offset, rot.bit);
  trace("a bit turns in " + rot.path + " at " + std::to_string(rot.offset));
  rot.rotten = disk_.content(rot.path);
  rot_ = rot;
  excused_ = true;
}

// The operator restores the file. A snapshot that was passed over may be purged or written again by
// now.
void World::heal_rot() {
  if (rot_ && disk_.exists(rot_->path) && disk_.content(rot_->path) == rot_->rotten) {
    disk_.flip_bit(rot_->path, rot_->offset, rot_->bit);
    trace("the bit in " + rot_->path + " is as it was");
  }
  rot_.reset();
}

// ---- the world as the process sees it

Tick World::now() {
  const int64_t ms = events_.now_us() / 1000;
  return {kBootMonoMs + ms, kBootWallMs + ms + wall_offset_ms_};
}

void World::after(int64_t delay_us, std::function<void()> event) {
  events_.after(delay_us,
                [this, life = life_, event = std::move(event)] { run_in_life(life, event); });
}

void World::run_in_life(uint64_t life, std::function<void()> event) {
  if (life != life_ || ending_) return;
  if (events_.now_us() >= paused_until_us_) return event();
  events_.at(paused_until_us_,
             [this, life, event = std::move(event)] { run_in_life(life, event); });
}

int64_t World::sync_us() {
  return events_.now_us() < slow_until_us_ ? 2000000 : plan_.sync_us;
}

void World::fail(const std::string& why) {
  trace("fails: " + why);
  // Its own frames are still on the stack.
  ending_ = true;
  serving_ = false;
  events_.after(0, [this, life = life_, why] {
    if (life == life_ && server_ != nullptr) end_server(draw_end(), why);
  });
}

// ---- the network

uint64_t World::ClientSide::connect(int client) {
  return world.network_.connect(client, world.serving_ && !world.ending_).value;
}
void World::ClientSide::send(uint64_t link, std::string payload) {
  world.network_.send_to_server(ConnId{link}, std::move(payload));
}
void World::ClientSide::reset(uint64_t link) {
  world.network_.reset_by_client(ConnId{link});
}

void World::server_opened(ConnId conn) {
  if (serving_ && !ending_) server_->opened(conn);
}
void World::server_frame(ConnId conn, std::string payload) {
  if (serving_ && !ending_) server_->frame(conn, std::move(payload));
}
void World::server_closed(ConnId conn) {
  if (serving_ && !ending_) server_->closed(conn);
}
void World::client_frame(int client, ConnId conn, const std::string& payload) {
  clients_[static_cast<size_t>(client)]->on_frame(conn.value, payload);
}
void World::client_disconnected(int client, ConnId conn) {
  clients_[static_cast<size_t>(client)]->on_disconnected(conn.value);
}

}  // namespace zookernel::sim
