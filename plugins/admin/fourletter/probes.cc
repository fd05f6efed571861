#include "plugins/admin/fourletter/probes.h"

#include "plugins/admin/fourletter/facts.h"

namespace zookernel::fourletter {

std::string Ruok::run(const plugin::ServerView&, const std::string&) {
  return "imok";
}

std::string Isro::run(const plugin::ServerView& server, const std::string&) {
  const Facts facts(server);
  if (!facts.serving()) return "null";
  return facts.integer("read_only") != 0 ? "ro" : "rw";
}

}  // namespace zookernel::fourletter
