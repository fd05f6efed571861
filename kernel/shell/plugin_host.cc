#include "kernel/shell/plugin_host.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "kernel/shell/one_line.h"
#include "kernel/shell/plugin_file.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

// The order of life.
constexpr std::array kKinds = {kKindStorage, kKindAuth, kKindConsensus, kKindTransport, kKindAdmin};
constexpr size_t kNameBytesMax = 64;

size_t kind_rank(std::string_view kind) {
  return static_cast<size_t>(std::find(kKinds.begin(), kKinds.end(), kind) - kKinds.begin());
}

// A server has one storage, one consensus and one transport, but many schemes and commands.
bool one_only(std::string_view kind) {
  return kind != kKindAuth && kind != kKindAdmin;
}
bool inner_kind(std::string_view kind) {
  return one_only(kind);
}

bool plain_name(std::string_view name) {
  const auto plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), plain);
}

std::string joined(const std::vector<std::filesystem::path>& directories) {
  std::string text;
  for (const auto& directory : directories) text += (text.empty() ? "" : ":") + directory.string();
  return text;
}

// What a plugin has, for the refusal of what it has not.
std::string inventory(const ZookernelPlugin& plugin) {
  constexpr uint32_t kShown = 8;
  std::string text;
  for (uint32_t i = 0; i < plugin.extension_count && i < kShown; ++i) {
    text.append(i == 0 ? "" : ", ")
        .append(plugin.extensions[i].interface_id)
        .append(" ")
        .append(plugin.extensions[i].name);
  }
  if (plugin.extension_count > kShown) text += ", ...";
  return text;
}

}  // namespace

std::filesystem::path default_plugin_path() {
  std::error_code problem;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  return (program.parent_path() / ".." / "lib" / "zookernel" / "plugins").lexically_normal();
}

Result<std::vector<std::filesystem::path>> parse_plugin_path(std::string_view value) {
  std::vector<std::filesystem::path> directories;
  while (true) {
    const size_t colon = value.find(':');
    const std::filesystem::path directory(value.substr(0, colon));
    if (!directory.is_absolute()) {
      return Error{Errc::kInvalid, "plugin.path: \"" + directory.string() +
                                       "\" is not an absolute directory: write absolute " +
                                       "directories, separated by ':'"};
    }
    directories.push_back(directory);
    if (colon == std::string_view::npos) return directories;
    value.remove_prefix(colon + 1);
  }
}

PluginHost::PluginHost(std::vector<std::filesystem::path> search_path, Logger& log,
                       Metrics& metrics, FileSystem& files)
    : search_path_(std::move(search_path)), log_(log), metrics_(metrics), files_(files) {}

PluginHost::~PluginHost() {
  stop_all();
  while (!instances_.empty()) instances_.pop_back();
}

Status PluginHost::load(std::string_view kind, std::string_view name) {
  ZOOKERNEL_ASSERT(kind_rank(kind) < kKinds.size());
  ZOOKERNEL_ASSERT(instances_.empty());
  const Result<std::filesystem::path> file = find(name);
  if (!file.ok()) return file.error();
  const Result<const ZookernelPlugin*> plugin = open_plugin(*file);
  if (!plugin.ok()) return plugin.error();
  if (Status status = take(*file, **plugin, kind, name); !status.ok())
    return refuse_plugin(*file, status.error());
  log_.info("plugin loaded",
            {{"file", file->string()}, {"id", (*plugin)->id}, {"version", (*plugin)->version}});
  return Unit{};
}

Result<std::filesystem::path> PluginHost::find(std::string_view name) const {
  if (!plain_name(name)) {
    return Error{Errc::kInvalid, "\"" + one_line(name.substr(0, kNameBytesMax)) +
                                     "\" is no plugin's name: letters, digits, - and _ are "
                                     "allowed, without directory, lib and .so"};
  }
  const std::string file = "lib" + std::string(name) + ".so";
  for (const auto& directory : search_path_) {
    std::error_code problem;
    const auto candidate = directory / file;
    if (std::filesystem::symlink_status(candidate, problem).type() !=
        std::filesystem::file_type::not_found)
      return candidate;
  }
  return Error{Errc::kNotFound,
               "plugin " + file + ": not in " + joined(search_path_) +
                   ": put it there, or correct plugin.path or the key that asks for it"};
}

