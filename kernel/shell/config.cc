#include "kernel/shell/config.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "kernel/shell/config_keys.h"
#include "kernel/shell/ensemble_config.h"
#include "kernel/shell/plugin_choice.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

std::string said(const Given& given) {
  return given.place + ": " + given.key + "=" + given.value;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// What is given as a number, if it is one that the row allows.
std::optional<int64_t> integer_of(const KeyInfo& key, const Given& given) {
  const std::optional<int64_t> number =
      given.is_flag ? read_java_integer(given.value) : read_number_of(key, given.value);
  return number && *number >= key.min && *number <= key.max ? number : std::nullopt;
}

// Reads typed values, with the defaults of the table; remembers what was wrong.
class Reader {
 public:
  Reader(Config& config, Problems& problems) : config_(config), problems_(problems) {}

  [[nodiscard]] const Given* given(std::string_view key) const { return config_.given.find(key); }
  void error(const Given& at, const std::string& reason) {
    problems_.errors.push_back(said(at) + ": " + reason);
  }
  void error(const std::string& reason) {
    problems_.errors.push_back(config_.source + ": " + reason);
  }
  void note(const Given& at, const std::string& reason) {
    problems_.notes.push_back(said(at) + ": " + reason);
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const Given* value = given(key);
    return value != nullptr ? value->value : std::string(row(key).value);
  }
  // Values of the wrong form were reported by check_forms(); here they become the default.
  [[nodiscard]] int64_t integer(std::string_view key) const {
    const KeyInfo& known = row(key);
    const Given* value = given(key);
    if (value != nullptr) {
      const std::optional<int64_t> number = integer_of(known, *value);
      if (number) return *number;
    }
    return read_integer(known.value).value_or(0);
  }
  [[nodiscard]] int32_t int32(std::string_view key) const {
    return static_cast<int32_t>(integer(key));
  }
  [[nodiscard]] double real(std::string_view key) const {
    const KeyInfo& known = row(key);
    const Given* value = given(key);
    if (value != nullptr && value_problem(known, value->value).empty())
      return *read_real(value->value);
    return read_real(known.value).value_or(0);
  }
  [[nodiscard]] bool boolean(std::string_view key) const {
    const Given* value = given(key);
    const std::optional<bool> read = value == nullptr ? std::nullopt : read_boolean(value->value);
    return read ? *read : read_boolean(row(key).value).value_or(false);
  }

 private:
  static const KeyInfo& row(std::string_view key) {
    const KeyInfo* known = find_key(key);
    ZOOKERNEL_ASSERT(known != nullptr);
    return *known;
  }

  Config& config_;
  Problems& problems_;
};

void check_forms(const Config& config, Problems& problems) {
  for (const KeyInfo& key : known_keys()) {
    const Given* given = config.given.find(key.key);
    if (given == nullptr) continue;
    if (given->is_flag && key.type == ValueType::kInteger && key.status != KeyStatus::kJvm &&
        !read_java_integer(given->value)) {
      // Java overlooks it in silence.
      problems.notes.push_back(said(*given) + ": is no number, so the default holds" +
                               (*key.value == '\0' ? "" : ": " + std::string(key.value)));
      continue;
    }
    const bool number_in_flag =
        given->is_flag && key.type == ValueType::kInteger && integer_of(key, *given);
    std::string problem = number_in_flag ? std::string() : value_problem(key, given->value);
    if (!problem.empty()) {
      problems.errors.push_back(said(*given) + ": " + problem);
      continue;
    }
    if (!given->is_flag && key.type == ValueType::kInteger && key.status != KeyStatus::kJvm &&
        given->value.size() > 1 && given->value.front() == '0' &&
        std::isdigit(static_cast<unsigned char>(given->value[1])) != 0) {
      problems.notes.push_back(said(*given) +
                               ": read as a decimal number (Java reads a leading zero as octal)");
    }
    if (key.status == KeyStatus::kJvm) {
      problems.notes.push_back(said(*given) + ": has a meaning only for a JVM and is ignored");
    } else if (key.status == KeyStatus::kLater &&
               lower_case(given->value) != lower_case(key.value)) {
      problems.notes.push_back(said(*given) + ": has no effect in this version");
    }
  }
  for (const auto& [name, given] : config.given.flag_entries()) {
    if (!name.starts_with(kPropertyPrefix)) continue;
    const KeyInfo* key = find_key(std::string_view(name).substr(kPropertyPrefix.size()));
    if (key == nullptr) continue;
    if (key->property == PropertyForm::kNone) {
      problems.notes.push_back(said(given) +
                               ": is read from zoo.cfg only; the property has no effect");
    } else if (key->property == PropertyForm::kUnprefixed) {
      problems.notes.push_back(said(given) + ": has no effect; the property is called " + key->key);
    }
  }
}

void read_directories(Reader& read, Config& config) {
  const Given* data = read.given("dataDir");
  if (data == nullptr || data->value.empty()) {
    read.error(
        "dataDir is not set (the directory for snapshots, for example dataDir=/var/lib/zookeeper)");
    return;
  }
  config.data_dir = data->value;
  if (config.data_dir.is_relative())
    read.note(*data, "is relative to the directory in which the server was started");
  const Given* log = read.given("dataLogDir");
  config.data_log_dir =
      log == nullptr || log->value.empty() ? config.data_dir : std::filesystem::path(log->value);
}

void read_client_port(Reader& read, Config& config) {
  config.client_address = read.text("clientPortAddress");
  if (read.given("clientPort") != nullptr)
    config.client_port = static_cast<uint16_t>(read.integer("clientPort"));
  if (const Given* address = read.given("clientPortAddress");
      address != nullptr && !config.client_port) {
    read.error(*address, "clientPortAddress is set but clientPort is not set");
  }
  if (const Given* secure = read.given("secureClientPort")) {
    read.note(*secure, "WARNING: TLS is not available in this version; this port is not opened");
  }
  config.listen_backlog = read.int32("clientPortListenBacklog");
}

void read_limits(Reader& read, Config& config, bool unlimited_connections) {
  if (read.given("maxClientCnxns") != nullptr || !unlimited_connections) {
    config.client_connections_per_address_max = std::max(0, read.int32("maxClientCnxns"));
  } else {
    config.client_connections_per_address_max = 0;
  }
  config.client_connections_max = read.int32("maxCnxns");
  config.sessionless_timeout_ms = read.integer("nio.sessionlessCnxnTimeout");
  config.core.max_frame_bytes = static_cast<uint32_t>(read.integer("jute.maxbuffer"));
  int64_t extra = config.core.max_frame_bytes;
  if (read.given("jute.maxbuffer.extrasize") != nullptr)
    extra = read.integer("jute.maxbuffer.extrasize");
  config.core.max_field_bytes =
      config.core.max_frame_bytes + static_cast<uint32_t>(std::max<int64_t>(extra, 1024));
  config.core.outstanding_max = read.int32("globalOutstandingLimit");
}

// As Apache mends them: a weight that is not positive is the default, and no session costs less
// than a local one.
void read_connection_throttle(Reader& read, core::ConnectionThrottleOptions& throttle) {
  throttle.tokens_max = read.int32("connection_throttle_tokens");
  throttle.fill_time_ms = read.int32("connection_throttle_fill_time");
  throttle.fill_count = read.int32("connection_throttle_fill_count");
  throttle.freeze_time_ms = read.int32("connection_throttle_freeze_time");
  throttle.drop_increase = read.real("connection_throttle_drop_increase");
  throttle.drop_decrease = read.real("connection_throttle_drop_decrease");
  throttle.decrease_ratio = read.real("connection_throttle_decrease_ratio");
  throttle.weighted = read.boolean("connection_throttle_weight_enabled");
  const auto weight = [&read](const char* key, int32_t otherwise, int32_t least) {
    const int32_t given = read.int32(key);
    const int32_t used = std::max(given > 0 ? given : otherwise, least);
    if (const Given* at = read.given(key); at != nullptr && used != given)
      read.note(*at, std::to_string(used) + " is used");
    return used;
  };
  const int32_t local = weight("connection_throttle_local_session_weight", 1, 1);
  throttle.new_session_weight = weight("connection_throttle_global_session_weight", 3, local);
  throttle.renewed_session_weight = weight("connection_throttle_renew_session_weight", 2, local);
}

void read_request_throttle(Reader& read, core::Options& core) {
  core::RequestThrottleOptions& throttle = core.request_throttle;
  throttle.requests_max = read.int32("request_throttle_max_requests");
  throttle.drop_stale = read.boolean("request_throttle_drop_stale");
  throttle.stale_by_latency = read.boolean("request_stale_latency_check");
  throttle.wait_ms_max = read.int32("throttled_op_wait_time");

  core.large_request_bytes = read.int32("largeRequestThreshold");
  if (core.large_request_bytes == 0 || core.large_request_bytes < -1) {
    read.note(*read.given("largeRequestThreshold"), "-1 is used: no request counts as large");
    core.large_request_bytes = -1;
  }
  core.large_requests_bytes_max = read.integer("largeRequestMaxBytes");
  if (core.large_requests_bytes_max <= 0) {
    core.large_requests_bytes_max = core::Options().large_requests_bytes_max;
    read.note(*read.given("largeRequestMaxBytes"),
              std::to_string(core.large_requests_bytes_max) + " is used");
  }
}

void read_times(Reader& read, Config& config) {
  core::Options& core = config.core;
  core.tick_ms = read.int32("tickTime");
  core.min_session_timeout_ms = read.int32("minSessionTimeout");
  core.max_session_timeout_ms = read.int32("maxSessionTimeout");
  for (const char* key : {"minSessionTimeout", "maxSessionTimeout"}) {
    if (const Given* given = read.given(key); given != nullptr && read.integer(key) == 0) {
      read.error(*given, "a number of milliseconds above 0 is allowed, or -1 for the default");
    }
  }
  if (core.min_session_timeout_ms < 0) core.min_session_timeout_ms = core.tick_ms * 2;
  if (core.max_session_timeout_ms < 0) core.max_session_timeout_ms = core.tick_ms * 20;
  if (core.min_session_timeout_ms > core.max_session_timeout_ms) {
    const Given* min = read.given("minSessionTimeout");
    const Given* max = read.given("maxSessionTimeout");
    const std::string reason = "minSessionTimeout (" + std::to_string(core.min_session_timeout_ms) +
                               " ms) must not be larger than maxSessionTimeout (" +
                               std::to_string(core.max_session_timeout_ms) + " ms)";
    if (min != nullptr || max != nullptr) {
      read.error(min != nullptr ? *min : *max, reason);
    } else {
      read.error(reason);
    }
  }
}

void read_persistence(Reader& read, Config& config) {
  config.snapshot_after_records = read.integer("snapCount");
  if (config.snapshot_after_records < 2) {
    if (const Given* given = read.given("snapCount")) read.note(*given, "is too small; 2 is used");
    config.snapshot_after_records = 2;
  }
  config.snapshot_after_bytes = std::max<int64_t>(0, read.integer("snapSizeLimitInKb") * 1024);
  config.batch_records_max = read.integer("maxBatchSize");
  config.flush_delay_ms = read.integer("flushDelay");
  config.disk_reserve_bytes = static_cast<uint64_t>(read.integer("diskReserveInKb")) * 1024;
  config.trust_empty_snapshot = read.boolean("snapshot.trust.empty");
  config.create_empty_database = read.boolean("db.autocreate");
  config.purge_interval_hours = std::max(0, read.int32("autopurge.purgeInterval"));
  config.snapshots_kept = read.int32("autopurge.snapRetainCount");
  if (config.snapshots_kept < 3) {
    if (const Given* given = read.given("autopurge.snapRetainCount"))
      read.note(*given, "is too small; 3 is used");
    config.snapshots_kept = 3;
  }
  if (const Given* given = read.given("forceSync");
      given != nullptr && !read.boolean("forceSync")) {
    read.note(*given, "WARNING: acknowledged writes may be lost when the machine stops");
  }
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return items;
}

void read_access(Reader& read, Config& config) {
  core::Options& core = config.core;
  core.skip_acl = read.boolean("skipACL");
  if (core.skip_acl)
    read.note(*read.given("skipACL"), "WARNING: everybody may read and change everything");
  core.digest = read.boolean("digest.enabled");
  core.extended_types = read.boolean("extendedTypesEnabled");
  core.emulate_353 = read.boolean("emulate353TTLNodes");
  core.container_check_interval_ms = read.integer("znode.container.checkIntervalMs");
  core.containers_per_minute_max = read.int32("znode.container.maxPerMinute");
  core.container_unused_max_ms = read.integer("znode.container.maxNeverUsedIntervalMs");
  core.enforce_quota = read.boolean("enforceQuota");
  core.reconfig_enabled = read.boolean("reconfigEnabled");
  core.standalone_enabled = read.boolean("standaloneEnabled");

  if (read.boolean("enforce.auth.enabled")) {
    core.required_auth_schemes = comma_list(read.text("enforce.auth.schemes"));
    if (core.required_auth_schemes.empty()) {
      read.error(*read.given("enforce.auth.enabled"),
                 "enforce.auth.schemes must be set too (a list of schemes, for example digest)");
    }
  }
  // The older form of the same, for one scheme. That the scheme is there is checked with the
  // plugins.
  if (read.boolean("sessionRequireClientSASLAuth")) core.required_auth_schemes = {"sasl"};

  // srvr is always allowed; isro with read-only mode.
  core.admin_words = {"srvr"};
  if (read.boolean("readonlymode.enabled")) core.admin_words.insert("isro");
  for (const std::string& word : comma_list(read.text("4lw.commands.whitelist"))) {
    if (word == "*") {
      core.all_admin_words = true;
    } else {
      core.admin_words.insert(word);
    }
  }
}

void read_log_level(Reader& read, Config& config) {
  const Given* given = read.given("console.threshold");
  if (given == nullptr) given = read.given("root.logger");
  if (given == nullptr) return;
  // root.logger names appenders behind the level: "INFO,CONSOLE".
  const std::string level =
      lower_case(std::string_view(given->value).substr(0, given->value.find(',')));
  if (level == "trace" || level == "debug" || level == "all") {
    config.log_level = LogLevel::kDebug;
  } else if (level == "info") {
    config.log_level = LogLevel::kInfo;
  } else if (level == "warn" || level == "warning") {
    config.log_level = LogLevel::kWarn;
  } else if (level == "error" || level == "fatal" || level == "off") {
    config.log_level = LogLevel::kError;
  } else {
    read.note(*given, "is no level; INFO is used (DEBUG, INFO, WARN or ERROR is allowed)");
  }
}

bool starts_with_name(std::string_view key, std::string_view name) {
  return key.size() > name.size() && key.starts_with(name) && key[name.size()] == '.';
}

}  // namespace

