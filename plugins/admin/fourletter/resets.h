// crst and srst: set the connections' or the server's statistics back.
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Crst final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

// Also the counters and summaries that mntr shows, and on a leader the sizes of proposals.
class Srst final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
