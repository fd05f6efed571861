// ruok and isro: what load balancers ask. Both answer also without a quorum.
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

// "imok", always: it says that the process answers, not that it serves. Scripts rely on it.
class Ruok final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView&, const std::string&) override;
};

// "rw", "ro", or "null" while the server does not serve.
class Isro final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
