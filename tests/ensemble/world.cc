#include "tests/ensemble/world.h"

#include <algorithm>
#include <string>
#include <utility>

namespace zookernel::ensemble {
namespace {

// Healed, an ensemble may take so long: votes may be as far apart as the longest interval, and more
// than one election may be needed.
constexpr int64_t kHealLimitMs = 600000;
// What a slow network may add to the way of a touch.
constexpr int64_t kTouchSlackMs = 5000;

Ensemble ensemble_of(const Plan& plan) {
  Ensemble made;
  for (int id = 1; id <= plan.voters + plan.observers; ++id) {
    const std::string host = "n" + std::to_string(id);
    Member member;
    member.id = ServerId{id};
    member.quorum = {{host, 2888}};
    member.election = {{host, 3888}};
    member.observer = id > plan.voters;
    made.members.push_back(std::move(member));
  }
  if (plan.weighted) {
    // Each a group of its own; one server weighs nothing.
    for (int id = 1; id <= plan.voters; ++id) made.groups.push_back({id, {ServerId{id}}});
    made.weights.emplace_back(ServerId{plan.voters}, 0);
    made.weights.emplace_back(ServerId{1}, 2);
  }
  made.tick_ms = plan.tick_ms;
  made.init_limit_ticks = plan.init_limit;
  made.sync_limit_ticks = plan.sync_limit;
  made.notification_max_ms = plan.notification_max_ms;
  made.committed_log_max = plan.committed_log_max;
  made.log_sync = plan.log_sync;
  made.reconfig_enabled = plan.reconfig_every_ms != 0;
  return made;
}

}  // namespace

World::World(const Plan& plan, uint64_t layout_seed, Trace& trace)
    : plan_(plan),
      trace_(trace),
      ensemble_(ensemble_of(plan)),
      quorum_(std::move(zab::QuorumVerifier::of(ensemble_).value())),
      timing_(plan.seed ^ 0x74696d65ull),
      faults_(plan.seed ^ 0x6661756c74ull),
      clients_(plan.seed ^ 0x636c69656e74ull),
      network_(plan, events_, *this, (layout_seed & 0xffff) << 24),
      checker_([this](const LogRecord& record) { return on_quorum(record); }),
      places_(static_cast<size_t>(count()) + 1) {
  for (int id = 1; id <= count(); ++id)
    places_[static_cast<size_t>(id)].disk = std::make_unique<Disk>(plan.bug);
}

World::~World() = default;

Totals World::totals() const {
  return {events_.ran(), events_.now_us(), checker_.acknowledged_count(), checker_.epochs_count(),
          crashes_};
}

void World::run() {
  for (int id = 1; id <= count(); ++id) {
    start(id);
    if (plan_.snapshot_every_ms < 3600000) snapshot_later(id);
  }
  write_later();
  touch_later();
  reconfigure_later();
  inject_later();
  run_until(1000 * plan_.duration_ms);
  heal();
}

void World::run_until(int64_t time_us) {
  while (events_.run_one(time_us)) {
  }
}

// ---- life of a server

void World::start(int id) {
  Place& place = places_[static_cast<size_t>(id)];
  if (place.server || place.down_for_good) return;
  ++place.life;
  place.waiting.clear();
  place.paused_until_us = 0;
  note(id, "start");
  Around& around = *this;
  place.server = std::make_unique<Server>(plan_, ensemble_, id, *place.disk, around);
}

void World::crash(int id) {
  Place& place = places_[static_cast<size_t>(id)];
  if (!place.server) return;
  note(id, "crash");
  ++crashes_;
  place.server->crash(faults_);
  place.server.reset();
  ++place.life;
  place.waiting.clear();
  network_.server_ended(id);
}

void World::restart_later(int id) {
  events_.after(1000 * static_cast<int64_t>(10 + faults_.below(20000)), [this, id] { start(id); });
}

// Runs now, or when the server goes on.
void World::happen(int id, std::function<void()> event) {
  Place& place = places_[static_cast<size_t>(id)];
  if (place.paused_until_us > events_.now_us() || !place.waiting.empty()) {
    place.waiting.push_back(std::move(event));
    return;
  }
  event();
}

void World::resume(int id) {
  Place& place = places_[static_cast<size_t>(id)];
  if (place.paused_until_us > events_.now_us()) return;
  std::deque<std::function<void()>> waiting = std::exchange(place.waiting, {});
  const uint64_t life = place.life;
  for (const auto& event : waiting) {
    if (place.life == life) event();
  }
}

void World::after(int server, int64_t delay_us, std::function<void()> event) {
  const uint64_t life = places_[static_cast<size_t>(server)].life;
  events_.after(delay_us, [this, server, life, event = std::move(event)] {
    if (places_[static_cast<size_t>(server)].life != life) return;
    happen(server, [this, server, life, event] {
      if (places_[static_cast<size_t>(server)].life == life) event();
    });
  });
}

int64_t World::sync_us(int server) {
  const Place& place = places_[static_cast<size_t>(server)];
  int64_t us = 50 + static_cast<int64_t>(timing_.below(static_cast<uint64_t>(2 * plan_.sync_us)));
  if (place.slow_until_us > events_.now_us()) us += static_cast<int64_t>(timing_.below(5000000));
  return us;
}

void World::saves_epoch(int server, int64_t takes_us) {
  if (!plan_.has(Fault::kCrashAtEpoch) || healing_ || !faults_.chance(1, 6)) return;
  const auto crash_soon = [this](int id, int64_t within_us) {
    events_.after(static_cast<int64_t>(faults_.below(static_cast<uint64_t>(within_us))),
                  [this, id] {
                    if (healing_) return;
                    crash(id);
                    events_.after(1000 * static_cast<int64_t>(10 + faults_.below(3000)),
                                  [this, id] { start(id); });
                  });
  };
  crash_soon(server, takes_us);
  if (faults_.chance(1, 2)) crash_soon(any(), 300000);
}

// ---- faults

void World::inject_later() {
  if (plan_.faults.empty()) return;
  const auto delay =
      static_cast<int64_t>(faults_.below(static_cast<uint64_t>(2 * plan_.fault_every_ms)));
  events_.after(1000 * delay, [this] {
    if (healing_) return;
    auto at = plan_.faults.begin();
    std::advance(at, static_cast<int64_t>(faults_.below(plan_.faults.size())));
    inject(*at);
    inject_later();
  });
}

void World::inject(Fault fault) {
  const int64_t now = events_.now_us();
  const int id = any();
  Place& place = places_[static_cast<size_t>(id)];
  note(id, "fault: " + std::string(fault_name(fault)));
  switch (fault) {
    case Fault::kCrash:
      crash(id);
      return restart_later(id);
    case Fault::kPause: {
      const auto us = static_cast<int64_t>(faults_.below(20000000));
      place.paused_until_us = now + us;
      return events_.at(place.paused_until_us, [this, id] { resume(id); });
    }
    case Fault::kReset:
      for (uint64_t more = 1 + faults_.below(4); more != 0; --more) network_.reset_any();
      return;
    case Fault::kPartition: {
      const uint64_t side = faults_.next();
      for (int a = 1; a <= count(); ++a) {
        for (int b = 1; b <= count(); ++b) {
          if ((side >> a & 1) != (side >> b & 1)) network_.block(a, b);
        }
      }
      break;
    }
    case Fault::kOneWay:
      network_.block(id, any());
      break;
    case Fault::kSlowDisk:
      place.slow_until_us = now + static_cast<int64_t>(faults_.below(20000000));
      return;
    case Fault::kCrashAtEpoch:
      return;  // comes by itself
    case Fault::kLoseDisk:
      // More than one at a time is more than any protocol survives.
      if (std::exchange(lost_a_disk_, true)) return;
      crash(id);
      place.lost = std::make_unique<Disk>(*place.disk);
      place.disk->lose_everything();
      return restart_later(id);
    case Fault::kCrashAll:
      for (int each = 1; each <= count(); ++each) {
        crash(each);
        restart_later(each);
      }
      return;
  }
  events_.after(1000 * static_cast<int64_t>(faults_.below(30000)),
                [this] { network_.unblock_all(); });
}

// ---- clients

void World::write_later() {
  // When all is to agree, there have to be moments without anything under way.
  const int64_t every_ms = healing_ ? 3000 : plan_.write_every_ms;
  const auto delay = static_cast<int64_t>(clients_.below(static_cast<uint64_t>(2000 * every_ms)));
  events_.after(delay + 100, [this] {
    const int id = 1 + static_cast<int>(clients_.below(static_cast<uint64_t>(count())));
    const uint64_t kind = clients_.below(20);
    const int64_t number = clients_.chance(1, 2) ? 1001 : 1002;
    if (is_up(id)) {
      happen(id, [this, id, kind, number] {
        Server* server = places_[static_cast<size_t>(id)].server.get();
        if (server == nullptr) return;
        if (kind == 0) return server->sync();
        if (kind == 1) return server->revalidate(number);
        const int64_t operation = ++operations_;
        checker_.asked(operation);
        server->write(operation);
      });
    }
    write_later();
  });
}

void World::touch_later() {
  events_.after(1000 * plan_.tick_ms, [this] {
    for (int id = 1; id <= count(); ++id) {
      happen(id, [this, id] {
        if (is_up(id)) places_[static_cast<size_t>(id)].server->touch();
      });
    }
    touch_later();
  });
}

void World::reconfigure_later() {
  if (plan_.reconfig_every_ms == 0 || healing_) return;
  const auto delay =
      static_cast<int64_t>(clients_.below(static_cast<uint64_t>(2 * plan_.reconfig_every_ms)));
  events_.after(1000 * delay, [this] {
    Member changed = ensemble_.members[clients_.below(ensemble_.members.size())];
    const uint64_t kind = clients_.below(5);
    changed.observer = kind == 1;
    for (int id = 1; id <= count() && !healing_; ++id) {
      if (!is_up(id)) continue;
      happen(id, [this, id, kind, changed] {
        Server* server = places_[static_cast<size_t>(id)].server.get();
        if (server == nullptr || server->role() != Role::kLeading) return;
        const int64_t operation = ++operations_;
        checker_.asked(operation);
        server->reconfigure(operation, changed, kind == 0);
      });
    }
    reconfigure_later();
  });
}

void World::snapshot_later(int id) {
  const auto delay =
      static_cast<int64_t>(clients_.below(static_cast<uint64_t>(2 * plan_.snapshot_every_ms)));
  const bool purge = clients_.chance(1, 2);
  events_.after(1000 * delay, [this, id, purge] {
    if (is_up(id)) places_[static_cast<size_t>(id)].server->snapshot(purge);
    snapshot_later(id);
  });
}

// ---- healing

void World::heal() {
  healing_ = true;
  note(0, "healing");
  network_.unblock_all();
  // Sometimes all come back, sometimes only a quorum does.
  std::vector<int> voters;
  zab::ServerSet up;
  for (int id = 1; id <= plan_.voters; ++id) {
    voters.push_back(id);
    up.add(ServerId{id});
  }
  if (faults_.chance(1, 2) && !lost_a_disk_ && plan_.reconfig_every_ms == 0) {
    for (size_t i = voters.size(); i > 1; --i) std::swap(voters[i - 1], voters[faults_.below(i)]);
    for (const int id : voters) {
      zab::ServerSet fewer = up;
      fewer.remove(ServerId{id});
      if (!quorum_.is_quorum(fewer)) continue;
      up = fewer;
      crash(id);
      places_[static_cast<size_t>(id)].down_for_good = true;
    }
  }
  for (int id = 1; id <= count(); ++id) {
    Place& place = places_[static_cast<size_t>(id)];
    place.slow_until_us = 0;
    place.paused_until_us = 0;
    resume(id);
    start(id);
  }
  const int64_t since = operations_;
  const int64_t limit = events_.now_us() + 1000 * kHealLimitMs;
  if (plan_.reconfig_every_ms != 0) operate_later(1);
  while (!well(since)) {
    if (events_.run_one(limit)) continue;
    for (int id = 1; id <= count(); ++id) {
      const Place& place = places_[static_cast<size_t>(id)];
      if (place.server) note(id, place.server->state_text());
    }
    throw Violation("every server is served", "not within " + std::to_string(kHealLimitMs) + " ms");
  }
  run_until(events_.now_us() + 1000 * (kTouchSlackMs + 4 * int64_t{plan_.tick_ms}));
  check_touches();
}

// A server that only a change under way would make a voter may have the best vote, and others do
// not know of it: who operates such an ensemble stops one server after the other and restarts those
// who may still vote for it. Apache's ensembles need that, too.
void World::operate_later(int id) {
  events_.after(40000000, [this, id] {
    bool led = false;
    for (int each = 1; each <= count(); ++each)
      led = led ||
            (is_up(each) && places_[static_cast<size_t>(each)].server->role() == Role::kLeading);
    for (int each = 1; each <= count() && !led; ++each) {
      crash(each);
      events_.after(each == id ? 30000000 : 1000000, [this, each] { start(each); });
    }
    operate_later(id % count() + 1);
  });
}

bool World::well(int64_t since_operation) const {
  // Something was written since, and everything that was committed is everywhere.
  const Tree& log = checker_.committed_log();
  if (log.empty() || operation_of(log.back()) <= since_operation) return false;
  int leaders = 0;
  for (int id = 1; id <= count(); ++id) {
    const Place& place = places_[static_cast<size_t>(id)];
    if (!place.server) continue;
    if (!place.server->serving() || place.server->tree().size() != log.size()) return false;
    if (place.server->writes_waiting() != 0 || place.server->syncs_waiting() != 0) return false;
    if (place.server->role() == Role::kLeading) ++leaders;
  }
  if (leaders != 1) return false;
  for (int id = 1; id <= count(); ++id) {
    const Place& place = places_[static_cast<size_t>(id)];
    if (place.server) checker_.final_tree(id, place.server->tree());
  }
  return true;
}

void World::check_touches() {
  const Server* leader = nullptr;
  for (const Place& place : places_) {
    if (place.server && place.server->role() == Role::kLeading) leader = place.server.get();
  }
  if (leader == nullptr) throw Violation("every server is served", "the leader went away");
  const int64_t now_ms = events_.now_us() / 1000;
  for (int id = 1; id <= count(); ++id) {
    const Place& place = places_[static_cast<size_t>(id)];
    if (!place.server || !place.server->serving()) continue;
    if (leader->touched_ms(Server::session_of(id)) < now_ms - kTouchSlackMs - 3 * plan_.tick_ms)
      throw Violation("a session that lives is known to live",
                      "the leader has not heard of one of server " + std::to_string(id));
  }
}

bool World::on_quorum(const LogRecord& record) {
  zab::ServerSet having;
  for (int id = 1; id <= count(); ++id) {
    const Place& place = places_[static_cast<size_t>(id)];
    // Acknowledged, and lost since: it counted, and while it is distrusted it helps no other
    // leader.
    if (place.disk->has(record) || (place.lost && place.lost->has(record)))
      having.add(ServerId{id});
  }
  const bool decided = quorum_.is_quorum(having);
  const std::optional<Ensemble> next = zab::ensemble_of(record.body.view(), ensemble_);
  if (!next || !decided) return decided;
  quorum_ = std::move(zab::QuorumVerifier::of(*next).value());
  return quorum_.is_quorum(having);
}

// ---- network

bool World::is_up(int server) const {
  return places_[static_cast<size_t>(server)].server != nullptr;
}

void World::opened(int server, ConnId conn, Channel channel, uint64_t dial) {
  happen(server, [this, server, conn, channel, dial] {
    if (is_up(server))
      places_[static_cast<size_t>(server)].server->input(Opened{conn, channel, {}, dial});
  });
}

void World::dial_failed(int server, uint64_t dial) {
  happen(server, [this, server, dial] {
    if (is_up(server)) places_[static_cast<size_t>(server)].server->input(DialFailed{dial});
  });
}

void World::received(int server, ConnId conn, std::string bytes) {
  happen(server, [this, server, conn, bytes = std::move(bytes)] {
    if (is_up(server)) places_[static_cast<size_t>(server)].server->input(Received{conn, bytes});
  });
}

void World::closed(int server, ConnId conn) {
  happen(server, [this, server, conn] {
    if (is_up(server)) places_[static_cast<size_t>(server)].server->input(Closed{conn});
  });
}

}  // namespace zookernel::ensemble
