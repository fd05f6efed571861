#include "kernel/shell/config.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "kernel/shell/config_keys.h"
#include "kernel/shell/ensemble_config.h"
#include "tests/unit/shell/fakes.h"
#include "zookernel/wire/ensemble_text.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::TempDir;

namespace {

struct Read {
  Config config;
  Problems problems;
};

Read read_text(const std::string& text, const std::string& server_flags = "",
               const std::string& flags = "") {
  ConfigSource source;
  source.name = "zoo.cfg";
  Result<std::vector<Property>> properties = parse_properties(text);
  REQUIRE(properties.ok());
  source.properties = *properties;
  source.server_flags = server_flags;
  source.flags = flags;
  Read read;
  read.config = read_config(source, read.problems);
  return read;
}

// A good standalone configuration with more lines behind it; the first of them is line 3.
Read read_more(const std::string& more, const std::string& flags = "") {
  return read_text("dataDir=/nowhere/data\nclientPort=2181\n" + more, flags);
}

bool has(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(), [&part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

bool wants(const Config& config, const std::string& name) {
  return std::any_of(config.plugins.begin(), config.plugins.end(),
                     [&name](const WantedPlugin& each) { return each.name == name; });
}

}  // namespace

TEST_CASE("Config: one server line with a client port is enough for a server alone",
          "[shell][config]") {
  const Read read = read_text("dataDir=/tmp\nserver.1=localhost:2888:3888;2191\n");
  CHECK(read.problems.errors.empty());
  CHECK_FALSE(read.config.replicated);
  CHECK(read.config.client_port == 2191);
}

TEST_CASE("Config: Apache's sample starts with Apache's defaults", "[shell][config]") {
  const Read read = read_text(
      "# The number of milliseconds of each "
      "tick\ntickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/tmp/zookeeper\nclientPort=2181\n"
      "#maxClientCnxns=60\n#autopurge.snapRetainCount=3\n");

  INFO(joined(read.problems.errors));
  REQUIRE(read.problems.errors.empty());
  CHECK(read.problems.notes.empty());
  const Config& config = read.config;
  CHECK(config.core.tick_ms == 2000);
  CHECK(config.core.min_session_timeout_ms == 4000);
  CHECK(config.core.max_session_timeout_ms == 40000);
  CHECK(config.client_port == 2181);
  CHECK(config.client_connections_per_address_max == 60);
  CHECK(config.client_connections_max == 0);
  CHECK(config.data_log_dir == config.data_dir);
  CHECK(config.core.max_frame_bytes == 0xfffff);
  CHECK(config.core.max_field_bytes == 2 * 0xfffff);
  CHECK(config.core.admin_words.size() == 1);
  CHECK(config.core.admin_words.contains("srvr"));
  CHECK(!config.replicated);
  for (const char* name :
       {"file", "tcp", "standalone", "fourletter", "world", "auth", "digest", "ip", "super"})
    CHECK(wants(config, name));
}

TEST_CASE("Config: each malformed value is one line with place, key, value and what is allowed",
          "[shell][config]") {
  const Read read = read_more(
      "tickTime=abc\nmaxClientCnxns=1x\nclientTcpKeepAlive=maybe\nsnapshotSizeFactor="
      "half\nelectionAlg=1\nsnapCount=99999999999\n");

  const std::string errors = joined(read.problems.errors);
  CHECK(has(read.problems.errors, "zoo.cfg:3: tickTime=abc: a whole number from 1 to"));
  CHECK(has(read.problems.errors, "zoo.cfg:4: maxClientCnxns=1x: a whole number is allowed"));
  CHECK(has(read.problems.errors, "zoo.cfg:5: clientTcpKeepAlive=maybe: true or false is allowed"));
  CHECK(
      has(read.problems.errors, "zoo.cfg:6: snapshotSizeFactor=half: a decimal number is allowed"));
  CHECK(has(read.problems.errors, "zoo.cfg:7: electionAlg=1: only 3 is supported"));
  CHECK(has(read.problems.errors, "zoo.cfg:8: snapCount=99999999999"));
  CHECK(std::count(errors.begin(), errors.end(), '\n') == 6);
  CHECK(read.problems.exit_code == 2);
}

TEST_CASE("Config: required keys are asked for", "[shell][config]") {
  CHECK(has(read_text("clientPort=2181").problems.errors, "zoo.cfg: dataDir is not set"));
  CHECK(has(read_text("dataDir=/nowhere/data").problems.errors, "zoo.cfg: clientPort is not set"));
  CHECK(has(read_text("dataDir=/nowhere/data\nclientPortAddress=::1").problems.errors,
            "clientPortAddress is set but clientPort is not set"));
  CHECK(has(read_text("dataDir=/nowhere/data\nclientPort=65536").problems.errors,
            "clientPort=65536: a port from 0 to 65535 is allowed"));
  CHECK(read_text("dataDir=a\nclientPort=0").problems.errors.empty());
}

TEST_CASE("Config: session time-outs are checked against each other", "[shell][config]") {
  CHECK(has(read_more("minSessionTimeout=9000\nmaxSessionTimeout=8000").problems.errors,
            "zoo.cfg:3: minSessionTimeout=9000: minSessionTimeout (9000 ms) must not be larger"));
  CHECK(has(read_more("maxSessionTimeout=100").problems.errors,
            "must not be larger than maxSessionTimeout (100 ms)"));
  CHECK(has(read_more("tickTime=0").problems.errors, "tickTime=0"));
  CHECK(has(read_more("tickTime=-5").problems.errors, "tickTime=-5"));
}

TEST_CASE("GivenSettings: the setting that a message tells as key=value is found with its place",
          "[shell][config]") {
  GivenSettings given;
  given.add_file("zoo.cfg", {{"method", "zip", 3}, {"compression.method", "zip", 7}});
  given.add_flags("SERVER_JVMFLAGS", {{{"zookeeper.token.secret", "short", 0}}, {}});

  const auto place = [&given](std::string_view message) {
    const Given* named = given.named_in(message);
    return named == nullptr ? std::string("none") : named->place;
  };
  CHECK(place("storage: method=zip: gz is expected") == "zoo.cfg:3");
  CHECK(place("storage: compression.method=zip: gz is expected") == "zoo.cfg:7");
  CHECK(place("auth: token.secret=short: 16 bytes are needed") == "SERVER_JVMFLAGS");
  CHECK(place("the disk is full") == "none");
}

TEST_CASE("Config: zoo.cfg beats -D, and JVMFLAGS beat SERVER_JVMFLAGS", "[shell][config]") {
  CHECK(read_more("snapCount=7", "-Dzookeeper.snapCount=9").config.snapshot_after_records == 7);
  CHECK(read_more("", "-Dzookeeper.snapCount=9").config.snapshot_after_records == 9);
  CHECK(
      read_text("dataDir=/d\nclientPort=1\n", "-Dzookeeper.snapCount=9", "-Dzookeeper.snapCount=11")
          .config.snapshot_after_records == 11);
  CHECK(read_more("", "-Dzookeeper.tickTime=9").config.core.tick_ms == 3000);
  CHECK(has(read_more("", "-Dzookeeper.tickTime=9").problems.notes,
            "SERVER_JVMFLAGS: zookeeper.tickTime=9: is read from zoo.cfg only"));
}

TEST_CASE("Config: numbers of -D properties are written as Java reads them", "[shell][config]") {
  const auto buffer = [](const std::string& value) {
    return read_more("", "-Djute.maxbuffer=" + value).config.core.max_frame_bytes;
  };
  CHECK(buffer("4096") == 4096);
  CHECK(buffer("0x1000") == 4096);
  CHECK(buffer("#1000") == 4096);
  CHECK(buffer("010000") == 4096);
  CHECK(buffer("4m") == 0xfffff);
  CHECK(buffer("") == 0xfffff);
  CHECK(has(read_more("", "-Djute.maxbuffer=4m").problems.notes,
            "jute.maxbuffer=4m: is no number, so the default holds: 1048575"));
  CHECK(read_more("", "-Djute.maxbuffer=4m").problems.errors.empty());
  CHECK(has(read_more("", "-Djute.maxbuffer=-1").problems.errors, "jute.maxbuffer=-1"));
}

TEST_CASE("Config: Apache's own keys are decimal, properties in zoo.cfg may be hexadecimal",
          "[shell][config]") {
  CHECK(has(read_text("dataDir=/nowhere/data\nclientPort=0x10").problems.errors,
            "zoo.cfg:2: clientPort=0x10: a port from 0 to 65535 is allowed"));
  CHECK(has(read_more("tickTime=0x7d0").problems.errors, "zoo.cfg:3: tickTime=0x7d0"));
  CHECK(read_more("tickTime=+2000").config.core.tick_ms == 2000);
  const Read read = read_more("jute.maxbuffer=0x1000");
  CHECK(read.problems.errors.empty());
  CHECK(read.config.core.max_frame_bytes == 4096);
}

TEST_CASE("Config: a record's fields may be as much larger than a frame as is said",
          "[shell][config]") {
  CHECK(read_more("", "-Dzookeeper.jute.maxbuffer.extrasize=5000").config.core.max_field_bytes ==
        0xfffff + 5000);
  CHECK(read_more("jute.maxbuffer.extrasize=0\njute.maxbuffer=100").config.core.max_field_bytes ==
        100 + 1024);
}

TEST_CASE("Config: containers are swept as -D properties or zoo.cfg say", "[shell][config]") {
  const core::Options flags =
      read_more("",
                "-Dznode.container.checkIntervalMs=1000 -Dznode.container.maxPerMinute=0x10 "
                "-Dznode.container.maxNeverUsedIntervalMs=5")
          .config.core;
  CHECK(flags.container_check_interval_ms == 1000);
  CHECK(flags.containers_per_minute_max == 16);
  CHECK(flags.container_unused_max_ms == 5);
  const core::Options file =
      read_more("znode.container.checkIntervalMs=7\nemulate353TTLNodes=true").config.core;
  CHECK(file.container_check_interval_ms == 7);
  CHECK(file.containers_per_minute_max == 10000);
  CHECK(file.container_unused_max_ms == 0);
  CHECK(file.emulate_353);
}

TEST_CASE("Config: throttles are read under the names of zoo.cfg and of the manual",
          "[shell][config]") {
  const Read read = read_more(
      "connectionMaxTokens=20\nconnection_throttle_fill_time=30\n"
      "connection_throttle_drop_increase=0.5\nrequestThrottleLimit=7\nthrottledOpWaitTime=90\n"
      "request_stale_latency_check=true\nlargeRequestThreshold=1000\nlargeRequestMaxBytes=5000\n");

  CHECK(read.problems.errors.empty());
  CHECK(read.problems.notes.empty());
  const core::Options& core = read.config.core;
  CHECK(core.connection_throttle.tokens_max == 20);
  CHECK(core.connection_throttle.fill_time_ms == 30);
  CHECK(core.connection_throttle.drop_increase == 0.5);
  CHECK(core.connection_throttle.freeze_time_ms == -1);
  CHECK(core.request_throttle.requests_max == 7);
  CHECK(core.request_throttle.wait_ms_max == 90);
  CHECK(core.request_throttle.stale_by_latency);
  CHECK(core.request_throttle.drop_stale);
  CHECK(core.large_request_bytes == 1000);
  CHECK(core.large_requests_bytes_max == 5000);
}

TEST_CASE("Config: throttles with impossible numbers are mended as Apache does",
          "[shell][config]") {
  const Read read = read_more(
      "connection_throttle_local_session_weight=4\nconnection_throttle_renew_session_weight=-1\n"
      "connection_throttle_global_session_weight=0\nlargeRequestThreshold=0\n"
      "largeRequestMaxBytes=0\n");

  CHECK(read.problems.errors.empty());
  CHECK(read.config.core.connection_throttle.new_session_weight == 4);
  CHECK(read.config.core.connection_throttle.renewed_session_weight == 4);
  CHECK(read.config.core.large_request_bytes == -1);
  CHECK(read.config.core.large_requests_bytes_max == 104857600);
  CHECK(read.problems.notes.size() == 4);
}

TEST_CASE("Config: keys without a prefix work in zoo.cfg and as properties", "[shell][config]") {
  CHECK(read_more("jute.maxbuffer=4096").config.core.max_frame_bytes == 4096);
  CHECK(read_more("", "-Djute.maxbuffer=0x2000").config.core.max_frame_bytes == 0x2000);
  CHECK(read_more("", "-Dzookeeper.jute.maxbuffer=4096").config.core.max_frame_bytes == 0xfffff);
  CHECK(has(read_more("", "-Dzookeeper.jute.maxbuffer=4096").problems.notes,
            "the property is called jute.maxbuffer"));
  CHECK(read_more("readonlymode.enabled=true").config.core.admin_words.contains("isro"));
  CHECK(
      read_more("jute.maxbuffer=100000\njute.maxbuffer.extrasize=10").config.core.max_field_bytes ==
      101024);
}

TEST_CASE("Config: the manual's names of the throttles are understood", "[shell][config]") {
  Read read = read_more("requestThrottleLimit=many\n");
  CHECK(has(read.problems.errors, "zoo.cfg:3: requestThrottleLimit=many"));

  read = read_more("connectionMaxTokens=5\nconnection_throttle_tokens=6\n");
  CHECK(read.problems.errors.empty());
  CHECK(effective_value(read.config, "connection_throttle_tokens") == "6");
}

TEST_CASE("Config: a leading zero is decimal and is told", "[shell][config]") {
  const Read read = read_more("globalOutstandingLimit=010");

  CHECK(read.config.core.outstanding_max == 10);
  CHECK(has(read.problems.notes, "globalOutstandingLimit=010: read as a decimal number"));
}

TEST_CASE("Config: the whitelist of words always has srvr", "[shell][config]") {
  const core::Options some = read_more("4lw.commands.whitelist=ruok, mntr ,,conf").config.core;
  CHECK(some.admin_words == std::set<std::string, std::less<>>{"conf", "mntr", "ruok", "srvr"});
  CHECK(!some.all_admin_words);
  CHECK(read_more("4lw.commands.whitelist=ruok,*").config.core.all_admin_words);
  // What "*" does not include may stand behind it.
  const core::Options more = read_more("4lw.commands.whitelist=*,snap").config.core;
  CHECK(more.all_admin_words);
  CHECK(more.admin_words.contains("snap"));
}

TEST_CASE("Config: unknown keys are told with what was meant", "[shell][config]") {
  Read read = read_more(
      "tickTme=2000\nMaxClientCnxns=3\nmy.own.thing=1\nplugin.trasport=tcp\ntoken.sekret=1\ntoken."
      "secret=1\nserver.1=a:1:2\n",
      "-Dzookeeper.snapCuont=3");
  const std::vector<std::string> keys = {"token.secret"};
  const std::vector<std::string> names = {"token"};
  read.problems = {};

  check_unknown_keys(read.config, keys, names, read.problems);

  CHECK(has(read.problems.notes,
            "zoo.cfg:3: tickTme=2000: unknown key, ignored; did you mean tickTime"));
  CHECK(has(read.problems.notes, "did you mean maxClientCnxns"));
  CHECK(has(read.problems.notes, "zoo.cfg:5: my.own.thing=1: unknown key, ignored"));
  CHECK(has(read.problems.notes,
            "zookeeper.snapCuont=3: unknown key, ignored; did you mean snapCount"));
  CHECK(has(read.problems.errors,
            "plugin.trasport=tcp: no loaded plugin knows this key; did you mean plugin.transport"));
  CHECK(has(read.problems.errors,
            "token.sekret=1: no loaded plugin knows this key; did you mean token.secret"));
  CHECK(read.problems.notes.size() == 4);
  CHECK(read.problems.errors.size() == 2);
}

TEST_CASE("Config: what only a JVM or a later version understands is noted once",
          "[shell][config]") {
  const Read read = read_more(
      "nio.numWorkerThreads=x\nadmin.serverPort=9999\nadmin.enableServer=false\nsecureClientPort="
      "2281\n");

  CHECK(read.problems.errors.empty());
  CHECK(has(read.problems.notes, "nio.numWorkerThreads=x: has a meaning only for a JVM"));
  CHECK(has(read.problems.notes, "admin.serverPort=9999: has no effect in this version"));
  CHECK(!has(read.problems.notes, "admin.enableServer"));
  CHECK(has(read.problems.notes, "TLS is not available"));
}

TEST_CASE("Config: settings that would lock everybody out are refused", "[shell][config]") {
  CHECK(has(read_more("enforce.auth.enabled=true").problems.errors,
            "enforce.auth.schemes must be set"));
  // Whether the scheme is there is known when the plugins are loaded.
  CHECK(read_more("sessionRequireClientSASLAuth=true").config.core.required_auth_schemes ==
        std::vector<std::string>{"sasl"});
  CHECK(read_more("enforce.auth.enabled=true\nenforce.auth.schemes=digest, x509")
            .config.core.required_auth_schemes == std::vector<std::string>{"digest", "x509"});
}

TEST_CASE("Config: small numbers are raised as Apache does", "[shell][config]") {
  const Read read = read_more(
      "snapCount=1\nautopurge.snapRetainCount=1\nautopurge.purgeInterval=-3\nmaxClientCnxns=-1");

  CHECK(read.problems.errors.empty());
  CHECK(read.config.snapshot_after_records == 2);
  CHECK(read.config.snapshots_kept == 3);
  CHECK(read.config.purge_interval_hours == 0);
  CHECK(read.config.client_connections_per_address_max == 0);
}

TEST_CASE("Config: plugins are chosen by key and by Java name", "[shell][config]") {
  const Read read = read_more(
      "plugin.storage=sqlite\nplugin.auth=token, other\nplugin.path=/opt/a:/opt/b\n"
      "authProvider.1=org.apache.zookeeper.server.auth.DigestAuthenticationProvider\n");
  INFO(joined(read.problems.errors));
  REQUIRE(read.problems.errors.empty());
  CHECK(wants(read.config, "sqlite"));
  CHECK(!wants(read.config, "file"));
  CHECK(wants(read.config, "token"));
  CHECK(wants(read.config, "other"));
  CHECK(read.config.plugin_path.size() == 2);

  CHECK(
      has(read_more("plugin.transport=../../tmp/evil").problems.errors, "is no name of a plugin"));
  CHECK(has(read_more("plugin.path=relative").problems.errors, "zoo.cfg:3: plugin.path=relative"));
}

TEST_CASE("Config: the form without a file has no limit of connections", "[shell][config]") {
  Problems problems;
  const std::vector<std::string> arguments = {"2181", "/nowhere/data", "1500"};

  const Config config = read_config(config_from_arguments(arguments), problems);

  CHECK(problems.errors.empty());
  CHECK(config.client_port == 2181);
  CHECK(config.core.tick_ms == 1500);
  CHECK(config.client_connections_per_address_max == 0);
}

TEST_CASE("Config: one server line is a standalone server, more are an ensemble",
          "[shell][config]") {
  TempDir dir;
  dir.write("myid", "2\r\n");
  const std::string base =
      "dataDir=" + dir.string() + "\nclientPort=2181\ninitLimit=10\nsyncLimit=5\n";

  Read read = read_text(base + "server.2=localhost:2888:3888\n");
  CHECK(read.problems.errors.empty());
  CHECK(!read.config.replicated);
  CHECK(has(read.problems.notes, "only one server specified (ignoring)"));
  CHECK(wants(read.config, "standalone"));

  read = read_text(
      base + "server.1=a:2888:3888\nserver.2=b:2888:3888\nserver.3=c:2888:3888:observer;2181\n");
  INFO(joined(read.problems.errors));
  CHECK(read.problems.errors.empty());
  CHECK(read.config.replicated);
  CHECK(read.config.core.self.value == 2);
  CHECK(read.config.ensemble.members.size() == 3);
  CHECK(wants(read.config, "zab"));

  read = read_text("dataDir=" + dir.string() +
                   "\nclientPort=2181\nserver.1=a:2888:3888\nserver.3=b:2888:3888\n");
  CHECK(has(read.problems.errors, "initLimit is not set"));
  CHECK(has(read.problems.errors, "2 is in no server line"));
}

TEST_CASE("Config: what zoo.cfg says of an ensemble reaches the machine", "[shell][config]") {
  TempDir dir;
  dir.write("myid", "2");
  const std::string base = "dataDir=" + dir.string() +
                           "\nclientPort=2181\ninitLimit=10\nsyncLimit=5\nserver.1=a:1:2\n"
                           "server.2=b:1:2\nserver.3=c:1:2\n";
  Read read = read_text(base);
  INFO(joined(read.problems.errors));
  REQUIRE(read.problems.errors.empty());
  const Ensemble& plain = read.config.ensemble;
  CHECK(plain.self.value == 2);
  CHECK(plain.init_limit_ticks == 10);
  CHECK(plain.sync_limit_ticks == 5);
  CHECK(plain.notification_min_ms == 200);
  CHECK(plain.notification_max_ms == 60000);
  CHECK(plain.committed_log_max == 500);
  CHECK(plain.log_sync);
  CHECK(plain.packet_bytes_max == 2 * 1048575);
  CHECK(plain.version == 0);
  CHECK(read.config.peer_connect_timeout_ms == 5000);
  CHECK(read.config.election_bind_tries == 3);

  read = read_text(base +
                   "group.1=1:2\ngroup.2=3\nweight.3=4\ncnxTimeout=700\nelectionPortBindRetry=0\n"
                   "quorumListenOnAllIPs=true\ncommitLogCount=900\nsnapshotSizeFactor=-1\n"
                   "fastleader.minNotificationInterval=20\nobserver.election.DelayMs=30\n"
                   "forceSnapshotSync=true\nmultiAddress.enabled=true\n");
  INFO(joined(read.problems.errors));
  REQUIRE(read.problems.errors.empty());
  const Ensemble& ensemble = read.config.ensemble;
  REQUIRE(ensemble.groups.size() == 2);
  CHECK(ensemble.groups[0].members == std::vector{ServerId{1}, ServerId{2}});
  CHECK(ensemble.weights == std::vector{std::pair(ServerId{3}, int64_t{4})});
  CHECK(ensemble.committed_log_max == 900);
  CHECK(!ensemble.log_sync);
  CHECK(ensemble.notification_min_ms == 20);
  CHECK(ensemble.observer_delay_ms == 30);
  CHECK(ensemble.force_snapshot_sync);
  CHECK(ensemble.multi_address);
  CHECK(read.config.peer_connect_timeout_ms == 700);
  CHECK(read.config.election_bind_tries == 0);
  CHECK(read.config.listen_for_peers_everywhere);

  const std::string file =
      dir.write("zoo.cfg.dynamic.1000000ab", "server.1=a:1:2\nserver.2=b:1:2:participant;2181\n");
  read = read_text("dataDir=" + dir.string() +
                   "\ninitLimit=10\nsyncLimit=5\ndynamicConfigFile=" + file + "\n");
  INFO(joined(read.problems.errors));
  REQUIRE(read.problems.errors.empty());
  CHECK(read.config.ensemble.version == 0x1000000ab);
  CHECK(read.config.client_port == 2181);
  CHECK(effective_value(read.config, "clientPort") == "2181");
}

TEST_CASE("Config: what is wrong or odd about an ensemble is told", "[shell][config]") {
  TempDir dir;
  dir.write("myid", "1");
  const std::string base =
      "dataDir=" + dir.string() + "\nclientPort=2181\ninitLimit=10\nsyncLimit=5\nserver.1=a:1:2\n";
  const auto errors = [&base](const std::string& lines) {
    return read_text(base + "server.2=b:1:2\n" + lines).problems.errors;
  };
  CHECK(has(errors("server.02=c:1:2\n"), "there is another line for server 2"));
  CHECK(has(errors("group.1=1:x\n"), "\"x\" is not a server id"));
  CHECK(has(errors("group=1:2\n"), "the form is group.N="));
  CHECK(has(errors("weight.1=-1\n"), "a whole number from 0 on is allowed"));
  CHECK(has(errors("sslQuorum=true\n"), "TLS between servers is not available"));
  CHECK(has(errors("quorum.auth.serverRequireSasl=true\n"), "SASL between servers"));

  const auto notes = [&base](const std::string& lines) {
    return read_text(base + lines).problems.notes;
  };
  CHECK(has(notes("server.2=b:1:2\nserver.2=c:1:2\n"), "is given again (zoo.cfg:7)"));
  CHECK(has(notes("server.2=a:1:3\n"), "have the same quorum address a:1"));
  CHECK(has(notes("server.2=b:1:2\npeerType=observer\n"), "says participant, and that holds"));
  CHECK(has(notes("server.2=b:1:2\ncommitLogCount=3\n"), "500 is used"));
  CHECK(has(notes("server.2=b:1:2\nsnapshotSizeFactor=2\n"), "0.33 is used"));
}

TEST_CASE("Config: trouble with myid is told", "[shell][config]") {
  CHECK(*parse_myid("myid", " 7 \r\nmore") == 7);
  CHECK(*parse_myid("myid",
                    "\xef\xbb\xbf"
                    "12") == 12);
  CHECK(parse_myid("/d/myid", "one").error().message ==
        "/d/myid: \"one\" is not a number (the file holds the number of this server's server.N "
        "line)");
  CHECK(!parse_myid("myid", "").ok());
  CHECK(!parse_myid("myid", "99999999999999999999").ok());

  TempDir dir;
  dir.write("myid", "x");
  CHECK(has(read_text("dataDir=" + dir.string() + "\nclientPort=2181\n").problems.errors,
            "is not a number"));
  std::filesystem::remove(dir / "myid");
  CHECK(has(read_text("dataDir=" + dir.string() +
                      "\nclientPort=1\ninitLimit=1\nsyncLimit=1\nserver.1=a:1:2\nserver.2=b:1:2\n")
                .problems.errors,
            "the myid file is missing"));
}

TEST_CASE("ServerLines: the grammar", "[shell][config]") {
  const Result<Member> full =
      wire::parse_server_line("3", "[::1]:2888:3888:Observer;[fe80::1]:2181", false);
  REQUIRE(full.ok());
  CHECK(full->quorum[0].host == "::1");
  CHECK(full->quorum[0].port == 2888);
  CHECK(full->election[0].port == 3888);
  CHECK(full->observer);
  CHECK(full->client->host == "fe80::1");
  CHECK(full->client->port == 2181);
  CHECK(wire::parse_server_line("1", "a:1:2|b:3:4", true)->quorum.size() == 2);
  CHECK(wire::parse_server_line("1", "a:1:2;2181", false)->client->host == "0.0.0.0");

  const char* kWrong[] = {"a",
                          "a:1",
                          "a:x:2",
                          "a:1:1",
                          "a:1:2:leader",
                          "a:1:2:observer:x",
                          "::1:2888:3888",
                          "[::1:2888",
                          "[::1]:",
                          "a:1:2;b;c",
                          "a:1:2|b:3:4",
                          "",
                          ";",
                          "|||",
                          "a:1:99999"};
  for (const char* each : kWrong) {
    CAPTURE(each);
    CHECK(!wire::parse_server_line("1", each, false).ok());
  }
  CHECK(!wire::parse_server_line("one", "a:1:2", false).ok());
}

TEST_CASE("ConfigKeys: every default is a value of its own type", "[shell][config]") {
  for (const KeyInfo& key : known_keys()) {
    CAPTURE(key.key);
    if (*key.value != 0) CHECK(value_problem(key, key.value).empty());
    CHECK(find_key(key.key) == &key);
  }
}