Status PluginHost::take(const std::filesystem::path& file, const ZookernelPlugin& plugin,
                        std::string_view kind, std::string_view name) {
  if (inner_kind(kind) && plugin.abi.circle != ZOOKERNEL_CIRCLE_INNER) {
    return Error{
        Errc::kInvalid,
        std::string(kind) +
            " is made of C++ classes, but the manifest is of the outer circle: build it with " +
            "ZOOKERNEL_INNER_PLUGIN"};
  }
  std::vector<LoadedExtension> found;
  for (uint32_t i = 0; i < plugin.extension_count; ++i) {
    const ZookernelExtension& extension = plugin.extensions[i];
    if (extension.interface_id != kind || (one_only(kind) && extension.name != name)) continue;
    const std::string extension_name = extension.name;
    const auto same = std::find_if(found.begin(), found.end(), [&](const LoadedExtension& e) {
      return e.name == extension_name;
    });
    if (same != found.end()) {
      return Error{Errc::kExists, std::string(kind) + " " + extension_name +
                                      " twice in its manifest: give them different names"};
    }
    if (const LoadedExtension* other = loaded(kind, extension_name)) {
      return Error{Errc::kExists, std::string(kind) + " " + other->name +
                                      " is there already, from " + other->file +
                                      ": name only one of them in the configuration"};
    }
    found.push_back({plugin.id, file.string(), std::string(kind), extension_name, &extension});
  }
  if (found.empty()) {
    return Error{Errc::kNotFound,
                 "it has no " + std::string(kind) +
                     (one_only(kind) ? " called " + std::string(name) : std::string()) +
                     " (it has: " + inventory(plugin) + "): correct the key that asks for it"};
  }
  const auto before = [](const LoadedExtension& a, const LoadedExtension& b) {
    return kind_rank(a.kind) < kind_rank(b.kind);
  };
  for (LoadedExtension& extension : found) {
    extensions_.insert(std::upper_bound(extensions_.begin(), extensions_.end(), extension, before),
                       extension);
  }
  return Unit{};
}

// The extension that stands in the way of another one of this kind and name.
const LoadedExtension* PluginHost::loaded(std::string_view kind, std::string_view name) const {
  const auto found =
      std::find_if(extensions_.begin(), extensions_.end(), [&](const LoadedExtension& extension) {
        return extension.kind == kind && (one_only(kind) || extension.name == name);
      });
  return found == extensions_.end() ? nullptr : &*found;
}

std::span<const LoadedExtension> PluginHost::extensions() const {
  return extensions_;
}

Status PluginHost::create_all() {
  ZOOKERNEL_ASSERT(instances_.empty());
  for (const LoadedExtension& extension : extensions_) {
    instances_.push_back(ExtensionInstance::make(extension, log_, metrics_, files_));
    if (Status status = instances_.back()->create(); !status.ok()) return status;
    if (const auto* table = instances_.back()->auth_scheme())
      auth_schemes_.push_back({extension.name, table});
    if (const auto* table = instances_.back()->admin_command())
      admin_commands_.push_back({extension.name, table});
  }
  return Unit{};
}

Status PluginHost::configure_all(const SettingsSource& source) {
  ZOOKERNEL_ASSERT(instances_.size() == extensions_.size());
  for (const auto& instance : instances_) {
    if (Status status = instance->configure(source); !status.ok()) return status;
  }
  return Unit{};
}

Status PluginHost::start_all() {
  ZOOKERNEL_ASSERT(instances_.size() == extensions_.size());
  for (const auto& instance : instances_) {
    if (Status status = instance->start(); !status.ok()) {
      stop_all();
      return status;
    }
  }
  return Unit{};
}

void PluginHost::stop_all() noexcept {
  for (auto instance = instances_.rbegin(); instance != instances_.rend(); ++instance)
    (*instance)->stop();
}

Result<Storage*> PluginHost::reading_storage(const SettingsSource& source) {
  for (const LoadedExtension& extension : extensions_) {
    if (extension.kind != kKindStorage) continue;
    reading_ = ExtensionInstance::make(extension, log_, metrics_, files_);
    if (Status created = reading_->create(); !created) return created.error();
    if (Status configured = reading_->configure(source); !configured) return configured.error();
    return dynamic_cast<Storage*>(reading_->inner());
  }
  return Error{Errc::kNotFound, "no storage plugin is loaded"};
}

Extension* PluginHost::inner(std::string_view kind) const {
  for (const auto& instance : instances_) {
    if (instance->extension().kind == kind) return instance->inner();
  }
  return nullptr;
}

Storage* PluginHost::storage() const {
  return dynamic_cast<Storage*>(inner(kKindStorage));
}
Consensus* PluginHost::consensus() const {
  return dynamic_cast<Consensus*>(inner(kKindConsensus));
}
Transport* PluginHost::transport() const {
  return dynamic_cast<Transport*>(inner(kKindTransport));
}

std::span<const AuthEntry> PluginHost::auth_schemes() const {
  return auth_schemes_;
}
std::span<const AdminEntry> PluginHost::admin_commands() const {
  return admin_commands_;
}

}  // namespace zookernel::shell