Config read_config(const ConfigSource& source, Problems& problems) {
  Config config;
  config.source = source.name;
  config.given.add_file(source.name, source.properties);
  // JVMFLAGS come after SERVER_JVMFLAGS on Java's command line, so they win.
  const std::pair<const char*, JvmFlags> variables[] = {
      {"SERVER_JVMFLAGS", parse_jvm_flags(source.server_flags)},
      {"JVMFLAGS", parse_jvm_flags(source.flags)}};
  for (const auto& [variable, flags] : variables) {
    config.given.add_flags(variable, flags);
    if (!flags.ignored.empty()) {
      std::string list;
      for (const std::string& each : flags.ignored) list += (list.empty() ? "" : " ") + each;
      problems.notes.push_back(std::string(variable) +
                               ": only -Dname=value is read here; ignored: " + list);
    }
  }

  check_forms(config, problems);
  Reader read(config, problems);
  read_directories(read, config);
  read_client_port(read, config);
  read_limits(read, config, source.unlimited_connections);
  read_connection_throttle(read, config.core.connection_throttle);
  read_request_throttle(read, config.core);
  read_times(read, config);
  read_persistence(read, config);
  read_access(read, config);
  read_log_level(read, config);
  read_ensemble(config, problems);
  choose_plugins(config, problems);
  if (!config.client_port && !config.replicated && problems.errors.empty()) {
    read.error("clientPort is not set, so no client could connect (for example clientPort=2181)");
  }
  return config;
}

