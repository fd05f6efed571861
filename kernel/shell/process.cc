#include "kernel/shell/process.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "kernel/shell/admin_thread.h"
#include "kernel/shell/backup_thread.h"
#include "kernel/shell/clock.h"
#include "kernel/shell/connections.h"
#include "kernel/shell/core_loop.h"
#include "kernel/shell/disk_reserve.h"
#include "kernel/shell/dynamic_config.h"
#include "kernel/shell/inbox.h"
#include "kernel/shell/log_reads.h"
#include "kernel/shell/log_writer.h"
#include "kernel/shell/logging.h"
#include "kernel/shell/metrics_registry.h"
#include "kernel/shell/outside_view.h"
#include "kernel/shell/peer_listeners.h"
#include "kernel/shell/peer_work.h"
#include "kernel/shell/peers.h"
#include "kernel/shell/plugin_host.h"
#include "kernel/shell/posix_file_system.h"
#include "kernel/shell/recovery.h"
#include "kernel/shell/service_notice.h"
#include "kernel/shell/snapshotter.h"
#include "kernel/shell/text_file.h"
#include "kernel/shell/version.h"

namespace zookernel::shell {
namespace {

int code(ExitCode exit) {
  return static_cast<int>(exit);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The text of the configuration; an error is a whole line.
Result<ConfigSource> read_source(const CommandLine& line) {
  ConfigSource source;
  if (line.file.empty()) {
    source = config_from_arguments(line.arguments);
  } else {
    Result<std::string> text = read_text_file(line.file, kPropertiesBytesMax);
    if (!text) return text.error();
    Result<std::vector<Property>> properties = parse_properties(*text);
    if (!properties) return Error{Errc::kInvalid, line.file + ":" + properties.error().message};
    source.name = line.file;
    source.properties = std::move(*properties);
  }
  source.server_flags = environment("SERVER_JVMFLAGS");
  source.flags = environment("JVMFLAGS");
  return source;
}

int refuse(const std::string& line, ExitCode exit) {
  std::fprintf(stderr, "%s\n", line.c_str());
  static_cast<void>(notify_service(status_line(line)));
  return code(exit);
}

// The signals that end the server are taken by sigwait() alone; all threads inherit the mask.
sigset_t block_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  return ending;
}

// A batch's buffers come and go at the top of the heap: giving that back to the system after each
// batch and faulting it in again for the next costs more than serving the requests.
void keep_some_heap() {
#if defined(__GLIBC__)
  constexpr int kKeptBytes = 16 << 20;
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
#endif
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// A server from configuration to end. Members are in the order of their making, so that they go in
// reverse.
class Process {
 public:
  Process(Config config, Problems problems)
      : config_(std::move(config)),
        problems_(std::move(problems)),
        sink_(config_.log_level),
        log_(sink_, "kernel") {}

  // Loads the plugins and checks what only they know. False: problems() has errors.
  bool assemble() {
    std::vector<std::filesystem::path> path = config_.plugin_path;
    if (path.empty()) path.push_back(default_plugin_path());
    host_.emplace(std::move(path), log_, metrics_, files_);
    for (const WantedPlugin& wanted : config_.plugins) load(wanted);
    check_keys();
    check_schemes();
    return problems_.errors.empty();
  }

  [[nodiscard]] const Problems& problems() const { return problems_; }

  // Serves until a signal comes. The exit code.
  int serve(const sigset_t& ending) {
    if (const std::optional<int> failed = start_plugins()) return *failed;
    if (const std::optional<int> failed = open_ports()) return *failed;
    if (const std::optional<int> failed = recover()) return *failed;
    if (const std::optional<int> failed = start_serving()) return *failed;
    int signal = 0;
    while (::sigwait(&ending, &signal) != 0) {
    }
    log_.info("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    tell_service("STOPPING=1\nSTATUS=stopping");
    stop();
    return code(ExitCode::kFinished);
  }

  void log_notes() {
    for (const std::string& note : problems_.notes) log_.warn(note);
  }

 private:
  void load(const WantedPlugin& wanted) {
    const Status loaded = host_->load(wanted.kind, wanted.name);
    if (loaded.ok()) return;
    if (wanted.kind == kKindConsensus && wanted.name == "zab" &&
        loaded.error().code == Errc::kNotFound) {
      problems_.errors.push_back(
          config_.source +
          ": consensus plugin \"zab\" is not installed, and the server lines describe an ensemble "
          "(install the plugin, or remove the server lines to run a standalone server)");
    } else if (wanted.optional && loaded.error().code == Errc::kNotFound) {
      problems_.notes.push_back(wanted.absent);
    } else {
      problems_.errors.push_back((wanted.place.empty() ? "" : wanted.place + ": ") +
                                 loaded.error().message);
    }
  }

  void check_keys() {
    std::vector<std::string> keys, names;
    for (const LoadedExtension& each : host_->extensions()) {
      names.push_back(each.name);
      for (uint32_t i = 0; i < each.manifest->option_count; ++i)
        keys.emplace_back(each.manifest->options[i].key);
    }
    check_unknown_keys(config_, keys, names, problems_);
  }

  void check_schemes() {
    const Given* sasl = config_.given.find("sessionRequireClientSASLAuth");
    const std::string key =
        sasl != nullptr && config_.core.required_auth_schemes == std::vector<std::string>{"sasl"}
            ? "sessionRequireClientSASLAuth"
            : "enforce.auth.schemes";
    for (const std::string& scheme : config_.core.required_auth_schemes) {
      const auto extensions = host_->extensions();
      const bool there =
          std::any_of(extensions.begin(), extensions.end(), [&scheme](const LoadedExtension& each) {
            return each.kind == kKindAuth && each.name == scheme;
          });
      if (!there)
        problems_.errors.push_back(config_.source + ": " + key + ": Authentication scheme " +
                                   scheme + " is not available.");
    }
  }

  int fail(const Error& error, ExitCode exit) {
    log_.error("the server cannot start: " + error.message);
    tell_service(status_line(error.message));
    return code(exit);
  }

  SettingsSource settings_source() {
    return [this](std::string_view key) -> std::optional<std::string> {
      const Given* value = config_.given.find(key);
      return value == nullptr ? std::nullopt : std::optional<std::string>(value->value);
    };
  }

  std::optional<int> start_plugins() {
    if (Status created = host_->create_all(); !created)
      return fail(created.error(), ExitCode::kUnexpected);
    if (Status configured = host_->configure_all(settings_source()); !configured) {
      Error error = configured.error();
      if (const Given* named = config_.given.named_in(error.message))
        error.message = named->place + ": " + error.message;
      return fail(error, ExitCode::kInvalidInvocation);
    }
    // Of the plugins only the storage opens anything when it starts: its directories.
    if (Status started = host_->start_all(); !started)
      return fail(started.error(), ExitCode::kCannotUseDataDirectory);
    return std::nullopt;
  }

  // Before recovery, which may take long: a port that is taken is told at once. Nobody is accepted
  // yet.
  std::optional<int> open_ports() {
    Transport& transport = *host_->transport();
    inbox_.emplace([&transport] { transport.wake(); });
    loop_.emplace(transport, *inbox_, log_, config_.core.tick_ms);
    inbox_sink_.emplace(*inbox_);
    ConnectionLimits limits;
    limits.per_address_max = config_.client_connections_per_address_max;
    limits.total_max = config_.client_connections_max;
    limits.frame_bytes_max = config_.core.max_frame_bytes;
    limits.trace_mask_allowed =
        config_.core.all_admin_words || config_.core.admin_words.contains("stmk");
    limits.silent_ms_max = config_.sessionless_timeout_ms;
    ClientSink& sink = transport.threads() == 0 ? static_cast<ClientSink&>(*loop_) : *inbox_sink_;
    connections_.emplace(limits, sink, client_log_, metrics_);
    Result<Endpoint> bound = transport.listen(
        Channel::kClient, {config_.client_address, config_.client_port.value_or(0)},
        config_.listen_backlog, *connections_);
    if (!bound) return fail(bound.error(), ExitCode::kUnexpected);
    client_endpoint_ = *bound;
    if (config_.replicated) return open_peer_ports();
    return std::nullopt;
  }

  std::optional<int> open_peer_ports() {
    Transport& transport = *host_->transport();
    std::optional<Member> self;
    for (const Member& member : config_.ensemble.members)
      if (member.id == config_.ensemble.self) self = member;
    peer_work_.emplace(transport, peer_log_, std::move(self));
    inbox_peer_sink_.emplace(*inbox_);
    PeerSink& sink =
        transport.threads() == 0 ? static_cast<PeerSink&>(*peer_work_) : *inbox_peer_sink_;
    peers_.emplace(transport, config_.ensemble, sink, peer_log_, config_.peer_connect_timeout_ms);
    PeerListeners listeners(transport, *peers_, peer_log_);
    if (Status bound = listeners.open(config_); !bound)
      return fail(bound.error(), ExitCode::kCannotBindElectionPort);
    return std::nullopt;
  }

  std::unique_ptr<core::Server> make_server() {
    core::ServerParts parts;
    parts.options = config_.core;
    parts.options.version = protocol_version();
    parts.options.admin_thread = true;
    for (const AuthEntry& each : host_->auth_schemes())
      parts.auth_schemes.push_back({each.name, each.table});
    for (const AdminEntry& each : host_->admin_commands())
      parts.admin_commands.push_back({each.name, each.table});
    parts.metrics = &metrics_;
    parts.outside = &outside_;
    parts.seed = seed_;
    return std::make_unique<core::Server>(std::move(parts));
  }

  Recovery recovery(RecoveryOptions options) {
    return Recovery(*host_->storage(), files_, log_, metrics_, std::move(options),
                    [this] { return make_server(); });
  }

  // What is left of the history after a truncation, in the tree: its last transaction.
  Zxid rebuild() {
    core::Server& server = *recovered_.server;
    // Everything is durable; the log thread may still read for a learner of an earlier time.
    const auto idle = std::make_shared<std::promise<void>>();
    log_writer_->between_rounds([idle] { idle->set_value(); });
    idle->get_future().wait();
    if (log_writer_->uncut()) {
      server.begin_rebuild();
      return Zxid{-1};
    }
    const Result<Zxid> last = recovery({}).rebuild(server);
    if (last) return *last;
    log_.error("what is left of the database cannot be loaded; a leader has to send all of it",
               {{"reason", last.error().message}});
    server.begin_rebuild();
    return Zxid{-1};
  }

  std::optional<int> recover() {
    RecoveryOptions options;
    options.trust_empty_snapshot = config_.trust_empty_snapshot;
    options.create_empty_database = config_.create_empty_database;
    options.directories = {config_.data_dir.string(), config_.data_log_dir.string()};
    options.ensemble = config_.replicated;
    Result<Recovered> recovered = recovery(options).run();
    if (!recovered) return fail(recovered.error(), ExitCode::kUnexpected);
    recovered_ = std::move(*recovered);
    return std::nullopt;
  }

  std::optional<int> start_serving() {
    Storage& storage = *host_->storage();
    Transport& transport = *host_->transport();
    core::Server& server = *recovered_.server;
    Result<std::unique_ptr<ConsensusMachine>> machine =
        host_->consensus()->open(config_.ensemble, recovered_.epochs,
                                 recovered_.no_history ? Zxid{-1} : server.last_zxid(), seed_);
    if (!machine) return fail(machine.error(), ExitCode::kUnexpected);
    if (config_.ensemble.reconfig_enabled) {
      dynamic_config_.emplace(files_, config_.source, config_.ensemble);
      if (Status kept = dynamic_config_->keep_original(); !kept) tell_unsaved(kept.error());
    }

    LogWriterOptions log_options;
    log_options.round_records_max = static_cast<size_t>(config_.batch_records_max);
    log_options.flush_delay_ms = config_.flush_delay_ms;
    log_options.snapshot_after_records = config_.snapshot_after_records;
    log_options.snapshot_after_bytes = config_.snapshot_after_bytes;
    log_options.records_since_snapshot = recovered_.replayed;
    log_options.seed = seed_;
    log_writer_.emplace(
        storage, *inbox_, metrics_, log_options, [this](const Error& error) { give_up(error); },
        [this] { return snapshotter_->finish_install(); },
        [this](const ConfigFile& file) { save_config(file); });
    snapshotter_.emplace(storage, storage_log_, metrics_,
                         SnapshotterOptions{config_.snapshots_kept, config_.purge_interval_hours,
                                            recovered_.snapshot_bytes, config_.disk_reserve_bytes},
                         [&transport] { transport.wake(); });
    if (config_.replicated) begin_peer_work(storage);
    outside_.serve_from(storage, client_endpoint_.port, (*machine)->config().text, mono_ms());

    core::Effects effects;
    server.start(std::move(*machine), now_tick(), effects);
    disk_reserve_.emplace(storage, disk_log_, metrics_, config_.disk_reserve_bytes,
                          [this](bool low) { inbox_->post(DiskRoomChanged{low}); });
    disk_reserve_->start();
    log_writer_->start();
    snapshotter_->start();
    admin_.emplace(*inbox_);
    admin_->start();
    start_backups();
    core_ = std::thread([this, first = std::move(effects)]() mutable {
      loop_->run({*recovered_.server, *connections_, *log_writer_, *snapshotter_, *admin_,
                  peer_work_ ? &*peer_work_ : nullptr,
                  backups_ ? &*backups_ : nullptr},
                 std::move(first));
    });
    const std::string host = client_endpoint_.host.empty() ? "0.0.0.0" : client_endpoint_.host;
    const std::string at = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                           std::to_string(client_endpoint_.port);
    const std::string serving =
        (config_.replicated ? "server." + std::to_string(config_.ensemble.self.value) +
                                  " looks for its ensemble; clients connect to "
                            : "serving on ") +
        at;
    log_.info(std::string("zookernel ") + kVersion + " " + serving);
    tell_service("READY=1\n" + status_line(serving));
    return std::nullopt;
  }

  // As Apache: who operates an ensemble from a read-only directory may do so, and reads here what
  // it costs.
  void save_config(const ConfigFile& file) {
    if (!dynamic_config_) return;
    if (Status saved = dynamic_config_->save(file); !saved) tell_unsaved(saved.error());
  }
  void tell_unsaved(const Error& why) {
    log_.error(
        "the configuration cannot be written; after a restart this server begins with the "
        "members that its files name now (make the directory of " +
            config_.source + " writable, or keep the files up to date by hand)",
        {{"reason", why.message}});
  }

  void begin_peer_work(Storage& storage) {
    log_reads_.emplace(storage, *log_writer_, *snapshotter_, *inbox_, peer_log_,
                       config_.log_sync_factor);
    peer_work_->begin(
        {*peers_, *log_writer_, *log_reads_, *snapshotter_, [this] { return rebuild(); }},
        [this](const core::Input& input) { loop_->step(input); });
  }

  void tell_service(const std::string& state) {
    const Status told = notify_service(state);
    if (!told) log_.warn("the service manager was not told: " + told.error().message);
  }

  // Only where the operator allows them: see the word "snap".
  void start_backups() {
    if (!config_.core.admin_words.contains("snap")) return;
    Result<Storage*> reading = host_->reading_storage(settings_source());
    if (!reading) {
      log_.warn("no backups can be made of the running server",
                {{"reason", reading.error().message}});
      return;
    }
    backups_.emplace(**reading, *inbox_, *snapshotter_, backup_log_);
    backups_->start();
  }

  // The state of the log on disk is unknown: nothing more may be acknowledged, and what is true
  // must be read again. From the log thread.
  void give_up(const Error& error) {
    log_.error(
        "the log cannot be written; the server ends, so that nothing is acknowledged that may be "
        "lost",
        {{"reason", error.message}});
    sink_.flush();
    std::_Exit(code(ExitCode::kUnexpected));
  }

  void stop() {
    inbox_->post(StopRequested{});
    core_.join();
    admin_->stop();
    disk_reserve_->stop();
    if (backups_) backups_->stop();
    log_writer_->stop();
    snapshotter_->stop();
    host_->stop_all();
    log_.info("stopped");
  }

  Config config_;
  Problems problems_;
  const uint64_t seed_ = random_seed();
  LogSink sink_;
  PartLogger log_;
  PartLogger client_log_{sink_, "client"};
  PartLogger storage_log_{sink_, "snapshot"};
  PartLogger peer_log_{sink_, "quorum"};
  PartLogger disk_log_{sink_, "disk"};
  PartLogger backup_log_{sink_, "backup"};
  PosixFileSystem files_;
  MetricsRegistry metrics_;
  OutsideView outside_{config_, metrics_};
  std::optional<PluginHost> host_;
  std::optional<Inbox> inbox_;
  std::optional<CoreLoop> loop_;
  std::optional<InboxSink> inbox_sink_;
  std::optional<Connections> connections_;
  std::optional<PeerWork> peer_work_;  // of an ensemble, as the next three
  std::optional<InboxPeerSink> inbox_peer_sink_;
  std::optional<Peers> peers_;
  Endpoint client_endpoint_;
  Recovered recovered_;
  std::optional<LogReads> log_reads_;
  std::optional<DynamicConfig> dynamic_config_;
  std::optional<LogWriter> log_writer_;
  std::optional<Snapshotter> snapshotter_;
  std::optional<DiskReserve> disk_reserve_;
  std::optional<AdminThread> admin_;
  std::optional<BackupThread> backups_;
  std::thread core_;
};

int print_errors(const Problems& problems) {
  if (!problems.errors.empty())
    static_cast<void>(notify_service(status_line(problems.errors.front())));
  for (const std::string& error : problems.errors) std::fprintf(stderr, "%s\n", error.c_str());
  return problems.exit_code;
}

int check_config(Config config, Problems problems, const std::string& file) {
  if (problems.errors.empty()) {
    config.log_level = LogLevel::kError;
    Process process(std::move(config), std::move(problems));
    process.assemble();
    problems = process.problems();
  }
  for (const std::string& note : problems.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  if (!problems.errors.empty()) return print_errors(problems);
  std::printf("%s: no errors\n", file.c_str());
  return code(ExitCode::kFinished);
}

int print_config(const Config& config, const std::string& key) {
  const std::string value = effective_value(config, key);
  std::printf("%s\n", value.c_str());
  return code(ExitCode::kFinished);
}

int serve(Config config, Problems problems) {
  if (!problems.errors.empty()) return print_errors(problems);
  const sigset_t ending = block_signals();
  raise_descriptor_limit();
  keep_some_heap();
  const auto process = std::make_unique<Process>(std::move(config), std::move(problems));
  const bool good = process->assemble();
  process->log_notes();
  if (!good) return print_errors(process->problems());
  return process->serve(ending);
}

}  // namespace

int run_process(const CommandLine& line) {
  if (line.action == CommandLine::Action::kHelp) {
    std::printf("%s", help_text().c_str());
    return code(ExitCode::kFinished);
  }
  if (line.action == CommandLine::Action::kVersion) {
    std::printf("zookernel %s (ZooKeeper protocol and files of %s)\n", kVersion,
                protocol_version());
    return code(ExitCode::kFinished);
  }
  const Result<ConfigSource> source = read_source(line);
  if (!source) return refuse(source.error().message, ExitCode::kInvalidInvocation);
  Problems problems;
  Config config = read_config(*source, problems);
  switch (line.action) {
    case CommandLine::Action::kCheckConfig:
      return check_config(std::move(config), std::move(problems), line.file);
    case CommandLine::Action::kPrintConfig:
      return print_config(config, line.key);
    default:
      return serve(std::move(config), std::move(problems));
  }
}

}  // namespace zookernel::shell
