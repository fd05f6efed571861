// The text of /zookeeper/config, as far as a client cares.
//
//   server.1=host:2888:3888:participant;host:2181
//   version=100000000
#pragma once

#include <string>
#include <string_view>

namespace zookernel::cli {

// "<version> host:port,host:port": where clients connect to, in the order of the lines. Servers
// without a client address are left out. [any]
[[nodiscard]] std::string client_config_text(std::string_view config);

// The server lines of a configuration file, joined by commas: what a reconfig takes as members.
[[nodiscard]] std::string members_of_file(std::string_view text);

}  // namespace zookernel::cli
