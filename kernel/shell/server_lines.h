// server.N lines: the members of an ensemble.
//
//   line        := "server." sid "=" value
//   value       := address ("|" address)* (";" client)?
//   address     := host ":" quorum port ":" election port (":" role)?
//   client      := (host ":")? port
//   host        := name | IPv4 | "[" IPv6 "]"
//   role        := "participant" | "observer"      any case
//
//   server.1=zk1.example.org:2888:3888:participant;2181
#pragma once

#include <string_view>

#include "zookernel/consensus.h"
#include "zookernel/result.h"

namespace zookernel::shell {

// `sid` is what follows "server."; errors are a reason without place and key. Several addresses are
// refused unless `multi_address`.
Result<Member> parse_server_line(std::string_view sid, std::string_view value, bool multi_address);

}  // namespace zookernel::shell
