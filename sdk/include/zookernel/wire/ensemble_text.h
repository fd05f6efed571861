// The members of an ensemble as text: server.N lines of zoo.cfg and of dynamic configuration files,
// and the whole text that servers tell one another and that /zookeeper/config holds.
//
//   text        := line ("\n" line)*
//   line        := "server." sid "=" value | "group." g "=" sid (":" sid)* | "weight." sid "=" w |
//   "version=" hex value       := address ("|" address)* (";" client)? address     := host ":"
//   quorum port ":" election port (":" role)? client      := (host ":")? port host        := name |
//   IPv4 | "[" IPv6 "]" role        := "participant" | "observer"      any case
//
//   server.1=zk1.example.org:2888:3888:participant;2181
//
// Source: QuorumServer, QuorumMaj.toString, QuorumHierarchical.toString, QuorumPeerConfig. [any]
#pragma once

#include <string>
#include <string_view>

#include "zookernel/consensus.h"
#include "zookernel/result.h"

namespace zookernel::wire {

// `sid` is what follows "server."; errors are a reason without place and key. Several addresses are
// refused unless `multi_address`.
[[nodiscard]] Result<Member> parse_server_line(std::string_view sid, std::string_view value,
                                               bool multi_address);

// What follows "server.N=". The role is always written.
[[nodiscard]] std::string server_line(const Member& member);

// "host:port", an IPv6 address in brackets.
[[nodiscard]] std::string address_text(const Endpoint& endpoint);

// Servers ascending, then groups, weights and the version, without a line end behind it. Apache's
// parser dies of a text that is not whole, so this is the one place that writes it.
[[nodiscard]] std::string ensemble_text(const Ensemble& ensemble);

// The members, groups, weights and version of `text`, the rest as in `base`. Blank lines are
// skipped; any other key is an error, and so is a server that comes twice or a text without
// servers.
[[nodiscard]] Result<Ensemble> parse_ensemble_text(std::string_view text, const Ensemble& base);

}  // namespace zookernel::wire