ConfigSource config_from_arguments(std::span<const std::string> arguments) {
  constexpr const char* kKeys[] = {"clientPort", "dataDir", "tickTime", "maxClientCnxns"};
  ConfigSource source;
  source.name = "command line";
  source.unlimited_connections = true;
  for (size_t i = 0; i < arguments.size() && i < std::size(kKeys); ++i) {
    source.properties.push_back({kKeys[i], arguments[i], static_cast<int>(i) + 1});
  }
  return source;
}

void check_unknown_keys(const Config& config, std::span<const std::string> plugin_keys,
                        std::span<const std::string> extension_names, Problems& problems) {
  const std::set<std::string_view> options(plugin_keys.begin(), plugin_keys.end());
  const auto check = [&](const Given& given, std::string_view key) {
    if (find_key(key) != nullptr || options.contains(key)) return;
    // The names of abilities may begin like Apache's families (auth.*), so what is known comes
    // first.
    const bool ours =
        key.starts_with("plugin.") ||
        std::any_of(extension_names.begin(), extension_names.end(),
                    [key](const std::string& name) { return starts_with_name(key, name); }) ||
        key.starts_with("transport.") || key.starts_with("storage.") ||
        key.starts_with("consensus.");
    if (!ours && is_key_family(key)) return;
    const std::string near = near_matches(key, plugin_keys);
    const std::string meant = near.empty() ? "" : "; did you mean " + near + "?";
    if (ours) {
      problems.errors.push_back(said(given) + ": no loaded plugin knows this key" + meant);
    } else {
      problems.notes.push_back(said(given) + ": unknown key, ignored" + meant);
    }
  };
  for (const auto& [key, given] : config.given.file_entries()) check(given, key);
  for (const auto& [name, given] : config.given.flag_entries()) {
    if (name.starts_with(kPropertyPrefix))
      check(given, std::string_view(name).substr(kPropertyPrefix.size()));
  }
}

std::string effective_value(const Config& config, std::string_view key) {
  // It may stand in this server's own line.
  if (key == "clientPort" && config.client_port) return std::to_string(*config.client_port);
  if (const Given* given = config.given.find(key)) return given->value;
  if (key == "dataLogDir") return config.data_log_dir.string();
  const KeyInfo* known = find_key(key);
  return known == nullptr ? std::string() : known->value;
}

}  // namespace zookernel::shell
