#include "kernel/shell/extension.h"

#include <algorithm>
#include <exception>
#include <map>
#include <vector>

#include "kernel/shell/one_line.h"
#include "zookernel/assert.h"

namespace zookernel::shell {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// Lines of an extension, with its name in front.
class NamedLogger final : public Logger {
 public:
  NamedLogger(Logger& log, std::string_view name) : log_(log), prefix_(std::string(name) + ": ") {}

  void write(LogLevel level, std::string_view message, Fields fields) override {
    log_.write(level, prefix_ + std::string(message), fields);
  }
  [[nodiscard]] bool enabled(LogLevel level) const override { return log_.enabled(level); }

 private:
  Logger& log_;
  const std::string prefix_;
};

// The settings of one extension: the keys of its manifest and no others.
class ExtensionSettings final : public Settings {
 public:
  explicit ExtensionSettings(const ZookernelExtension& manifest) : manifest_(manifest) {}

  void fill(const SettingsSource& source) {
    for (uint32_t i = 0; i < manifest_.option_count; ++i) {
      const ZookernelOption& option = manifest_.options[i];
      const std::optional<std::string> text = source ? source(option.key) : std::nullopt;
      values_[option.key] = Value{
          std::string(trimmed(text ? std::string_view(*text) : option.value)), text.has_value()};
    }
  }

  // A key that was asked for although the manifest does not declare it; empty: none.
  [[nodiscard]] const std::string& undeclared() const { return undeclared_; }

  [[nodiscard]] std::string_view get(std::string_view key) const override {
    const auto found = values_.find(key);
    if (found != values_.end()) return found->second.text;
    undeclared_ = key;
    return {};
  }
  [[nodiscard]] bool given(std::string_view key) const override {
    const auto found = values_.find(key);
    if (found != values_.end()) return found->second.given;
    undeclared_ = key;
    return false;
  }

 private:
  struct Value {
    std::string text;
    bool given;
  };
  const ZookernelExtension& manifest_;
  std::map<std::string, Value, std::less<>>
      values_;  // never changed after fill(): views of the texts stay good
  mutable std::string undeclared_;
};

Error undeclared_key(const std::string& key) {
  return Error{Errc::kInvalid, "it asks for the setting " + one_line(key) +
                                   ", which its manifest does not declare: add it to the options"};
}

template <typename Interface>
bool is(Extension* extension) {
  return dynamic_cast<Interface*>(extension) != nullptr;
}

// Transport, storage, consensus: C++ objects.
class InnerInstance final : public ExtensionInstance {
 public:
  InnerInstance(const LoadedExtension& extension, Logger& log, Metrics& metrics, FileSystem& files)
      : ExtensionInstance(extension),
        settings_(*extension.manifest),
        host_(log, extension.name, metrics, files) {}

  [[nodiscard]] Extension* inner() const override { return object_.get(); }

 private:
  class LentHost final : public Host {
   public:
    LentHost(Logger& log, std::string_view name, Metrics& metrics, FileSystem& files)
        : log_(log, name), metrics_(metrics), files_(files) {}
    Logger& log() override { return log_; }
    Metrics& metrics() override { return metrics_; }
    FileSystem& files() override { return files_; }

   private:
    NamedLogger log_;
    Metrics& metrics_;
    FileSystem& files_;
  };

  Status do_create() override {
    object_.reset(static_cast<Extension*>(extension().manifest->create()));
    if (!object_)
      return Error{Errc::kInvalid,
                   "nothing was made: out of memory, or an exception in its constructor"};
    const std::string& kind = extension().kind;
    const bool fits = (kind == kKindStorage && is<Storage>(object_.get())) ||
                      (kind == kKindConsensus && is<Consensus>(object_.get())) ||
                      (kind == kKindTransport && is<Transport>(object_.get()));
    if (!fits)
      return Error{Errc::kInvalid, "what it made is not of the interface that its manifest tells"};
    return Unit{};
  }
  Status do_configure(const SettingsSource& source) override {
    settings_.fill(source);
    if (Status status = object_->configure(settings_, host_); !status.ok()) return status;
    if (!settings_.undeclared().empty()) return undeclared_key(settings_.undeclared());
    return Unit{};
  }
  Status do_start() override { return object_->start(); }
  void do_stop() override { object_->stop(); }

  ExtensionSettings settings_;
  LentHost host_;
  std::unique_ptr<Extension> object_;  // last: it may use the host until it is gone
};

// Whether the struct that an outer create() made can be called; the empty text means yes.
std::string missing_function(const ZookernelAuthScheme& table) {
  if (table.destroy == nullptr) return "destroy";
  if (table.matches == nullptr) return "matches";
  if (table.valid == nullptr) return "valid";
  if (table.authenticate == nullptr && (table.flags & ZOOKERNEL_AUTH_NO_LOGIN) == 0)
    return "authenticate";
  return {};
}
std::string missing_function(const ZookernelAdminCommand& table) {
  if (table.destroy == nullptr) return "destroy";
  if (table.run == nullptr) return "run";
  return {};
}

// Auth schemes and admin commands: C structs with the same head.
template <typename Table>
class OuterInstance final : public ExtensionInstance {
 public:
  OuterInstance(const LoadedExtension& extension, Logger& log)
      : ExtensionInstance(extension), settings_(*extension.manifest), log_(log, extension.name) {}
  ~OuterInstance() override {
    if (table_ == nullptr || table_->destroy == nullptr) return;
    try {
      table_->destroy(table_->self);
    } catch (...) {
      log_.error("an exception left destroy()");
    }
  }

