// One extension of a plugin, from creation to destruction. The plugin host owns them and calls
// their phases in order; here is what it takes to run foreign code: exceptions end here, answers
// are checked, and each failure becomes one line that names the plugin.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "zookernel/abi.h"
#include "zookernel/admin_command.h"
#include "zookernel/auth_scheme.h"
#include "zookernel/consensus.h"
#include "zookernel/file_system.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/plugin.h"
#include "zookernel/result.h"
#include "zookernel/storage.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

// The kinds of ability that this kernel knows, by interface id.
inline constexpr std::string_view kKindStorage = Storage::kId;
inline constexpr std::string_view kKindAuth = ZOOKERNEL_AUTH_SCHEME_ID;
inline constexpr std::string_view kKindConsensus = Consensus::kId;
inline constexpr std::string_view kKindTransport = Transport::kId;
inline constexpr std::string_view kKindAdmin = ZOOKERNEL_ADMIN_COMMAND_ID;

// The text that the operator gave for a key (zoo.cfg, else a -D property), or nothing. Asked during
// the configure phase only.
using SettingsSource = std::function<std::optional<std::string>(std::string_view key)>;

// An extension that was found and checked. manifest->options tells the zoo.cfg keys that it
// understands.
struct LoadedExtension {
  std::string plugin_id;  // "org.example.token"
  std::string file;
  std::string kind;  // interface id
  std::string name;  // "token"
  const ZookernelExtension* manifest;
};

// Every call is [startup].
class ExtensionInstance {
 public:
  // Not created yet. What is borrowed must outlive it.
  static std::unique_ptr<ExtensionInstance> make(const LoadedExtension& extension, Logger& log,
                                                 Metrics& metrics, FileSystem& files);
  // Destroys what was created. Call stop() before.
  virtual ~ExtensionInstance() = default;
  ExtensionInstance(const ExtensionInstance&) = delete;
  ExtensionInstance& operator=(const ExtensionInstance&) = delete;

  // The phases, each once and in this order. After a failure only stop() and destruction may
  // follow.
  Status create();
  Status configure(const SettingsSource& source);
  Status start();
  // Does nothing unless start() succeeded and stop() was not called yet.
  void stop() noexcept;

  [[nodiscard]] const LoadedExtension& extension() const { return extension_; }
  // What create() made: the inner one's object, or the outer one's struct by its kind. Null for the
  // others and before create().
  [[nodiscard]] virtual Extension* inner() const { return nullptr; }
  [[nodiscard]] virtual const ZookernelAuthScheme* auth_scheme() const { return nullptr; }
  [[nodiscard]] virtual const ZookernelAdminCommand* admin_command() const { return nullptr; }

 protected:
  explicit ExtensionInstance(const LoadedExtension& extension) : extension_(extension) {}

  // The phases without the guard: may throw, and answer with the bare reason.
  virtual Status do_create() = 0;
  virtual Status do_configure(const SettingsSource& source) = 0;
  virtual Status do_start() = 0;
  virtual void do_stop() = 0;

 private:
  template <typename Work>
  Status guarded(std::string_view phase, Work work);

  const LoadedExtension extension_;
  bool running_ = false;
};

}  // namespace zookernel::shell
