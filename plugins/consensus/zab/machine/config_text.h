// The list of members as servers tell it to one another, in votes and with NEWLEADER.
//
//   server.<sid>=<host>:<quorumPort>:<electionPort>[|more]:participant|observer[;<host>:<port>]
//   group.<g>=<sid>:<sid>...
//   weight.<sid>=<w>
//   version=<hex>
//
// Lines are joined by '\n', servers ascending. Apache's parser dies of a text that is not whole, so
// there is one place that writes it. Source: QuorumMaj.toString, QuorumHierarchical.toString.
#pragma once

#include <string>

#include "zookernel/consensus.h"

namespace zookernel::zab {

[[nodiscard]] std::string config_text(const Ensemble& ensemble);

// "host:port", an IPv6 address in brackets.
[[nodiscard]] std::string address_text(const Endpoint& endpoint);

}  // namespace zookernel::zab
