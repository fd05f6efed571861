#include "plugins/admin/fourletter/dirs.h"

#include "plugins/admin/fourletter/facts.h"

namespace zookernel::fourletter {

std::string Dirs::run(const plugin::ServerView& server, const std::string&) {
  const Facts facts(server);
  return "datadir_size: " + std::to_string(facts.integer("data_dir_size")) +
         "\nlogdir_size: " + std::to_string(facts.integer("log_dir_size")) + "\n";
}

}  // namespace zookernel::fourletter
