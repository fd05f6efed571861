// The configuration of one server, typed and checked. Pure but for the files it names (the dynamic
// configuration, myid), which it reads.
//
// Every problem is one line: "zoo.cfg:12: tickTime=abc: a whole number of at least 1 is allowed".
// Errors stop the start with exit code 2; notes are for the log. A zoo.cfg that Apache starts with
// starts here too; what Apache overlooks (misspelt keys, malformed numbers) is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/core/options.h"
#include "kernel/shell/given_settings.h"
#include "zookernel/consensus.h"
#include "zookernel/log.h"

namespace zookernel::shell {

// What an operator should know, one line each.
struct Problems {
  std::vector<std::string> errors;
  std::vector<std::string> notes;
  int exit_code = 2;  // of the process when there are errors: Apache's for the first of them
};

// A plugin that is to be loaded, and the line that asked for it.
struct WantedPlugin {
  std::string_view kind;  // an interface id, a constant
  std::string name;
  std::string place;      // "zoo.cfg:3: plugin.auth=token"; empty for a default
  bool optional = false;  // its absence is a note: the text is in `absent`
  std::string absent;
};

struct Config {
  std::string source;  // how messages call the file
  GivenSettings given;

  std::filesystem::path data_dir, data_log_dir;
  std::optional<uint16_t> client_port;
  std::string client_address;  // empty: every address
  int32_t listen_backlog = -1;
  int32_t client_connections_per_address_max = 60;  // 0: unlimited
  int32_t client_connections_max = 0;               // 0: unlimited
  int64_t sessionless_timeout_ms = 10000;

  int64_t snapshot_after_records = 100000;  // snapCount
  int64_t snapshot_after_bytes = 0;         // snapSizeLimitInKb; 0: never for their sake
  int64_t batch_records_max = 1000;         // maxBatchSize
  int64_t flush_delay_ms = 0;
  uint64_t disk_reserve_bytes = uint64_t{128} << 20;  // diskReserveInKb; 0: none
  bool trust_empty_snapshot = false;
  bool create_empty_database = true;  // db.autocreate
  int32_t snapshots_kept = 3;
  int32_t purge_interval_hours = 0;  // 0: never

  core::Options core;
  Ensemble ensemble;
  bool replicated = false;                   // server lines that make an ensemble
  int32_t peer_connect_timeout_ms = 5000;    // cnxTimeout
  int32_t election_bind_tries = 3;           // electionPortBindRetry; 0: for ever
  bool listen_for_peers_everywhere = false;  // quorumListenOnAllIPs
  double log_sync_factor = 0.33;             // snapshotSizeFactor
  LogLevel log_level = LogLevel::kInfo;

  std::vector<std::filesystem::path> plugin_path;  // empty: the default
  std::vector<WantedPlugin> plugins;
};

// Where the text of a configuration comes from.
struct ConfigSource {
  std::string name;                    // of the file
  std::vector<Property> properties;    // of the file
  std::string server_flags, flags;     // SERVER_JVMFLAGS, JVMFLAGS
  bool unlimited_connections = false;  // the form without a file: maxClientCnxns defaults to 0
};

// Reads everything that needs no plugin.
Config read_config(const ConfigSource& source, Problems& problems);

// The form `port dataDir [tickTime [maxClientCnxns]]`.
ConfigSource config_from_arguments(std::span<const std::string> arguments);

// Keys that nobody knows: a note with what was probably meant; an error below plugin. and below the
// name of a loaded extension. `plugin_keys` are the options of the loaded plugins,
// `extension_names` their names.
void check_unknown_keys(const Config& config, std::span<const std::string> plugin_keys,
                        std::span<const std::string> extension_names, Problems& problems);

// The value that holds for a key, defaults included; empty for an unknown key without a value.
[[nodiscard]] std::string effective_value(const Config& config, std::string_view key);

}  // namespace zookernel::shell
