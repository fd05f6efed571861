// cons, and the lines for connections that it shares with stat.
//
//    /<address>[<ops
//    hex>](queued=<n>,recved=<n>,sent=<n>[,sid=0x<hex>,lop=<OP>,est=<ms>,to=<ms>[,lcxid=0x<hex>],
//     lzxid=0x<hex>,lresp=<ms>,llat=<n>,minlat=<n>,avglat=<n>,maxlat=<n>])
//
// One line each. The part from sid on is there for connections with a session, lcxid once a request
// with a cxid came. est and lresp are wall-clock milliseconds (in Apache 3.9 lresp counts from an
// unknown origin).
#pragma once

#include <string>

#include "plugins/admin/fourletter/answer.h"
#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

enum class ConnectionDetail { kBrief, kFull };

// A line for each connection. Throws Answer::Full at the limit.
void add_connections(const plugin::ServerView& server, ConnectionDetail detail, Answer& answer);

// All of them in full, then an empty line.
class Cons final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
