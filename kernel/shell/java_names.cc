#include "kernel/shell/java_names.h"

#include <array>

namespace zookernel::shell {
namespace {

using Verdict = JavaName::Verdict;

constexpr std::string_view kAuthPackage = "org.apache.zookeeper.server.auth.";
constexpr std::string_view kServerPackage = "org.apache.zookeeper.server.";
constexpr std::string_view kMetricsPackage = "org.apache.zookeeper.metrics.";
constexpr std::string_view kAuditPackage = "org.apache.zookeeper.audit.";

std::string setting(std::string_view key, std::string_view value) {
  return std::string(key) + "=" + std::string(value);
}

JavaName built_in() {
  JavaName name;
  name.verdict = Verdict::kBuiltIn;
  return name;
}
JavaName plugin(std::string_view ours) {
  JavaName name;
  name.verdict = Verdict::kPlugin;
  name.plugin = ours;
  return name;
}
JavaName ignored(std::string message = {}) {
  JavaName name;
  name.verdict = Verdict::kIgnored;
  name.message = std::move(message);
  return name;
}
JavaName refused(std::string message, int exit_code) {
  JavaName name;
  name.verdict = Verdict::kRefused;
  name.message = std::move(message);
  name.exit_code = exit_code;
  return name;
}

// The name behind `package`, or nothing when the value is of another package.
std::string_view class_in(std::string_view value, std::string_view package) {
  return value.starts_with(package) ? value.substr(package.size()) : std::string_view{};
}

JavaName auth_provider(std::string_view key, std::string_view value) {
  struct Known {
    std::string_view java, plugin;
  };
  static constexpr std::array<Known, 4> kPlugins = {{
      {"SASLAuthenticationProvider", "sasl"},
      {"X509AuthenticationProvider", "x509"},
      {"EnsembleAuthenticationProvider", "ensemble"},
      {"KeyAuthenticationProvider", "key"},
  }};
  const std::string_view java = class_in(value, kAuthPackage);
  if (java == "DigestAuthenticationProvider" || java == "IPAuthenticationProvider")
    return built_in();
  for (const Known& known : kPlugins) {
    if (java != known.java) continue;
    JavaName name = plugin(known.plugin);
    name.optional = true;
    name.message = setting(key, value) + ": this server has no plugin lib" +
                   std::string(known.plugin) + ".so, so clients cannot use the scheme " +
                   std::string(known.plugin) + " and ACLs cannot name it";
    return name;
  }
  // Without a dot it is no Java class that anybody ships, but a plugin of ours.
  if (value.find('.') == std::string_view::npos) return plugin(value);
  return ignored(setting(key, value) + ": Problems loading " + std::string(value) +
                 ": a Java class cannot run here; write the scheme as a plugin (the SDK's README) "
                 "and name the plugin instead");
}

JavaName transport(std::string_view key, std::string_view value) {
  std::string_view java = class_in(value, kServerPackage);
  if (java.empty()) java = value;  // the manual writes the bare name
  if (java == "NIOServerCnxnFactory" || java == "NettyServerCnxnFactory") return built_in();
  return refused(setting(key, value) + ": Couldn't instantiate " + std::string(value) + ": " +
                     std::string(kServerPackage) + "NIOServerCnxnFactory and " +
                     std::string(kServerPackage) +
                     "NettyServerCnxnFactory are known, and both mean this server's own transport",
                 1);
}

JavaName metrics_provider(std::string_view key, std::string_view value) {
  const std::string_view java = class_in(value, kMetricsPackage);
  if (java == "impl.DefaultMetricsProvider") return plugin("default");
  if (java == "prometheus.PrometheusMetricsProvider") return plugin("prometheus");
  if (java == "impl.NullMetricsProvider") return plugin("null");
  return refused(setting(key, value) + ": metrics provider class was not found: known are " +
                     std::string(kMetricsPackage) +
                     "impl.DefaultMetricsProvider, prometheus.PrometheusMetricsProvider and "
                     "impl.NullMetricsProvider",
                 2);
}

JavaName watch_manager(std::string_view key, std::string_view value) {
  const std::string_view java = class_in(value, kServerPackage);
  if (java == "watch.WatchManager" || java == "watch.WatchManagerOptimized") return built_in();
  return refused(setting(key, value) + ": Couldn't instantiate " + std::string(value) + ": " +
                     std::string(kServerPackage) +
                     "watch.WatchManager and watch.WatchManagerOptimized are known, and both mean "
                     "this server's own watch table",
                 1);
}

JavaName audit_logger(std::string_view key, std::string_view value) {
  const std::string_view java = class_in(value, kAuditPackage);
  if (java == "Slf4jAuditLogger" || java == "Log4jAuditLogger") return built_in();
  return ignored(setting(key, value) +
                 ": a Java class cannot run here: audit lines go to this server's own audit log");
}

}  // namespace

JavaName map_java_name(std::string_view key, std::string_view value) {
  if (key.starts_with("authProvider.")) return auth_provider(key, value);
  if (key == "serverCnxnFactory") return transport(key, value);
  if (key == "metricsProvider.className") return metrics_provider(key, value);
  if (key == "watchManagerName") return watch_manager(key, value);
  if (key == "audit.impl.class") return audit_logger(key, value);
  if (key.ends_with("context.supplier.class")) {
    return ignored(
        setting(key, value) +
        ": a Java class cannot run here: TLS takes its keys from the ssl.* settings only");
  }
  return {};
}

}  // namespace zookernel::shell
