#include "kernel/shell/java_names.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace zookernel::shell;
using Verdict = JavaName::Verdict;

TEST_CASE("map_java_name: ZooKeeper's own providers are built in or plugins of ours",
          "[shell][java_names]") {
  const std::string package = "org.apache.zookeeper.server.auth.";
  CHECK(map_java_name("authProvider.1", package + "DigestAuthenticationProvider").verdict ==
        Verdict::kBuiltIn);
  CHECK(map_java_name("authProvider.ip", package + "IPAuthenticationProvider").verdict ==
        Verdict::kBuiltIn);

  const JavaName sasl = map_java_name("authProvider.1", package + "SASLAuthenticationProvider");
  CHECK(sasl.verdict == Verdict::kPlugin);
  CHECK(sasl.plugin == "sasl");
  CHECK(sasl.optional);
  CHECK(sasl.message.find(
            "authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider") == 0);
}

TEST_CASE("map_java_name: a bare word is a plugin that must be there, another class a warning",
          "[shell][java_names]") {
  const JavaName token = map_java_name("authProvider.token", "token");
  CHECK(token.verdict == Verdict::kPlugin);
  CHECK(token.plugin == "token");
  CHECK_FALSE(token.optional);

  const JavaName foreign = map_java_name("authProvider.2", "com.example.Ldap");
  CHECK(foreign.verdict == Verdict::kIgnored);
  CHECK(foreign.message.find("Problems loading com.example.Ldap") != std::string::npos);
}

TEST_CASE(
    "map_java_name: both connection factories mean our transport, and others end with Apache's "
    "exit code",
    "[shell][java_names]") {
  const std::string package = "org.apache.zookeeper.server.";
  CHECK(map_java_name("serverCnxnFactory", package + "NIOServerCnxnFactory").verdict ==
        Verdict::kBuiltIn);
  CHECK(map_java_name("serverCnxnFactory", package + "NettyServerCnxnFactory").verdict ==
        Verdict::kBuiltIn);
  CHECK(map_java_name("serverCnxnFactory", "NettyServerCnxnFactory").verdict == Verdict::kBuiltIn);

  const JavaName other = map_java_name("serverCnxnFactory", "com.example.Fast");
  CHECK(other.verdict == Verdict::kRefused);
  CHECK(other.exit_code == 1);
  CHECK(other.message.find("Couldn't instantiate com.example.Fast") != std::string::npos);
}

TEST_CASE("map_java_name: metrics providers become words, unknown ones end with 2",
          "[shell][java_names]") {
  const std::string package = "org.apache.zookeeper.metrics.";
  CHECK(
      map_java_name("metricsProvider.className", package + "impl.DefaultMetricsProvider").plugin ==
      "default");
  CHECK(map_java_name("metricsProvider.className", package + "prometheus.PrometheusMetricsProvider")
            .plugin == "prometheus");
  CHECK(map_java_name("metricsProvider.className", package + "impl.NullMetricsProvider").plugin ==
        "null");
  CHECK(map_java_name("metricsProvider.className", "a.B").exit_code == 2);
}

TEST_CASE("map_java_name: watch managers, audit loggers and TLS suppliers", "[shell][java_names]") {
  CHECK(map_java_name("watchManagerName", "org.apache.zookeeper.server.watch.WatchManagerOptimized")
            .verdict == Verdict::kBuiltIn);
  CHECK(map_java_name("watchManagerName", "a.B").exit_code == 1);
  CHECK(map_java_name("audit.impl.class", "org.apache.zookeeper.audit.Slf4jAuditLogger").verdict ==
        Verdict::kBuiltIn);
  CHECK(map_java_name("audit.impl.class", "a.B").verdict == Verdict::kIgnored);
  CHECK(map_java_name("ssl.quorum.context.supplier.class", "a.B").verdict == Verdict::kIgnored);
  CHECK(map_java_name("clientPort", "2181").verdict == Verdict::kNotAClass);
}
