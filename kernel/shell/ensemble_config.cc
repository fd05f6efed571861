#include "kernel/shell/ensemble_config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "kernel/shell/config_keys.h"
#include "kernel/shell/text_file.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::shell {
namespace {

constexpr size_t kMyidBytesMax = 4096;
constexpr std::string_view kServer = "server.";

bool boolean(const Config& config, std::string_view key, bool otherwise) {
  const Given* given = config.given.find(key);
  return given == nullptr ? otherwise : read_boolean(given->value).value_or(otherwise);
}

int32_t integer(const Config& config, std::string_view key) {
  const Given* given = config.given.find(key);
  const KeyInfo* known = find_key(key);
  if (given == nullptr || known == nullptr || !value_problem(*known, given->value).empty())
    return 0;
  return static_cast<int32_t>(*read_integer(given->value));
}

bool is_dynamic_key(std::string_view key) {
  return key.starts_with(kServer) || key.starts_with("group") || key.starts_with("weight");
}

void add_member(const Given& given, bool multi_address, Config& config, Problems& problems) {
  Result<Member> member = wire::parse_server_line(std::string_view(given.key).substr(kServer.size()),
                                            given.value, multi_address);
  if (!member) {
    problems.errors.push_back(given.place + ": " + given.key + "=" + given.value + ": " +
                              member.error().message);
    return;
  }
  config.ensemble.members.push_back(std::move(*member));
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
          given.place + ": " + key + "=" + given.value +
          ": a dynamic configuration file has server, group and weight lines only");
    } else if (key.starts_with(kServer)) {
      add_member(given, multi_address, config, problems);
    }
  }
}

void read_members(Config& config, Problems& problems) {
  const bool multi_address = boolean(config, "multiAddress.enabled", false);
  const Given* pointer = config.given.find("dynamicConfigFile");
  for (const auto& [key, given] : config.given.file_entries()) {
    if (pointer != nullptr && is_dynamic_key(key)) {
      problems.errors.push_back(given.place + ": " + key + "=" + given.value +
                                ": belongs into the file of dynamicConfigFile (" + pointer->value +
                                ")");
    } else if (key.starts_with(kServer)) {
      add_member(given, multi_address, config, problems);
    }
  }
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
    config.ensemble.members.clear();
    return;
  }
  require_limits(config, problems);
  config.core.self = config.ensemble.self;
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
