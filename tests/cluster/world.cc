#include "tests/cluster/world.h"

#include <algorithm>
#include <utility>

#include "zookernel/log.h"

namespace zookernel::cluster {
namespace {

using ensemble::Fault;

constexpr int64_t kBootMonoMs = 1000000;
constexpr int64_t kBootWallMs = 1700000000000;
// Healed, an ensemble and its clients may take so long: elections, several patiences of a client,
// and the longest session.
constexpr int64_t kHealLimitMs = 600000;

Ensemble ensemble_of(const ensemble::Plan& plan) {
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
  made.tick_ms = plan.tick_ms;
  made.init_limit_ticks = plan.init_limit;
  made.sync_limit_ticks = plan.sync_limit;
  made.notification_max_ms = plan.notification_max_ms;
  made.committed_log_max = plan.committed_log_max;
  made.log_sync = plan.log_sync;
  return made;
}

}  // namespace

World::World(const Plan& plan, uint64_t layout_seed, ensemble::Trace& trace)
    : plan_(plan),
      layout_seed_(layout_seed),
      trace_(trace),
      ensemble_(ensemble_of(plan.servers)),
      timing_(plan.seed ^ 0x74696d65ull),
      faults_(plan.seed ^ 0x6661756c74ull),
      disks_(plan.seed ^ 0x6469736bull),
      network_(plan.servers, events_, *this, (layout_seed & 0xffff) << 24),
      links_(plan, plan.servers.voters + plan.servers.observers, events_, *this, history_,
             (uint64_t{1} << 48) + ((layout_seed & 0xffff) << 24)),
      places_(static_cast<size_t>(count()) + 1) {
  for (int i = 0; i < plan.clients.clients; ++i)
    clients_.push_back(std::make_unique<sim::SimClient>(plan_.clients, i, links_));
}

World::~World() {
  for (Place& each : places_) {
    // A dead process tidies nothing up.
    each.disk->stop_after(0);
    each.node.reset();
  }
}

Totals World::totals() const {
  return {events_.ran(),           events_.now_us(), links_.acknowledged(),
          history_.transactions(), crashes_,         roles_};
}

void World::run() {
  // Where nothing breaks, no session expires whose client is there.
  if (plan_.servers.faults.empty()) {
    history_.on_expired = [this](int64_t session) {
      if (!healing_ && links_.connected(session))
        throw Violation("a session that lives is known to live", hex(session) + " expires");
    };
  }
  for (int id = 1; id <= count(); ++id) start(id);
  for (const auto& client : clients_) client->begin();
  inject_later();
  run_until(1000 * plan_.servers.duration_ms);
  heal();
  fall_silent();
}

void World::run_until(int64_t time_us) {
  while (events_.run_one(time_us)) {
  }
}

void World::heal() {
  healing_ = true;
  note(0, "healing");
  network_.unblock_all();
  for (int id = 1; id <= count(); ++id) {
    place(id).slow_until_us = place(id).paused_until_us = 0;
    resume(id);
    start(id);
  }
  for (const auto& client : clients_) client->heal();
  const int64_t limit = events_.now_us() + 1000 * kHealLimitMs;
  while (!well()) {
    if (!events_.run_one(limit))
      throw Violation("every live client is served",
                      "not within " + std::to_string(kHealLimitMs) + " ms");
  }
}

bool World::well() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->served(); }) &&
         alike();
}

bool World::alike() const {
  const core::Server& first = place(1).node->server();
  for (int id = 1; id <= count(); ++id) {
    const Node& node = *place(id).node;
    if (!node.server().serving() || !node.quiet() || node.server().last_zxid() != first.last_zxid())
      return false;
  }
  return true;
}

void World::fall_silent() {
  note(0, "no client any more");
  links_.mute();
  const auto empty = [this] {
    if (!alike()) return false;
    for (int id = 1; id <= count(); ++id) {
      const core::Server& server = place(id).node->server();
      if (server.session_count() != 0) return false;
      if (server.ephemeral_count() != 0)
        throw Violation("ephemerals end with their session", "server " + std::to_string(id));
    }
    return true;
  };
  const int64_t limit = events_.now_us() + 1000 * kHealLimitMs;
  while (!empty()) {
    if (!events_.run_one(limit))
      throw Violation("sessions end when their clients are gone",
                      "not within " + std::to_string(kHealLimitMs) + " ms");
  }
}

// ---- life of a server

void World::start(int id) {
  Place& at = place(id);
  if (at.node) return;
  ++at.life;
  at.waiting.clear();
  at.paused_until_us = 0;
  note(id, "start");
  Around& around = *this;
  at.node = std::make_unique<Node>(plan_, ensemble_, id, layout_seed_, *at.disk, around);
  at.node->start();
}

void World::crash(int id) {
  Place& at = place(id);
  if (!at.node) return;
  const bool power = faults_.chance(1, 2);
  note(id, power ? "power failure" : "kill");
  ++crashes_;
  ++at.life;
  at.waiting.clear();
  at.disk->stop_after(0);
  at.node.reset();
  if (power) {
    at.disk->crash(disks_);
  } else {
    at.disk->kill();
  }
  network_.server_ended(id);
  links_.server_ended(id);
}

void World::restart_later(int id) {
  events_.after(1000 * static_cast<int64_t>(10 + faults_.below(20000)), [this, id] { start(id); });
}

