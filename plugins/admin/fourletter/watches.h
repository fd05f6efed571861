// wchs, wchc and wchp: data and exist watches. As in Apache, watches for children are not among
// them (mntr's watch_count has both).
//
//   wchs   <n> connections watching <n> paths
//          Total watches:<n>
//   wchc   0x<sid>, then \t<path> for each path it watches; after all an empty line
//   wchp   <path>, then \t0x<sid> for each session that watches it; after all an empty line
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Wchs final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

// Sessions ascending.
class Wchc final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

// Paths in the server's order.
class Wchp final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
