#include "kernel/shell/config_keys.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

namespace zookernel::shell {
namespace {

constexpr auto kNone = PropertyForm::kNone;
constexpr auto kPrefixed = PropertyForm::kPrefixed;
constexpr auto kUnprefixed = PropertyForm::kUnprefixed;
constexpr auto kBoth = PropertyForm::kBoth;
constexpr auto kInteger = ValueType::kInteger;
constexpr auto kBoolean = ValueType::kBoolean;
constexpr auto kReal = ValueType::kReal;
constexpr auto kPort = ValueType::kPort;
constexpr auto kText = ValueType::kText;
constexpr auto kUsed = KeyStatus::kUsed;
constexpr auto kLater = KeyStatus::kLater;
constexpr auto kJvm = KeyStatus::kJvm;
constexpr int64_t kInt = INT32_MAX;
constexpr int64_t kLong = INT64_MAX;

// clang-format off
constexpr KeyInfo kKeys[] = {
    // Ours
    {"plugin.path", nullptr, kPrefixed, kText, kUsed, ""},
    {"plugin.transport", nullptr, kPrefixed, kText, kUsed, "tcp"},
    {"plugin.storage", nullptr, kPrefixed, kText, kUsed, "file"},
    {"plugin.consensus", nullptr, kPrefixed, kText, kUsed, ""},
    {"plugin.auth", nullptr, kPrefixed, kText, kUsed, ""},
    {"plugin.admin", nullptr, kPrefixed, kText, kUsed, "fourletter"},
    {"diskReserveInKb", nullptr, kPrefixed, kInteger, kUsed, "131072", 0, kLong / 1024},

    // Client transport
    {"clientPort", nullptr, kNone, kPort, kUsed, ""},
    {"clientPortAddress", nullptr, kNone, kText, kUsed, ""},
    {"secureClientPort", nullptr, kNone, kPort, kLater, ""},
    {"secureClientPortAddress", nullptr, kNone, kText, kLater, ""},
    {"clientPortListenBacklog", nullptr, kNone, kInteger, kUsed, "-1", -1, kInt},
    {"maxClientCnxns", nullptr, kNone, kInteger, kUsed, "60", INT32_MIN, kInt},
    {"maxCnxns", nullptr, kPrefixed, kInteger, kUsed, "0", 0, kInt},
    {"serverCnxnFactory", nullptr, kPrefixed, kText, kUsed, ""},
    {"clientTcpKeepAlive", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"nio.sessionlessCnxnTimeout", nullptr, kPrefixed, kInteger, kUsed, "10000", 1, kInt},
    {"nio.numSelectorThreads", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"nio.numWorkerThreads", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"nio.directBufferBytes", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"nio.shutdownTimeout", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"netty.advancedFlowControl.enabled", "advancedFlowControlEnabled", kPrefixed, kBoolean, kJvm, ""},
    {"netty.server.outstandingHandshake.limit", nullptr, kPrefixed, kInteger, kLater, "-1", -1, kInt},
    {"netty.server.earlyDropSecureConnectionHandshakes", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"client.portUnification", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"jute.maxbuffer", nullptr, kUnprefixed, kInteger, kUsed, "1048575", 1, kInt},
    {"jute.maxbuffer.extrasize", nullptr, kPrefixed, kInteger, kUsed, "", 0, kInt},
    {"intBufferStartingSizeBytes", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"maxResponseCacheSize", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"maxGetChildrenResponseCacheSize", nullptr, kPrefixed, kInteger, kJvm, ""},

    // Time and sessions
    {"tickTime", nullptr, kNone, kInteger, kUsed, "3000", 1, kInt / 40},
    {"minSessionTimeout", nullptr, kNone, kInteger, kUsed, "-1", -1, kInt},
    {"maxSessionTimeout", nullptr, kNone, kInteger, kUsed, "-1", -1, kInt},
    {"localSessionsEnabled", nullptr, kNone, kBoolean, kLater, "false"},
    {"localSessionsUpgradingEnabled", nullptr, kNone, kBoolean, kLater, "false"},
    {"closeSessionTxn.enabled", nullptr, kPrefixed, kBoolean, kLater, "true"},

    // Persistence
    {"dataDir", nullptr, kNone, kText, kUsed, ""},
    {"dataLogDir", nullptr, kNone, kText, kUsed, ""},
    {"snapCount", nullptr, kPrefixed, kInteger, kUsed, "100000", INT32_MIN, kInt},
    {"snapSizeLimitInKb", nullptr, kPrefixed, kInteger, kUsed, "4194304", INT64_MIN, kLong / 1024},
    {"txnLogSizeLimitInKb", nullptr, kPrefixed, kInteger, kUsed, "-1", INT64_MIN, kLong / 1024},
    {"preAllocSize", nullptr, kPrefixed, kInteger, kUsed, "65536", INT64_MIN, kLong / 1024},
    {"forceSync", nullptr, kPrefixed, kBoolean, kUsed, "yes"},
    {"fsync.warningthresholdms", nullptr, kBoth, kInteger, kUsed, "1000", 0, kLong},
    {"autopurge.snapRetainCount", nullptr, kNone, kInteger, kUsed, "3", INT32_MIN, kInt},
    {"autopurge.purgeInterval", nullptr, kNone, kInteger, kUsed, "0", INT32_MIN, kInt / 3600},
    {"snapshot.compression.method", nullptr, kPrefixed, kText, kUsed, ""},
    {"snapshot.trust.empty", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"serializeLastProcessedZxid.enabled", nullptr, kPrefixed, kBoolean, kLater, "true"},
    {"digest.enabled", nullptr, kPrefixed, kBoolean, kUsed, "true"},
    {"commitLogCount", nullptr, kPrefixed, kInteger, kUsed, "500", INT32_MIN, kInt},
    {"snapshotSizeFactor", nullptr, kPrefixed, kReal, kUsed, "0.33"},
    {"flushDelay", nullptr, kPrefixed, kInteger, kUsed, "0", 0, 60000},
    {"maxWriteQueuePollTime", nullptr, kPrefixed, kInteger, kUsed, "", 0, 60000},
    {"maxBatchSize", nullptr, kPrefixed, kInteger, kUsed, "1000", 1, 1000000},
    {"datadir.autocreate", nullptr, kPrefixed, kBoolean, kUsed, "true"},
    {"db.autocreate", nullptr, kPrefixed, kBoolean, kUsed, "true"},
    {"syncEnabled", "observer.syncEnabled", kPrefixed, kBoolean, kLater, "true"},
    {"forceSnapshotSync", nullptr, kPrefixed, kBoolean, kUsed, "false"},

    // Quorum and learners
    {"initLimit", nullptr, kNone, kInteger, kUsed, "", 1, kInt},
    {"syncLimit", nullptr, kNone, kInteger, kUsed, "", 1, kInt},
    {"connectToLearnerMasterLimit", nullptr, kNone, kInteger, kLater, "0", 0, kInt},
    {"peerType", nullptr, kNone, kText, kUsed, "participant"},
    {"observerMasterPort", nullptr, kNone, kPort, kLater, "0"},
    {"observer.reconnectDelayMs", nullptr, kPrefixed, kInteger, kLater, "0", 0, kLong},
    {"observer.election.DelayMs", nullptr, kPrefixed, kInteger, kUsed, "200", 0, kLong},
    {"observerMaster.sizeLimit", nullptr, kPrefixed, kInteger, kLater, "33554432", 0, kInt},
    {"leaderServes", nullptr, kPrefixed, kBoolean, kLater, "yes"},
    {"quorumListenOnAllIPs", nullptr, kNone, kBoolean, kUsed, "false"},
    {"leader.maxConcurrentSnapSyncs", "maxConcurrentSnapSyncs", kPrefixed, kInteger, kLater, "10", 1, kInt},
    {"leader.maxConcurrentDiffSyncs", "maxConcurrentDiffSyncs", kPrefixed, kInteger, kLater, "100", 1, kInt},
    {"leader.maxConcurrentSnapshots", nullptr, kPrefixed, kInteger, kLater, "10", 1, kInt},
    {"leader.maxConcurrentSnapshotTimeout", nullptr, kPrefixed, kInteger, kLater, "5", 0, kLong},
    {"leader.ackLoggingFrequency", "ackLoggingFrequency", kPrefixed, kInteger, kLater, "1000", INT32_MIN, kInt},
    {"leader.closeSocketAsync", nullptr, kBoth, kBoolean, kJvm, ""},
    {"learner.closeSocketAsync", nullptr, kBoth, kBoolean, kJvm, ""},
    {"learner.asyncSending", nullptr, kBoth, kBoolean, kJvm, ""},
    {"leaderConnectDelayDuringRetryMs", nullptr, kPrefixed, kInteger, kLater, "100", 0, kInt},
    {"leader.nodelay", nullptr, kUnprefixed, kBoolean, kJvm, ""},
    {"follower.nodelay", nullptr, kUnprefixed, kBoolean, kJvm, ""},
    {"forward_learner_requests_to_commit_processor_disabled", nullptr, kPrefixed, kBoolean, kJvm, ""},
    {"follower.skipLearnerRequestToNextProcessor", "skipLearnerRequestToNextProcessor", kPrefixed, kBoolean, kJvm, ""},
    {"multiAddress.enabled", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"multiAddress.reachabilityCheckEnabled", nullptr, kPrefixed, kBoolean, kLater, "true"},
    {"multiAddress.reachabilityCheckTimeoutMs", nullptr, kPrefixed, kInteger, kLater, "1000", 1, kInt},
    {"oraclePath", nullptr, kNone, kText, kLater, ""},
    {"standaloneEnabled", nullptr, kNone, kBoolean, kUsed, "true"},
    {"reconfigEnabled", nullptr, kNone, kBoolean, kUsed, "false"},
    {"dynamicConfigFile", nullptr, kNone, kText, kUsed, ""},

    // Election
    {"electionAlg", nullptr, kNone, kInteger, kUsed, "3", 3, 3},
    {"cnxTimeout", nullptr, kPrefixed, kInteger, kUsed, "5000", 1, kInt},
    {"quorumCnxnTimeoutMs", nullptr, kPrefixed, kInteger, kLater, "-1", -1, kInt},
    {"tcpKeepAlive", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"electionPortBindRetry", nullptr, kPrefixed, kInteger, kUsed, "3", 0, kInt},
    {"fastleader.minNotificationInterval", "minNotificationInterval", kPrefixed, kInteger, kUsed, "200", 1, kInt},
    {"fastleader.maxNotificationInterval", "maxNotificationInterval", kPrefixed, kInteger, kUsed, "60000", 1, kInt},
    {"leader.maxTimeToWaitForEpoch", "maxTimeToWaitForEpoch", kPrefixed, kInteger, kLater, "-1", -1, kInt},
    {"quorum.cnxn.threads.size", nullptr, kNone, kInteger, kJvm, ""},

    // TLS; the ssl.* and ssl.quorum.* families are in is_key_family()
    {"sslQuorum", nullptr, kNone, kBoolean, kLater, "false"},
    {"portUnification", nullptr, kNone, kBoolean, kLater, "false"},
    {"sslQuorumReloadCertFiles", nullptr, kNone, kBoolean, kLater, "false"},
    {"client.certReload", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"fips-mode", nullptr, kPrefixed, kBoolean, kLater, "true"},
    {"X509AuthenticationProvider.superUser", nullptr, kPrefixed, kText, kLater, ""},

    // Authentication
    {"DigestAuthenticationProvider.enabled", nullptr, kPrefixed, kBoolean, kUsed, "true"},
    {"DigestAuthenticationProvider.superDigest", nullptr, kPrefixed, kText, kUsed, ""},
    {"DigestAuthenticationProvider.digestAlg", nullptr, kPrefixed, kText, kUsed, "SHA1"},
    {"IPAuthenticationProvider.usexforwardedfor", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"skipACL", nullptr, kPrefixed, kBoolean, kUsed, "no"},
    {"enableEagerACLCheck", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"sessionRequireClientSASLAuth", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"enforce.auth.enabled", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"enforce.auth.schemes", nullptr, kPrefixed, kText, kUsed, ""},
    {"allowSaslFailedClients", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"superUser", nullptr, kPrefixed, kText, kLater, ""},
    {"letAnySaslUserDoX", nullptr, kPrefixed, kText, kLater, ""},
    {"SASLAuthenticationProvider.superPassword", nullptr, kPrefixed, kText, kLater, ""},
    {"sasl.serverconfig", nullptr, kPrefixed, kText, kLater, "Server"},
    {"security.auth_to_local", nullptr, kPrefixed, kText, kLater, "DEFAULT"},
    {"requireKerberosConfig", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"kerberos.removeHostFromPrincipal", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"kerberos.removeRealmFromPrincipal", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"kerberos.canonicalizeHostNames", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"kerberos.minReLoginTimeMs", nullptr, kPrefixed, kInteger, kLater, "60000", 0, kLong},
    {"ensembleAuthName", nullptr, kPrefixed, kText, kLater, ""},
    {"quorum.auth.enableSasl", nullptr, kNone, kBoolean, kLater, "false"},
    {"quorum.auth.serverRequireSasl", nullptr, kNone, kBoolean, kLater, "false"},
    {"quorum.auth.learnerRequireSasl", nullptr, kNone, kBoolean, kLater, "false"},
    {"quorum.auth.learner.saslLoginContext", nullptr, kNone, kText, kLater, "QuorumLearner"},
    {"quorum.auth.server.saslLoginContext", nullptr, kNone, kText, kLater, "QuorumServer"},
    {"quorum.auth.kerberos.servicePrincipal", nullptr, kNone, kText, kLater, "zkquorum/localhost"},
    {"java.security.auth.login.config", nullptr, kUnprefixed, kText, kLater, ""},
    {"kinit", nullptr, kPrefixed, kText, kJvm, ""},
    {"server.realm", nullptr, kPrefixed, kText, kJvm, ""},

    // Admin, metrics, audit
    {"4lw.commands.whitelist", nullptr, kPrefixed, kText, kUsed, ""},
    // True in Apache; there is no HTTP server here that it could turn off.
    {"admin.enableServer", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"admin.serverAddress", nullptr, kPrefixed, kText, kLater, "0.0.0.0"},
    {"admin.serverPort", nullptr, kPrefixed, kPort, kLater, "8080"},
    {"admin.commandURL", nullptr, kPrefixed, kText, kLater, "/commands"},
    {"admin.idleTimeout", nullptr, kPrefixed, kInteger, kLater, "30000", 1, kInt},
    {"admin.httpVersion", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"admin.portUnification", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"admin.forceHttps", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"admin.needClientAuth", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"admin.snapshot.enabled", nullptr, kPrefixed, kBoolean, kLater, "true"},
    {"admin.restore.enabled", nullptr, kPrefixed, kBoolean, kLater, "true"},
    {"admin.rateLimiterIntervalInMS", nullptr, kPrefixed, kInteger, kLater, "300000", 0, kInt},
    {"metricsProvider.className", nullptr, kNone, kText, kUsed, ""},
    {"metricsProvider.httpHost", nullptr, kNone, kText, kLater, "0.0.0.0"},
    {"metricsProvider.httpPort", nullptr, kNone, kPort, kLater, "7000"},
    {"metricsProvider.exportJvmInfo", nullptr, kNone, kBoolean, kLater, "true"},
    {"metricsProvider.numWorkerThreads", nullptr, kNone, kInteger, kJvm, ""},
    {"metricsProvider.maxQueueSize", nullptr, kNone, kInteger, kJvm, ""},
    {"metricsProvider.workerShutdownTimeoutMs", nullptr, kNone, kInteger, kJvm, ""},
    {"audit.enable", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"audit.impl.class", nullptr, kPrefixed, kText, kUsed, ""},
    {"pathStats.enabled", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"pathStats.slotCapacity", nullptr, kPrefixed, kInteger, kLater, "60", 1, kInt},
    {"pathStats.slotDuration", nullptr, kPrefixed, kInteger, kLater, "15", 1, kInt},
    {"pathStats.maxDepth", nullptr, kPrefixed, kInteger, kLater, "6", 1, kInt},
    {"pathStats.sampleRate", nullptr, kPrefixed, kReal, kLater, "0.1"},
    {"pathStats.initialDelay", nullptr, kPrefixed, kInteger, kLater, "5", 0, kLong},
    {"pathStats.delay", nullptr, kPrefixed, kInteger, kLater, "5", 0, kLong},
    {"pathStats.topPathMax", nullptr, kPrefixed, kInteger, kLater, "20", 1, kInt},
    {"messageTracker.Enabled", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"messageTracker.BufferSize", nullptr, kPrefixed, kInteger, kLater, "10", 1, kInt},

    // Limits and throttling. The aliases are the manual's names, which Apache's zoo.cfg does not know.
    {"globalOutstandingLimit", nullptr, kPrefixed, kInteger, kUsed, "1000", 1, kInt},
    {"connection_throttle_tokens", "connectionMaxTokens", kPrefixed, kInteger, kUsed, "0", 0, kInt},
    {"connection_throttle_fill_time", "connectionTokenFillTime", kPrefixed, kInteger, kUsed, "1", 1, kInt},
    {"connection_throttle_fill_count", "connectionTokenFillCount", kPrefixed, kInteger, kUsed, "1", 1, kInt},
    {"connection_throttle_freeze_time", "connectionFreezeTime", kPrefixed, kInteger, kUsed, "-1", -1, kInt},
    {"connection_throttle_drop_increase", "connectionDropIncrease", kPrefixed, kReal, kUsed, "0.02"},
    {"connection_throttle_drop_decrease", "connectionDropDecrease", kPrefixed, kReal, kUsed, "0.002"},
    {"connection_throttle_decrease_ratio", "connectionDecreaseRatio", kPrefixed, kReal, kUsed, "0"},
    {"connection_throttle_weight_enabled", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"connection_throttle_global_session_weight", nullptr, kPrefixed, kInteger, kUsed, "3", INT32_MIN, kInt},
    {"connection_throttle_local_session_weight", nullptr, kPrefixed, kInteger, kUsed, "1", INT32_MIN, kInt},
    {"connection_throttle_renew_session_weight", nullptr, kPrefixed, kInteger, kUsed, "2", INT32_MIN, kInt},
    {"request_throttle_max_requests", "requestThrottleLimit", kPrefixed, kInteger, kUsed, "0", 0, kInt},
    {"request_throttle_stall_time", "requestThrottleStallTime", kPrefixed, kInteger, kJvm, "100", 1, kInt},
    {"request_throttle_drop_stale", "requestThrottleDropStale", kPrefixed, kBoolean, kUsed, "true"},
    {"request_stale_latency_check", "requestStaleLatencyCheck", kPrefixed, kBoolean, kUsed, "false"},
    {"request_stale_connection_check", "requestStaleConnectionCheck", kPrefixed, kBoolean, kLater, "true"},
    {"request_throttler.shutdownTimeout", nullptr, kPrefixed, kInteger, kJvm, "10000", 0, kInt},
    {"throttled_op_wait_time", "throttledOpWaitTime", kPrefixed, kInteger, kUsed, "0", 0, kInt},
    {"largeRequestMaxBytes", nullptr, kPrefixed, kInteger, kUsed, "104857600", INT32_MIN, kInt},
    {"largeRequestThreshold", nullptr, kPrefixed, kInteger, kUsed, "-1", INT32_MIN, kInt},
    {"enforceQuota", nullptr, kPrefixed, kBoolean, kUsed, "false"},

    // Data tree, watches, pipeline
    {"extendedTypesEnabled", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"emulate353TTLNodes", nullptr, kPrefixed, kBoolean, kUsed, "false"},
    {"znode.container.checkIntervalMs", nullptr, kUnprefixed, kInteger, kUsed, "60000", 1, kInt},
    {"znode.container.maxPerMinute", nullptr, kUnprefixed, kInteger, kUsed, "10000", 1, kInt},
    {"znode.container.maxNeverUsedIntervalMs", nullptr, kUnprefixed, kInteger, kUsed, "0", 0, kLong},
    {"watchManagerName", nullptr, kPrefixed, kText, kUsed, ""},
    {"watcherCleanThreadsNum", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"watcherCleanThreshold", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"watcherCleanIntervalInSeconds", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"maxInProcessingDeadWatchers", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"bitHashCacheSize", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"commitProcessor.numWorkerThreads", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"commitProcessor.maxReadBatchSize", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"commitProcessor.maxCommitBatchSize", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"commitProcessor.shutdownTimeout", nullptr, kPrefixed, kInteger, kJvm, ""},
    {"readonlymode.enabled", nullptr, kUnprefixed, kBoolean, kUsed, "false"},

    // The JVM itself
    {"jvm.pause.monitor", nullptr, kNone, kBoolean, kJvm, ""},
    {"jvm.pause.sleep.time.ms", nullptr, kNone, kInteger, kJvm, ""},
    {"jvm.pause.warn-threshold.ms", nullptr, kNone, kInteger, kJvm, ""},
    {"jvm.pause.info-threshold.ms", nullptr, kNone, kInteger, kJvm, ""},
    {"jmx.log4j.disable", nullptr, kPrefixed, kText, kJvm, ""},
    {"jmx.log4j.mbean", nullptr, kPrefixed, kText, kJvm, ""},
    {"console.threshold", nullptr, kPrefixed, kText, kUsed, ""},
    {"root.logger", nullptr, kPrefixed, kText, kUsed, ""},
    {"log.threshold", nullptr, kPrefixed, kText, kJvm, ""},
    {"log.dir", nullptr, kPrefixed, kText, kJvm, ""},
    {"log.file", nullptr, kPrefixed, kText, kJvm, ""},
    {"log.maxfilesize", nullptr, kPrefixed, kText, kJvm, ""},
    {"log.maxbackupindex", nullptr, kPrefixed, kText, kJvm, ""},

    // Tests of Apache's
    {"testingonly.initialZxid", nullptr, kPrefixed, kInteger, kLater, "", 0, kLong},
    {"test.allowDiscontinuousProposals", nullptr, kPrefixed, kBoolean, kLater, "false"},
    {"controllerPort", nullptr, kPrefixed, kText, kLater, ""},
};
// clang-format on

constexpr std::array<std::string_view, 10> kFamilies = {
    "server.",          "group",        "weight", "authProvider.", "ssl.", "superUser.",
    "metricsProvider.", "quorum.auth.", "netty.", "jmx."};

// Edit distance with transpositions, given up above `limit`.
size_t distance(std::string_view a, std::string_view b, size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      // Case is the commonest mistake of all: it costs nothing here.
      const size_t replace = previous[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string range_text(int64_t min, int64_t max) {
  if (min == max) return "only " + std::to_string(min) + " is supported";
  const bool low = min > INT32_MIN;
  const bool high = max < kInt;
  if (low && high)
    return "a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
           " is allowed";
  if (low) return "a whole number of at least " + std::to_string(min) + " is allowed";
  return "a whole number is allowed";
}

}  // namespace

std::span<const KeyInfo> known_keys() {
  return kKeys;
}

const KeyInfo* find_key(std::string_view key) {
  for (const KeyInfo& each : kKeys) {
    if (key == each.key || (each.alias != nullptr && key == each.alias)) return &each;
  }
  return nullptr;
}

bool is_key_family(std::string_view key) {
  return std::any_of(kFamilies.begin(), kFamilies.end(),
                     [key](std::string_view family) { return key.starts_with(family); });
}

namespace {

struct Signed {
  bool negative = false;
  std::string_view digits;
};

Signed split_sign(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return {negative, text};
}

std::optional<int64_t> read_digits(Signed number, int base) {
  if (number.digits.empty()) return std::nullopt;
  uint64_t magnitude = 0;
  const char* const last = number.digits.data() + number.digits.size();
  const auto [end, problem] = std::from_chars(number.digits.data(), last, magnitude, base);
  if (problem != std::errc{} || end != last) return std::nullopt;
  const uint64_t limit = number.negative ? uint64_t{1} << 63 : (uint64_t{1} << 63) - 1;
  if (magnitude > limit) return std::nullopt;
  return static_cast<int64_t>(number.negative ? ~magnitude + 1 : magnitude);
}

}  // namespace

std::optional<int64_t> read_integer(std::string_view text) {
  Signed number = split_sign(text);
  const bool hex = number.digits.starts_with("0x") || number.digits.starts_with("0X");
  if (hex) number.digits.remove_prefix(2);
  return read_digits(number, hex ? 16 : 10);
}

std::optional<int64_t> read_decimal(std::string_view text) {
  return read_digits(split_sign(text), 10);
}

std::optional<int64_t> read_number_of(const KeyInfo& key, std::string_view text) {
  return key.property == PropertyForm::kNone ? read_decimal(text) : read_integer(text);
}

std::optional<int64_t> read_java_integer(std::string_view text) {
  Signed number = split_sign(text);
  int base = 10;
  size_t prefix = 0;
  if (number.digits.starts_with("0x") || number.digits.starts_with("0X")) {
    base = 16;
    prefix = 2;
  } else if (number.digits.starts_with('#')) {
    base = 16;
    prefix = 1;
  } else if (number.digits.starts_with('0') && number.digits.size() > 1) {
    base = 8;
    prefix = 1;
  }
  number.digits.remove_prefix(prefix);
  return read_digits(number, base);
}

std::optional<double> read_real(std::string_view text) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return number;
}

std::optional<bool> read_boolean(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

std::string value_problem(const KeyInfo& key, std::string_view value) {
  if (key.status == KeyStatus::kJvm) return {};
  switch (key.type) {
    case ValueType::kText:
      return {};
    case ValueType::kBoolean:
      return read_boolean(value) ? std::string() : "true or false is allowed";
    case ValueType::kReal:
      return read_real(value) ? std::string() : "a decimal number is allowed";
    case ValueType::kPort: {
      const std::optional<int64_t> port = read_number_of(key, value);
      return port && *port >= 0 && *port <= 65535 ? std::string()
                                                  : "a port from 0 to 65535 is allowed";
    }
    case ValueType::kInteger: {
      const std::optional<int64_t> number = read_number_of(key, value);
      return number && *number >= key.min && *number <= key.max ? std::string()
                                                                : range_text(key.min, key.max);
    }
  }
  return {};
}

std::string near_matches(std::string_view key, std::span<const std::string> more) {
  constexpr size_t kKeyBytesMax = 128;  // nobody misspells a key into something longer
  if (key.size() > kKeyBytesMax) return {};
  const size_t limit = std::max<size_t>(1, key.size() / 4);
  std::vector<std::pair<size_t, std::string_view>> near;
  const auto consider = [&](std::string_view known) {
    const size_t away = distance(key, known, limit);
    if (away <= limit) near.emplace_back(away, known);
  };
  for (const KeyInfo& each : kKeys) {
    consider(each.key);
    if (each.alias != nullptr) consider(each.alias);
  }
  for (const std::string& each : more) consider(each);
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (size_t i = 0; i < near.size() && i < 3; ++i) {
    if (i != 0) text += ", ";
    text += near[i].second;
  }
  return text;
}

}  // namespace zookernel::shell
