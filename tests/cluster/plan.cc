#include "tests/cluster/plan.h"

#include <algorithm>

namespace zookernel::cluster {

Plan draw_plan(uint64_t seed) {
  Plan plan;
  plan.seed = seed;
  plan.servers = ensemble::draw_plan(seed);
  plan.clients = sim::draw_plan(seed);
  Random random(seed ^ 0x636c7573746572ull);
  ensemble::Plan& servers = plan.servers;
  // What a whole server with a real disk cannot do, or not in the time that a run may take.
  servers.faults.erase(ensemble::Fault::kLoseDisk);
  servers.faults.erase(ensemble::Fault::kCrashAtEpoch);
  if (random.chance(1, 8)) servers.faults.clear();
  servers.weighted = false;
  servers.duration_ms = 20000 + static_cast<int64_t>(random.below(100000));
  servers.fault_every_ms = 1000 + static_cast<int64_t>(random.below(20000));
  servers.notification_max_ms = 2000;

  sim::Plan& clients = plan.clients;
  clients.options.tick_ms = servers.tick_ms;
  clients.options.min_session_timeout_ms = 2 * servers.tick_ms;
  clients.options.max_session_timeout_ms = 20 * servers.tick_ms;
  clients.duration_ms = servers.duration_ms;
  clients.clients = 2 + static_cast<int>(random.below(7));
  clients.think_us = std::max<int64_t>(clients.think_us, 20000);
  if (servers.faults.empty()) {
    clients.faults.erase(sim::Fault::kSilence);
    clients.faults.erase(sim::Fault::kResets);
    // Nothing is slow either: then no session that lives may expire.
    servers.network_us = std::min<int64_t>(servers.network_us, 1000);
    servers.sync_us = std::min<int64_t>(servers.sync_us, 2000);
    clients.network_us = clients.core_us = clients.write_us = 50;
    clients.batch_inputs_max = 1024;
    clients.options.outstanding_max = 1000;
  }
  return plan;
}

}  // namespace zookernel::cluster
