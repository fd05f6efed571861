// The plugin host: finds the shared objects that zoo.cfg names, checks them, and takes what they
// carry through its life.
//
//   load (all) -> config checks zoo.cfg against extensions() -> create_all -> configure_all ->
//   start_all -> serve -> stop_all -> destroy
//
// A name becomes <directory>/lib<name>.so for the directories of the search path, never anything
// else: no working directory, no environment variable. plugin_file.h tells what a file must be
// like. Whatever is wrong with a plugin ends as one Error whose message names the file, the reason
// and what to do; the server lives on and decides. Nothing is ever unloaded.
//
// Every call is [startup]: the thread that assembles the process. The pointers that it hands out
// are for the threads that the interface's own tags name, and live as long as the host.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/shell/extension.h"  // LoadedExtension, SettingsSource, kKindStorage, ...
#include "zookernel/result.h"

namespace zookernel::shell {

struct AuthEntry {
  std::string name;
  const ZookernelAuthScheme* table;
};

struct AdminEntry {
  std::string name;  // the four-letter word
  const ZookernelAdminCommand* table;
};

// <directory of this program>/../lib/zookernel/plugins, so that an installed tree may be moved.
std::filesystem::path default_plugin_path();

// The directories of a plugin.path value: absolute, separated by ':'. Fails on a relative or empty
// one.
Result<std::vector<std::filesystem::path>> parse_plugin_path(std::string_view value);

class PluginHost {
 public:
  // What is borrowed must outlive the host. Lines of an extension reach `log` with the extension's
  // name in front.
  PluginHost(std::vector<std::filesystem::path> search_path, Logger& log, Metrics& metrics,
             FileSystem& files);
  // Stops what runs and destroys all extensions, in reverse.
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // Opens lib<name>.so and takes its extensions of `kind`: of storage, consensus and transport the
  // one called `name`, of the others all. Runs no code of the plugin but the function that returns
  // its manifest. A refused file leaves the host as it was.
  Status load(std::string_view kind, std::string_view name);

  // In the order of life: by kind (storage, auth, consensus, transport, admin), within a kind as
  // loaded.
  [[nodiscard]] std::span<const LoadedExtension> extensions() const;

  // One phase for every extension. A failure names plugin and reason; what has started is stopped
  // in reverse before it returns.
  Status create_all();
  Status configure_all(const SettingsSource& source);
  Status start_all();
  // Stops what runs, in reverse. May be called twice.
  void stop_all() noexcept;

  // A second storage over the same data, configured and never started, which only reads: for a
  // thread of its own, beside the one that serves. After configure_all.
  Result<Storage*> reading_storage(const SettingsSource& source);

  // After create_all; null when none was loaded.
  [[nodiscard]] Storage* storage() const;
  [[nodiscard]] Consensus* consensus() const;
  [[nodiscard]] Transport* transport() const;
  // After create_all, in the order of loading.
  [[nodiscard]] std::span<const AuthEntry> auth_schemes() const;
  [[nodiscard]] std::span<const AdminEntry> admin_commands() const;

 private:
  Result<std::filesystem::path> find(std::string_view name) const;
  Status take(const std::filesystem::path& file, const ZookernelPlugin& plugin,
              std::string_view kind, std::string_view name);
  [[nodiscard]] const LoadedExtension* loaded(std::string_view kind, std::string_view name) const;
  [[nodiscard]] Extension* inner(std::string_view kind) const;

  std::vector<std::filesystem::path> search_path_;
  Logger& log_;
  Metrics& metrics_;
  FileSystem& files_;
  std::vector<LoadedExtension> extensions_;                    // in the order of life
  std::vector<std::unique_ptr<ExtensionInstance>> instances_;  // same order, from create_all on
  std::unique_ptr<ExtensionInstance> reading_;
  std::vector<AuthEntry> auth_schemes_;
  std::vector<AdminEntry> admin_commands_;
};

}  // namespace zookernel::shell
