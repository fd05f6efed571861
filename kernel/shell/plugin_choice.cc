#include "kernel/shell/plugin_choice.h"

#include <algorithm>
#include <cctype>

#include "kernel/shell/config_keys.h"
#include "kernel/shell/java_names.h"
#include "kernel/shell/plugin_host.h"

namespace zookernel::shell {
namespace {

// What ACLs of every existing data directory may name, so these are always there.
constexpr const char* kBuiltInSchemes[] = {"ip", "world", "auth", "digest", "super"};

std::string said(const Given& given) {
  return given.place + ": " + given.key + "=" + given.value;
}

// A plugin's name becomes part of a file name.
bool is_plugin_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

class Chooser {
 public:
  Chooser(Config& config, Problems& problems) : config_(config), problems_(problems) {}

  void choose() {
    choose_path();
    choose_one(kKindStorage, "plugin.storage", "file");
    for (const char* scheme : kBuiltInSchemes) want({kKindAuth, scheme, "", false, ""});
    choose_list(kKindAuth, "plugin.auth");
    choose_java_names();
    choose_one(kKindConsensus, "plugin.consensus", config_.replicated ? "zab" : "standalone");
    choose_one(kKindTransport, "plugin.transport", "tcp");
    if (config_.given.find("plugin.admin") != nullptr) {
      choose_list(kKindAdmin, "plugin.admin");
    } else {
      want({kKindAdmin, "fourletter", "", false, ""});
    }
  }

 private:
  void choose_path() {
    const Given* given = config_.given.find("plugin.path");
    if (given == nullptr) return;
    Result<std::vector<std::filesystem::path>> path = parse_plugin_path(given->value);
    if (!path) {
      problems_.errors.push_back(said(*given) + ": " + path.error().message);
    } else {
      config_.plugin_path = std::move(*path);
    }
  }

  void choose_one(std::string_view kind, const char* key, const char* otherwise) {
    const Given* given = config_.given.find(key);
    if (given == nullptr || given->value.empty()) return want({kind, otherwise, "", false, ""});
    want_named(kind, *given, given->value);
  }

  void choose_list(std::string_view kind, const char* key) {
    const Given* given = config_.given.find(key);
    if (given == nullptr) return;
    std::string_view rest = given->value;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      std::string_view name = rest.substr(0, comma);
      while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
      while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
      if (!name.empty()) want_named(kind, *given, name);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }

  void choose_java_names() {
    for (const auto& [key, given] : config_.given.file_entries()) take_java_name(key, given);
    for (const auto& [name, given] : config_.given.flag_entries()) {
      if (!name.starts_with(kPropertyPrefix)) continue;
      const std::string key = name.substr(kPropertyPrefix.size());
      if (!config_.given.file_entries().contains(key)) take_java_name(key, given);
    }
  }

  void take_java_name(const std::string& key, const Given& given) {
    const JavaName java = map_java_name(key, given.value);
    switch (java.verdict) {
      case JavaName::Verdict::kNotAClass:
      case JavaName::Verdict::kBuiltIn:
        return;
      case JavaName::Verdict::kIgnored:
        if (!java.message.empty()) problems_.notes.push_back(given.place + ": " + java.message);
        return;
      case JavaName::Verdict::kRefused:
        if (problems_.errors.empty() && java.exit_code != 0) problems_.exit_code = java.exit_code;
        problems_.errors.push_back(given.place + ": " + java.message);
        return;
      case JavaName::Verdict::kPlugin:
        break;
    }
    if (key.starts_with("authProvider.")) {
      WantedPlugin wanted{kKindAuth, java.plugin, said(given), java.optional,
                          given.place + ": " + java.message};
      if (!is_plugin_name(wanted.name)) {
        problems_.errors.push_back(
            said(given) + ": is no name of a plugin (letters, digits, _ and - are allowed)");
      } else {
        want(std::move(wanted));
      }
    } else if (!java.message.empty()) {
      problems_.notes.push_back(given.place + ": " + java.message);
    }
  }

  void want_named(std::string_view kind, const Given& given, std::string_view name) {
    if (!is_plugin_name(name)) {
      problems_.errors.push_back(said(given) + ": \"" + std::string(name) +
                                 "\" is no name of a plugin (letters, digits, _ and - are allowed; "
                                 "plugin.path tells the directory)");
      return;
    }
    want({kind, std::string(name), said(given), false, ""});
  }

  // Once each: naming a built-in scheme again changes nothing.
  void want(WantedPlugin wanted) {
    const bool there = std::any_of(config_.plugins.begin(), config_.plugins.end(),
                                   [&wanted](const WantedPlugin& each) {
                                     return each.kind == wanted.kind && each.name == wanted.name;
                                   });
    if (!there) config_.plugins.push_back(std::move(wanted));
  }

  Config& config_;
  Problems& problems_;
};

}  // namespace

void choose_plugins(Config& config, Problems& problems) {
  Chooser(config, problems).choose();
}

}  // namespace zookernel::shell
