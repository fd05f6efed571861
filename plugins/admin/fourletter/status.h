// srvr and stat: the server in ten lines. zkServer.sh status and many monitors read the line "Mode:
// ...".
//
//   Zookeeper version: <version>
//   READ-ONLY mode; serving only read-only clients     only then
//   Clients:                                           these three by stat only
//    /<address>[<ops>](queued=<n>,recved=<n>,sent=<n>)
//   <empty line>
//   Latency min/avg/max: 0/0.7754/8
//   Received: 929
//   Sent: 931
//   Connections: 2
//   Outstanding: 0
//   Zxid: 0x4b7
//   Mode: standalone
//   Node count: 608
//   Proposal sizes last/min/max: 110/48/110            leader only
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Srvr final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

class Stat final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
