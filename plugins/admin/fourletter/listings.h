// conf, envi and mntr: tables of names and values, in the order in which the server has them.
//
//   conf   <name>=<value>; on a member of an ensemble the last lines are "membership: ", with a
//   trailing blank, and the dynamic
//          configuration, which ends without a newline
//   envi   Environment: and then <name>=<value>; answered also without a quorum
//   mntr   zk_<name>\t<value>
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Conf final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

class Envi final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

class Mntr final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
