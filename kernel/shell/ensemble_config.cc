#include "kernel/shell/ensemble_config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kernel/shell/config_keys.h"
#include "kernel/shell/dynamic_config.h"
#include "kernel/shell/text_file.h"
#include "zookernel/wire/ensemble_text.h"
#include "zookernel/wire/quorum_lines.h"

namespace zookernel::shell {
namespace {

constexpr size_t kMyidBytesMax = 4096;
constexpr std::string_view kServer = "server.";

bool boolean(const Config& config, std::string_view key, bool otherwise) {
  const Given* given = config.given.find(key);
  return given == nullptr ? otherwise : read_boolean(given->value).value_or(otherwise);
}

// A value of the wrong form was reported elsewhere: the default of the table holds.
int32_t integer(const Config& config, std::string_view key) {
  const Given* given = config.given.find(key);
  const KeyInfo* known = find_key(key);
  std::optional<int64_t> number;
  if (given != nullptr)
    number =
        given->is_flag ? read_java_integer(given->value) : read_number_of(*known, given->value);
  if (!number || *number < known->min || *number > known->max) number = read_integer(known->value);
  return static_cast<int32_t>(number.value_or(0));
}

bool is_dynamic_key(std::string_view key) {
  return key.starts_with(kServer) || wire::is_group_key(key) || wire::is_weight_key(key);
}

std::string said(const Given& given) {
  return given.place + ": " + given.key + "=" + given.value;
}

void add_member(const Given& given, bool multi_address, Config& config, Problems& problems) {
  Result<Member> member = wire::parse_server_line(
      std::string_view(given.key).substr(kServer.size()), given.value, multi_address);
  if (!member) {
    problems.errors.push_back(said(given) + ": " + member.error().message);
    return;
  }
  for (const Member& other : config.ensemble.members) {
    // Under another spelling, as server.01; of one and the same key the last line holds.
    if (other.id == member->id) {
      problems.errors.push_back(said(given) + ": there is another line for server " +
                                std::to_string(other.id.value) + " (each id may be given once)");
      return;
    }
  }
  config.ensemble.members.push_back(std::move(*member));
}

void add_line(const Given& given, bool multi_address, Config& config, Problems& problems) {
  if (given.key.starts_with(kServer)) return add_member(given, multi_address, config, problems);
  if (wire::is_group_key(given.key)) {
    Result<MemberGroup> group = wire::parse_group_line(given.key, given.value);
    if (!group) {
      problems.errors.push_back(said(given) + ": " + group.error().message);
    } else {
      config.ensemble.groups.push_back(std::move(*group));
    }
    return;
  }
  const Result<std::pair<ServerId, int64_t>> weight =
      wire::parse_weight_line(given.key, given.value);
  if (!weight) {
    problems.errors.push_back(said(given) + ": " + weight.error().message);
  } else {
    config.ensemble.weights.push_back(*weight);
  }
}

// Lines that are the same key twice: Apache takes the last one and says nothing.
void note_repeated(const GivenSettings& given, Problems& problems) {
  for (const Given& each : given.repeated()) {
    if (!is_dynamic_key(each.key)) continue;
    const Given* last = given.find(each.key);
    problems.notes.push_back(said(each) + ": is given again (" + last->place +
                             "), and that line holds");
  }
}

// The hexadecimal text behind the last dot: zoo.cfg.dynamic.100000000.
int64_t version_of(const std::string& dynamic_file) {
  const size_t dot = dynamic_file.rfind('.');
  if (dot == std::string::npos) return 0;
  int64_t version = 0;
  const char* const last = dynamic_file.data() + dynamic_file.size();
  const auto [end, problem] = std::from_chars(dynamic_file.data() + dot + 1, last, version, 16);
  return problem == std::errc{} && end == last && version > 0 ? version : 0;
}

void read_dynamic_file(const Given& pointer, bool multi_address, Config& config,
                       Problems& problems) {
  const Result<std::string> text = read_text_file(pointer.value, kPropertiesBytesMax);
  if (!text) {
    problems.errors.push_back(pointer.place + ": " + pointer.key + "=" + pointer.value + ": " +
                              text.error().message);
    return;
  }
  const Result<std::vector<Property>> properties = parse_properties(*text);
  if (!properties) {
    problems.errors.push_back(pointer.value + ":" + properties.error().message);
    return;
  }
  GivenSettings dynamic;
  dynamic.add_file(pointer.value, *properties);
  for (const auto& [key, given] : dynamic.file_entries()) {
    if (!is_dynamic_key(key)) {
      problems.errors.push_back(
          said(given) + ": a dynamic configuration file has server, group and weight lines only");
    } else {
      add_line(given, multi_address, config, problems);
    }
  }
  note_repeated(dynamic, problems);
  config.ensemble.version = version_of(pointer.value);
}

void read_members(Config& config, Problems& problems) {
  const bool multi_address = boolean(config, "multiAddress.enabled", false);
  const Given* pointer = config.given.find("dynamicConfigFile");
  for (const auto& [key, given] : config.given.file_entries()) {
    if (pointer != nullptr && is_dynamic_key(key)) {
      problems.errors.push_back(given.place + ": " + key + "=" + given.value +
                                ": belongs into the file of dynamicConfigFile (" + pointer->value +
                                ")");
    } else if (is_dynamic_key(key)) {
      add_line(given, multi_address, config, problems);
    }
  }
  note_repeated(config.given, problems);
  if (pointer != nullptr) read_dynamic_file(*pointer, multi_address, config, problems);
  std::sort(config.ensemble.members.begin(), config.ensemble.members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
}

// Whether the lines make an ensemble; what is odd about them.
void decide_mode(Config& config, Problems& problems) {
  const auto& members = config.ensemble.members;
  const auto voters = std::count_if(members.begin(), members.end(),
                                    [](const Member& each) { return !each.observer; });
  const bool standalone_enabled = boolean(config, "standaloneEnabled", true);
  const auto error = [&](const std::string& text) {
    problems.errors.push_back(config.source + ": " + text);
  };
  if (!standalone_enabled && voters == 0 && members.empty()) {
    error("standaloneEnabled=false needs server lines (server.1=host:2888:3888)");
  } else if (!members.empty() && voters == 0) {
    error("observers without participants are an invalid configuration");
  } else if (voters == 1 && members.size() > 1 && standalone_enabled) {
    error(
        "observers without a quorum are an invalid configuration (set standaloneEnabled=false to "
        "run a single voter with observers)");
  } else if (voters == 1 && standalone_enabled) {
    problems.notes.push_back(config.source +
                             ": Invalid configuration, only one server specified (ignoring)");
  } else if (voters == 2) {
    problems.notes.push_back(config.source +
                             ": No server failure will be tolerated. You need at least 3 servers.");
  } else if (voters > 2 && voters % 2 == 0) {
    problems.notes.push_back(config.source +
                             ": Non-optimal configuration, consider an odd number of servers.");
  }
  config.replicated = !members.empty() && (voters >= 2 || !standalone_enabled);
}

void read_myid(Config& config, Problems& problems) {
  if (config.data_dir.empty()) return;
  const std::string path = (config.data_dir / "myid").string();
  const Result<std::string> content = read_text_file(path, kMyidBytesMax);
  if (!content) {
    if (content.error().code != Errc::kNotFound) {
      problems.errors.push_back(content.error().message);
    } else if (config.replicated) {
      problems.errors.push_back(
          path + ": the myid file is missing (it holds the number of this server's server.N line)");
    }
    return;
  }
  const Result<int64_t> id = parse_myid(path, *content);
  if (!id) {
    problems.errors.push_back(id.error().message);
    return;
  }
  if (!config.replicated) return;
  config.ensemble.self = ServerId{*id};
  const auto& members = config.ensemble.members;
  if (std::none_of(members.begin(), members.end(),
                   [&](const Member& each) { return each.id.value == *id; })) {
    problems.errors.push_back(path + ": " + std::to_string(*id) + " is in no server line of " +
                              config.source +
                              " (the file holds the number of this server's own line)");
  }
}

void require_limits(Config& config, Problems& problems) {
  for (const char* key : {"initLimit", "syncLimit"}) {
    if (config.given.find(key) == nullptr) {
      problems.errors.push_back(config.source + ": " + key +
                                " is not set (a number of ticks, for example " + key +
                                (std::string_view(key) == "initLimit" ? "=10)" : "=5)"));
    }
  }
  config.ensemble.init_limit_ticks = integer(config, "initLimit");
  config.ensemble.sync_limit_ticks = integer(config, "syncLimit");
}

void read_protocol(Config& config, Problems& problems) {
  Ensemble& ensemble = config.ensemble;
  ensemble.notification_min_ms = integer(config, "fastleader.minNotificationInterval");
  ensemble.notification_max_ms =
      std::max(integer(config, "fastleader.maxNotificationInterval"), ensemble.notification_min_ms);
  ensemble.observer_delay_ms = integer(config, "observer.election.DelayMs");
  constexpr int32_t kCommittedMin = 500;
  ensemble.committed_log_max = integer(config, "commitLogCount");
  if (ensemble.committed_log_max < kCommittedMin) {
    problems.notes.push_back(said(*config.given.find("commitLogCount")) +
                             ": is too small; 500 is used");
    ensemble.committed_log_max = kCommittedMin;
  }
  if (const Given* factor = config.given.find("snapshotSizeFactor")) {
    const double given = read_real(factor->value).value_or(config.log_sync_factor);
    ensemble.log_sync = given >= 0;
    if (given > 1) {
      problems.notes.push_back(said(*factor) + ": is more than 1; 0.33 is used");
    } else {
      config.log_sync_factor = given;
    }
  }
  ensemble.force_snapshot_sync = boolean(config, "forceSnapshotSync", false);
  ensemble.multi_address = boolean(config, "multiAddress.enabled", false);
  ensemble.packet_bytes_max = config.core.max_field_bytes;

  config.peer_connect_timeout_ms = integer(config, "cnxTimeout");
  config.election_bind_tries = integer(config, "electionPortBindRetry");
  config.listen_for_peers_everywhere = boolean(config, "quorumListenOnAllIPs", false);
}

// What protects the conversation between servers must not be left out in silence.
void refuse_unprotected(const Config& config, Problems& problems) {
  constexpr std::pair<const char*, const char*> kKeys[] = {
      {"sslQuorum", "TLS between servers"},
      {"quorum.auth.serverRequireSasl", "SASL between servers"},
      {"quorum.auth.learnerRequireSasl", "SASL between servers"}};
  for (const auto& [key, what] : kKeys) {
    if (!boolean(config, key, false)) continue;
    problems.errors.push_back(
        said(*config.given.find(key)) + ": " + what +
        " is not available in this version (without it everybody who "
        "reaches the quorum ports is trusted; remove the key to accept that)");
  }
}

// The role in the server line is what counts.
void compare_peer_type(const Config& config, Problems& problems) {
  const Given* type = config.given.find("peerType");
  if (type == nullptr || type->value.empty()) return;
  const bool observer = (type->value.front() | 0x20) == 'o';
  for (const Member& each : config.ensemble.members) {
    if (each.id != config.ensemble.self || each.observer == observer) continue;
    problems.notes.push_back(said(*type) + ": the line of server." + std::to_string(each.id.value) +
                             " says " + (each.observer ? "observer" : "participant") +
                             ", and that holds");
  }
}

// Two servers at one address cannot both be there. The wildcard says nothing.
void compare_addresses(const Config& config, Problems& problems) {
  const auto& members = config.ensemble.members;
  for (size_t i = 0; i < members.size(); ++i) {
    for (size_t j = i + 1; j < members.size(); ++j) {
      const Endpoint &a = members[i].quorum.front(), &b = members[j].quorum.front();
      if (a.host != b.host || a.port != b.port || a.host == "0.0.0.0" || a.host == "::") continue;
      problems.notes.push_back(config.source + ": server." + std::to_string(members[i].id.value) +
                               " and server." + std::to_string(members[j].id.value) +
                               " have the same quorum address " + a.host + ":" +
                               std::to_string(a.port));
    }
  }
}

}  // namespace

Result<int64_t> parse_myid(const std::string& path, std::string_view content) {
  // Editors leave blanks, line ends of other systems and a byte order mark behind; none of them is
  // part of the number.
  if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
  content = content.substr(0, content.find_first_of("\r\n"));
  while (!content.empty() && (content.front() == ' ' || content.front() == '\t'))
    content.remove_prefix(1);
  while (!content.empty() && (content.back() == ' ' || content.back() == '\t'))
    content.remove_suffix(1);
  int64_t id = 0;
  const auto [end, problem] = std::from_chars(content.data(), content.data() + content.size(), id);
  if (problem == std::errc{} && end == content.data() + content.size()) return id;
  std::string shown;
  for (const char c : content.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
  return Error{Errc::kInvalid,
               path + ": \"" + shown +
                   "\" is not a number (the file holds the number of this server's server.N line)"};
}

void read_ensemble(Config& config, Problems& problems) {
  config.ensemble.tick_ms = config.core.tick_ms;
  read_members(config, problems);
  if (const Given* type = config.given.find("peerType")) {
    const std::string_view value = type->value;
    const auto is = [value](std::string_view role) {
      return std::equal(value.begin(), value.end(), role.begin(), role.end(),
                        [](char a, char b) { return (a | 0x20) == b; });
    };
    if (!is("participant") && !is("observer")) {
      problems.errors.push_back(type->place + ": peerType=" + type->value +
                                ": unrecognised (participant or observer is allowed)");
    }
  }
  decide_mode(config, problems);
  read_myid(config, problems);
  if (!config.replicated) {
    // A line for this server alone, as images and operators of Kubernetes write it.
    const auto& members = config.ensemble.members;
    if (members.size() == 1 && members[0].client && !config.client_port) {
      config.client_port = members[0].client->port;
      if (config.client_address.empty()) config.client_address = members[0].client->host;
    }
    config.ensemble.members.clear();
    return;
  }
  require_limits(config, problems);
  read_protocol(config, problems);
  refuse_unprotected(config, problems);
  compare_peer_type(config, problems);
  compare_addresses(config, problems);
  config.core.self = config.ensemble.self;
  config.ensemble.reconfig_enabled = config.core.reconfig_enabled;
  if (config.core.reconfig_enabled) {
    // What was proposed when the server stopped.
    const std::string path = proposed_path(config.source);
    Result<std::string> proposed = read_text_file(path, kPropertiesBytesMax);
    if (proposed) {
      config.ensemble.proposed = std::move(*proposed);
    } else if (proposed.error().code != Errc::kNotFound) {
      problems.errors.push_back(proposed.error().message);
    }
  }
  if (config.core.extended_types && config.ensemble.self.value > 254) {
    problems.errors.push_back(config.source + ": extendedTypesEnabled needs a myid of at most 254");
  }
  if (config.core.emulate_353 && config.core.extended_types && config.ensemble.self.value > 127) {
    problems.errors.push_back(config.source + ": emulate353TTLNodes needs a myid of at most 127");
  }
  for (const Member& each : config.ensemble.members) {
    if (each.id != config.ensemble.self || !each.client) continue;
    if (config.client_port && each.client->port != *config.client_port) {
      problems.errors.push_back(config.source +
                                ": clientPort=" + std::to_string(*config.client_port) +
                                " differs from the client port " +
                                std::to_string(each.client->port) + " of this server's own line");
    }
    config.client_port = each.client->port;
    if (config.client_address.empty()) config.client_address = each.client->host;
  }
}

}  // namespace zookernel::shell
