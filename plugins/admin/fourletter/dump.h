// dump: sessions by the time at which they expire, ephemeral nodes by session, connections by the
// time at which they are closed.
//
//   SessionTracker dump:
//   Session Sets (<buckets>)/(<sessions>):       with local sessions: "Local Session Sets ...:",
//   then "Global Session Sets ...:" <n> expire at <date>: \t0x<sid> Global Sessions(<n>): instead
//   of the sets on a server that does not decide about expiry 0x<sid>\t<timeout>ms ephemeral nodes
//   dump: Sessions with Ephemerals (<n>): 0x<sid>: \t<path> Connections dump: Connections Sets
//   (<buckets>)/(<connections>): <n> expire at <date>: \tip: /<address> sessionId: 0x<sid>
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Dump final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
