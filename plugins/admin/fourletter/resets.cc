#include "plugins/admin/fourletter/resets.h"

#include <stdexcept>

namespace zookernel::fourletter {

std::string Crst::run(const plugin::ServerView& server, const std::string&) {
  if (server.act("reset_connection_stats")) return "Connection stats reset.\n";
  throw std::runtime_error("this server cannot reset the statistics of connections");
}

std::string Srst::run(const plugin::ServerView& server, const std::string&) {
  if (server.act("reset_server_stats")) return "Server stats reset.\n";
  throw std::runtime_error("this server cannot reset its statistics");
}

}  // namespace zookernel::fourletter