// Runs now, or when the server goes on.
void World::happen(int id, std::function<void()> event) {
  Place& at = place(id);
  if (at.paused_until_us > events_.now_us() || !at.waiting.empty()) {
    at.waiting.push_back(std::move(event));
    return;
  }
  event();
}

void World::resume(int id) {
  Place& at = place(id);
  if (at.paused_until_us > events_.now_us()) return;
  std::deque<std::function<void()>> waiting = std::exchange(at.waiting, {});
  const uint64_t life = at.life;
  for (const auto& event : waiting) {
    if (at.life == life) event();
  }
}

void World::after(int server, int64_t delay_us, std::function<void()> event) {
  const uint64_t life = place(server).life;
  events_.after(delay_us, [this, server, life, event = std::move(event)] {
    if (place(server).life != life) return;
    happen(server, [this, server, life, event] {
      if (place(server).life == life) event();
    });
  });
}

Tick World::now(int server) {
  const int64_t ms = events_.now_us() / 1000;
  // Clocks of machines differ.
  return {kBootMonoMs * server + ms, kBootWallMs + 500 * server + ms};
}

int64_t World::sync_us(int server) {
  int64_t us =
      50 + static_cast<int64_t>(timing_.below(static_cast<uint64_t>(2 * plan_.servers.sync_us)));
  if (place(server).slow_until_us > events_.now_us())
    us += static_cast<int64_t>(timing_.below(5000000));
  return us;
}

void World::note(int server, const std::string& text) {
  if (text.starts_with("LEADING") || text.starts_with("FOLLOWING")) ++roles_;
  trace_.mix(Bytes(text));
  trace_.line(events_.now_us(), server, text);
}

// ---- faults

void World::inject_later() {
  if (plan_.servers.faults.empty()) return;
  const auto delay =
      static_cast<int64_t>(faults_.below(static_cast<uint64_t>(2 * plan_.servers.fault_every_ms)));
  events_.after(1000 * delay, [this] {
    if (healing_) return;
    auto at = plan_.servers.faults.begin();
    std::advance(at, static_cast<int64_t>(faults_.below(plan_.servers.faults.size())));
    inject(*at);
    inject_later();
  });
}

void World::inject(Fault fault) {
  const int64_t now = events_.now_us();
  const int id = any();
  note(id, "fault: " + std::string(ensemble::fault_name(fault)));
  switch (fault) {
    case Fault::kCrash:
      crash(id);
      return restart_later(id);
    case Fault::kPause:
      place(id).paused_until_us = now + static_cast<int64_t>(faults_.below(20000000));
      return events_.at(place(id).paused_until_us, [this, id] { resume(id); });
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
      place(id).slow_until_us = now + static_cast<int64_t>(faults_.below(20000000));
      return;
    case Fault::kCrashAll:
      for (int each = 1; each <= count(); ++each) {
        crash(each);
        restart_later(each);
      }
      return;
    case Fault::kCrashAtEpoch:
    case Fault::kLoseDisk:
      return;  // not drawn
  }
  events_.after(1000 * static_cast<int64_t>(faults_.below(30000)),
                [this] { network_.unblock_all(); });
}

// ---- clients

void World::reply(int server, ConnId conn, std::string bytes) {
  (void)server;
  links_.reply(conn, bytes);
}

void World::close_client(int server, ConnId conn) {
  (void)server;
  links_.close(conn);
}

void World::input(int id, std::function<core::Input()> make) {
  happen(id, [this, id, make = std::move(make)] {
    Node* node = place(id).node.get();
    if (node != nullptr) node->post([node, make] { node->step(make()); });
  });
}

void World::client_opened(int server, ConnId conn) {
  input(server, [conn] { return core::ClientOpened{conn, {"127.0.0.1", 40000, false}}; });
}

void World::client_frame(int server, ConnId conn, std::string payload) {
  happen(server, [this, server, conn, payload = std::move(payload)] {
    Node* node = place(server).node.get();
    if (node == nullptr) return;
    node->post([node, conn, payload] { node->step(core::ClientFrame{conn, payload}); });
  });
}

void World::client_gone(int server, ConnId conn) {
  input(server, [conn] { return core::ClientClosed{conn}; });
}

void World::answer(int client, uint64_t link, const std::string& payload) {
  trace_.mix(Bytes(payload));
  clients_[static_cast<size_t>(client)]->on_frame(link, payload);
}

void World::greeted(int client, int server, int64_t session, int32_t timeout_ms) {
  note(server, "client " + std::to_string(client) + " has session " + hex(session) + ", " +
                   std::to_string(timeout_ms) + " ms");
}

void World::disconnected(int client, uint64_t link) {
  clients_[static_cast<size_t>(client)]->on_disconnected(link);
}

// ---- servers

void World::opened(int server, ConnId conn, Channel channel, uint64_t dial) {
  input(server, [conn, channel, dial] { return Opened{conn, channel, {}, dial}; });
}

void World::dial_failed(int server, uint64_t dial) {
  input(server, [dial] { return DialFailed{dial}; });
}

void World::received(int server, ConnId conn, std::string bytes) {
  happen(server, [this, server, conn, bytes = std::move(bytes)] {
    Node* node = place(server).node.get();
    if (node == nullptr) return;
    node->post([node, conn, bytes] { node->step(Received{conn, bytes}); });
  });
}

void World::closed(int server, ConnId conn) {
  input(server, [conn] { return Closed{conn}; });
}

}  // namespace zookernel::cluster
