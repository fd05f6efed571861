#include "kernel/shell/outside_view.h"

#include <dirent.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/shell/clock.h"
#include "kernel/shell/version.h"

namespace zookernel::shell {
namespace {

std::string current_directory() {
  std::error_code problem;
  const std::filesystem::path path = std::filesystem::current_path(problem);
  return problem ? "" : path.string();
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? std::to_string(::geteuid()) : entry->pw_name;
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::string megabytes(uint64_t bytes) {
  return std::to_string(bytes >> 20) + "MB";
}

int64_t open_descriptors() {
  DIR* stream = ::opendir("/proc/self/fd");
  if (stream == nullptr) return -1;
  int64_t count = -3;  // ".", ".." and the descriptor of the listing itself
  while (::readdir(stream) != nullptr) ++count;
  ::closedir(stream);
  return count;
}

struct Memory {
  uint64_t free = 0, total = 0;  // bytes
};

Memory memory_of_system() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return {};
  return {uint64_t{info.freeram} * info.mem_unit, uint64_t{info.totalram} * info.mem_unit};
}

int64_t descriptors_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int64_t>(limit.rlim_cur) : -1;
}

}  // namespace

// Hands rows to the visitor until it has had enough.
class OutsideView::Rows {
 public:
  Rows(ZookernelRowVisitor visitor, void* context) : visitor_(visitor), context_(context) {}

  void text(std::string_view name, std::string_view value) {
    put(name, {ZOOKERNEL_VALUE_TEXT, 0, 0, {value.data(), value.size()}});
  }
  void integer(std::string_view name, int64_t value) {
    put(name, {ZOOKERNEL_VALUE_INTEGER, value, 0, {nullptr, 0}});
  }
  void real(std::string_view name, double value) {
    put(name, {ZOOKERNEL_VALUE_REAL, 0, value, {nullptr, 0}});
  }

 private:
  void put(std::string_view name, const ZookernelValue& value) {
    if (ended_) return;
    const ZookernelValue columns[] = {{ZOOKERNEL_VALUE_TEXT, 0, 0, {name.data(), name.size()}},
                                      value};
    ended_ = visitor_(context_, columns, 2) != 0;
  }

  ZookernelRowVisitor visitor_;
  void* context_;
  bool ended_ = false;
};

void OutsideView::serve_from(Storage& storage, uint16_t client_port, std::string membership,
                             int64_t now_ms) {
  storage_ = &storage;
  membership_ = std::move(membership);
  client_port_ = client_port;
  started_ms_ = now_ms;
}

void OutsideView::visit(const char* table, ZookernelRowVisitor visitor, void* context) {
  Rows rows(visitor, context);
  const std::string_view name = table;
  if (name == "config") return config_rows(rows);
  if (name == "environment") return environment_rows(rows);
  if (name == "server") return server_rows(rows);
  if (name == "metrics") return metrics_rows(rows);
}

DiskUsage OutsideView::usage() const {
  DiskUsage usage = storage_ == nullptr ? DiskUsage{} : storage_->usage();
  // Apache adds up directories: what is in the same one counts for both.
  if (config_.data_dir == config_.data_log_dir) {
    usage.snapshot_bytes += usage.log_bytes;
    usage.log_bytes = usage.snapshot_bytes;
  }
  return usage;
}

void OutsideView::config_rows(Rows& rows) const {
  const DiskUsage disk = usage();
  const core::Options& core = config_.core;
  rows.integer("clientPort", client_port_);
  rows.integer("secureClientPort", -1);
  rows.text("dataDir", (config_.data_dir / "version-2").string());
  rows.integer("dataDirSize", static_cast<int64_t>(disk.snapshot_bytes));
  rows.text("dataLogDir", (config_.data_log_dir / "version-2").string());
  rows.integer("dataLogSize", static_cast<int64_t>(disk.log_bytes));
  rows.integer("tickTime", core.tick_ms);
  rows.integer("maxClientCnxns", config_.client_connections_per_address_max);
  rows.integer("minSessionTimeout", core.min_session_timeout_ms);
  rows.integer("maxSessionTimeout", core.max_session_timeout_ms);
  rows.integer("clientPortListenBacklog", config_.listen_backlog);
  rows.integer("serverId", core.self.value);
  if (config_.replicated) ensemble_rows(rows);
}

void OutsideView::ensemble_rows(Rows& rows) const {
  const Ensemble& ensemble = config_.ensemble;
  rows.integer("initLimit", ensemble.init_limit_ticks);
  rows.integer("syncLimit", ensemble.sync_limit_ticks);
  rows.integer("electionAlg", 3);
  for (const Member& member : ensemble.members) {
    if (member.id != ensemble.self) continue;
    const auto ports = [](const std::vector<Endpoint>& addresses) {
      std::string text;
      for (const Endpoint& each : addresses)
        text += (text.empty() ? "" : "|") + std::to_string(each.port);
      return text;
    };
    rows.text("electionPort", ports(member.election));
    rows.text("quorumPort", ports(member.quorum));
    rows.integer("peerType", member.observer ? 1 : 0);
  }
  rows.text("membership", membership_);
}

// Apache's lines, because tools parse them. Those about the Java machine say what stands in its
// place.
void OutsideView::environment_rows(Rows& rows) const {
  utsname system{};
  ::uname(&system);
  const Memory memory = memory_of_system();
  rows.text("zookeeper.version", protocol_version());
  rows.text("host.name", host_name());
  rows.text("java.version", "<NA>");
  rows.text("java.vendor", "<NA>");
  rows.text("java.home", "<NA>");
  rows.text("java.class.path", "<NA>");
  rows.text("java.library.path", environment("LD_LIBRARY_PATH"));
  const std::string temporary = environment("TMPDIR");
  rows.text("java.io.tmpdir", temporary.empty() ? "/tmp" : temporary);
  rows.text("java.compiler", "<NA>");
  rows.text("os.name", system.sysname);
  rows.text("os.arch", std::string_view(system.machine) == "x86_64" ? "amd64" : system.machine);
  rows.text("os.version", system.release);
  rows.text("user.name", user_name());
  rows.text("user.home", environment("HOME"));
  rows.text("user.dir", current_directory());
  rows.text("os.memory.free", megabytes(memory.free));
  rows.text("os.memory.max", megabytes(memory.total));
  rows.text("os.memory.total", megabytes(memory.total));
}

void OutsideView::server_rows(Rows& rows) const {
  const DiskUsage disk = usage();
  rows.integer("data_dir_size", static_cast<int64_t>(disk.snapshot_bytes));
  rows.integer("log_dir_size", static_cast<int64_t>(disk.log_bytes));
}

void OutsideView::metrics_rows(Rows& rows) const {
  metrics_.gauge("uptime").set(started_ms_ == 0 ? 0 : mono_ms() - started_ms_);
  metrics_.gauge("open_file_descriptor_count").set(open_descriptors());
  metrics_.gauge("max_file_descriptor_count").set(descriptors_max());
  metrics_.visit({[&rows](std::string_view name, int64_t value) {
                    // A probability; Apache prints it as one.
                    if (name == "connection_drop_probability")
                      return rows.real(name, static_cast<double>(value));
                    rows.integer(name, value);
                  },
                  [&rows](std::string_view name, double value) { rows.real(name, value); }});
}

}  // namespace zookernel::shell