  [[nodiscard]] const ZookernelAuthScheme* auth_scheme() const override {
    if constexpr (std::is_same_v<Table, ZookernelAuthScheme>) return table_;
    return nullptr;
  }
  [[nodiscard]] const ZookernelAdminCommand* admin_command() const override {
    if constexpr (std::is_same_v<Table, ZookernelAdminCommand>) return table_;
    return nullptr;
  }

 private:
  Status do_create() override {
    auto* made = static_cast<const Table*>(extension().manifest->create());
    if (made == nullptr)
      return Error{Errc::kInvalid,
                   "nothing was made: out of memory, or an exception in its constructor"};
    if (made->size != sizeof(Table)) {
      return Error{Errc::kInvalid,
                   "the size of its table: kernel " + std::to_string(sizeof(Table)) + ", plugin " +
                       std::to_string(made->size) + ": set size to sizeof the struct"};
    }
    table_ = made;  // from here on it is destroyed with this
    if (const std::string name = missing_function(*made); !name.empty()) {
      return Error{Errc::kInvalid, name + "() is null in its table: it is not optional"};
    }
    return Unit{};
  }
  Status do_configure(const SettingsSource& source) override {
    settings_.fill(source);
    if (table_->configure != nullptr) {
      Reason reason;
      if (table_->configure(table_->self, &host_, &reason.sink) == 0) return reason.error();
    }
    if (!settings_.undeclared().empty()) return undeclared_key(settings_.undeclared());
    return Unit{};
  }
  Status do_start() override {
    if (table_->start == nullptr) return Unit{};
    Reason reason;
    if (table_->start(table_->self, &reason.sink) == 0) return reason.error();
    return Unit{};
  }
  void do_stop() override {
    if (table_->stop != nullptr) table_->stop(table_->self);
  }

  // Takes the sentence that a failing function puts.
  struct Reason {
    Reason() : sink{this, &Reason::put} {}
    Reason(const Reason&) = delete;
    Reason& operator=(const Reason&) = delete;
    [[nodiscard]] Error error() const {
      return Error{Errc::kInvalid,
                   text.empty() ? std::string("failed without telling why") : one_line(text)};
    }
    static void put(void* context, ZookernelText piece) {
      std::string& text = static_cast<Reason*>(context)->text;
      if (piece.data == nullptr || text.size() >= kLineBytesMax) return;
      text.append(piece.data, std::min(piece.size, kLineBytesMax - text.size()));
    }
    std::string text;
    ZookernelSink sink;
  };

  static ZookernelText setting(void* context, const char* key) {
    const std::string_view value =
        static_cast<OuterInstance*>(context)->settings_.get(key == nullptr ? "" : key);
    return {value.data(), value.size()};
  }
  static void log_line(void* context, int32_t level, ZookernelText message) {
    static constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn,
                                           LogLevel::kError};
    const LogLevel known = level >= 0 && level < 4 ? kLevels[level] : LogLevel::kInfo;
    Logger& log = static_cast<OuterInstance*>(context)->log_;
    if (message.data == nullptr || !log.enabled(known)) return;
    log.write(known, one_line({message.data, message.size}), {});
  }

  ExtensionSettings settings_;
  NamedLogger log_;
  const ZookernelHost host_ = {sizeof(ZookernelHost), this, &OuterInstance::setting,
                               &OuterInstance::log_line};
  const Table* table_ = nullptr;  // freed by its own destroy()
};

std::string_view kind_word(std::string_view kind) {
  if (kind == kKindAuth) return "auth scheme ";
  if (kind == kKindAdmin) return "admin command ";
  if (kind == kKindStorage) return "storage ";
  if (kind == kKindConsensus) return "consensus ";
  return "transport ";
}

}  // namespace

std::unique_ptr<ExtensionInstance> ExtensionInstance::make(const LoadedExtension& extension,
                                                           Logger& log, Metrics& metrics,
                                                           FileSystem& files) {
  if (extension.kind == kKindAuth)
    return std::make_unique<OuterInstance<ZookernelAuthScheme>>(extension, log);
  if (extension.kind == kKindAdmin)
    return std::make_unique<OuterInstance<ZookernelAdminCommand>>(extension, log);
  return std::make_unique<InnerInstance>(extension, log, metrics, files);
}

template <typename Work>
Status ExtensionInstance::guarded(std::string_view phase, Work work) {
  const auto named = [this, phase](Errc code, std::string_view reason) {
    std::string message = "plugin " + extension_.file + ": " +
                          std::string(kind_word(extension_.kind)) + extension_.name;
    message.append(": ").append(phase).append(": ").append(one_line(reason));
    return Error{code, std::move(message)};
  };
  try {
    Status status = work();
    if (!status.ok()) return named(status.error().code, status.error().message);
    return status;
  } catch (const std::exception& e) {
    return named(Errc::kInvalid, std::string("exception: ") + e.what());
  } catch (...) {
    return named(Errc::kInvalid, "an exception of unknown type");
  }
}

Status ExtensionInstance::create() {
  return guarded("create", [this] { return do_create(); });
}
Status ExtensionInstance::configure(const SettingsSource& source) {
  return guarded("configure", [this, &source] { return do_configure(source); });
}
Status ExtensionInstance::start() {
  ZOOKERNEL_ASSERT(!running_);
  Status status = guarded("start", [this] { return do_start(); });
  running_ = status.ok();
  return status;
}
void ExtensionInstance::stop() noexcept {
  if (!running_) return;
  running_ = false;
  try {
    do_stop();
  } catch (...) {
    // Nothing can be done for it, and the others still have to be stopped.
  }
}

}  // namespace zookernel::shell
