// The part of the configuration that concerns other servers: server lines, myid, the limits that
// only an ensemble needs.
#pragma once

#include "kernel/shell/config.h"

namespace zookernel::shell {

// Fills config.ensemble, config.replicated and the ids in config.core; may take the client address
// from this server's own line. Needs data_dir, client_port and core.tick_ms. Reads the dynamic
// configuration file and myid.
void read_ensemble(Config& config, Problems& problems);

// The content of a myid file: the first line, trimmed.
Result<int64_t> parse_myid(const std::string& path, std::string_view content);

}  // namespace zookernel::shell
