#include "kernel/shell/plugin_host.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernel/shell/plugin_file.h"

namespace fs = std::filesystem;
using namespace zookernel;
using namespace zookernel::shell;

namespace {

const fs::path kFixtures = ZOOKERNEL_TEST_PLUGINS;  // made by tests/unit/shell/plugins

// A directory that goes away with the test.
class TempDir {
 public:
  TempDir() {
    std::string pattern = (fs::temp_directory_path() / "zookernel-plugins-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

  // A copy of a fixture, changed byte by byte.
  fs::path copy(const std::string& fixture, const std::string& name) const {
    const fs::path to = path_ / ("lib" + name + ".so");
    fs::copy_file(kFixtures / ("lib" + fixture + ".so"), to);
    return to;
  }
  fs::path write(const std::string& name, const std::string& content) const {
    const fs::path to = path_ / ("lib" + name + ".so");
    std::ofstream(to, std::ios::binary) << content;
    return to;
  }

 private:
  fs::path path_;
};

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void patch(const fs::path& file, size_t offset, const std::string& bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream << bytes;
}

class Lines final : public Logger {
 public:
  void write(LogLevel, std::string_view message, Fields) override { lines.emplace_back(message); }
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  std::vector<std::string> lines;
};

class NoMetrics final : public Metrics {
 public:
  Counter& counter(std::string_view) override { return counter_; }
  Gauge& gauge(std::string_view) override { return gauge_; }
  Summary& summary(std::string_view) override { return summary_; }

 private:
  Counter counter_;
  Gauge gauge_;
  Summary summary_;
};

class NoFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string&, Mode) override { return none(); }
  Status rename(const std::string&, const std::string&) override { return none(); }
  Status remove(const std::string&) override { return none(); }
  Result<std::vector<std::string>> list(const std::string&) override { return none(); }
  Status make_directories(const std::string&) override { return none(); }
  Status sync_directory(const std::string&) override { return none(); }
  [[nodiscard]] bool exists(const std::string&) override { return false; }
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string&) override {
    return none();
  }
  Result<uint64_t> free_space(const std::string&) override { return none(); }

 private:
  static Error none() { return Error{Errc::kUnsupported, "no files in this test"}; }
};

struct World {
  explicit World(std::vector<fs::path> search_path = {kFixtures})
      : host(std::move(search_path), log, metrics, files) {}

  // The message of what must be an error.
  template <typename T>
  std::string refusal(const Result<T>& result) {
    REQUIRE_FALSE(result.ok());
    const std::string message = result.error().message;
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  std::string refused_auth(const std::string& name) {
    std::string message = refusal(host.load(kKindAuth, name));
    CHECK(host.extensions().empty());
    return message;
  }
  Status run() {
    for (auto phase : {0, 1, 2}) {
      Status status = phase == 0   ? host.create_all()
                      : phase == 1 ? host.configure_all(settings)
                                   : host.start_all();
      if (!status.ok()) return status;
    }
    return Unit{};
  }

  Lines log;
  NoMetrics metrics;
  NoFiles files;
  SettingsSource settings = [](std::string_view) { return std::nullopt; };
  PluginHost host;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string file_of(const std::string& fixture) {
  return (kFixtures / ("lib" + fixture + ".so")).string();
}

std::vector<std::string> lines_after(const Lines& log, size_t first) {
  return {log.lines.begin() + static_cast<std::ptrdiff_t>(first), log.lines.end()};
}

}  // namespace

TEST_CASE("PluginHost: a scheme is found, its options are readable, and its life runs in order",
          "[shell][plugin_host]") {
  auto world = std::make_unique<World>();
  REQUIRE(world->host.load(kKindAuth, "good").ok());

  REQUIRE(world->host.extensions().size() == 1);
  const LoadedExtension& extension = world->host.extensions()[0];
  CHECK(extension.name == "good");
  CHECK(extension.kind == kKindAuth);
  CHECK(extension.plugin_id == "test.fixture");
  CHECK(extension.file == file_of("good"));
  REQUIRE(extension.manifest->option_count == 1);
  CHECK(std::string(extension.manifest->options[0].key) == "good.greeting");

  const size_t before = world->log.lines.size();
  REQUIRE(world->run().ok());
  REQUIRE(world->host.auth_schemes().size() == 1);
  CHECK(world->host.auth_schemes()[0].name == "good");
  CHECK(world->host.auth_schemes()[0].table->valid(world->host.auth_schemes()[0].table->self,
                                                   {"x", 1}) == 1);
  world->host.stop_all();
  world->host.stop_all();
  CHECK(lines_after(world->log, before) ==
        std::vector<std::string>{"good: configured hello", "good: started", "good: stopped"});
}

TEST_CASE(
    "PluginHost: what the operator gave wins over the manifest's default, without surrounding "
    "space",
    "[shell][plugin_host]") {
  World world;
  world.settings = [](std::string_view key) -> std::optional<std::string> {
    if (key == "good.greeting") return "  hi there \t";
    if (key == "inner.size") return "9";
    return std::nullopt;
  };
  REQUIRE(world.host.load(kKindAuth, "good").ok());
  REQUIRE(world.host.load(kKindConsensus, "inner").ok());

  const size_t before = world.log.lines.size();
  REQUIRE(world.host.create_all().ok());
  REQUIRE(world.host.configure_all(world.settings).ok());

  CHECK(lines_after(world.log, before) ==
        std::vector<std::string>{"good: configured hi there", "inner: configured 9 given"});
}

TEST_CASE(
    "PluginHost: kinds live in their order whatever the order of loading, and stop in reverse",
    "[shell][plugin_host]") {
  World world;
  REQUIRE(world.host.load(kKindConsensus, "inner").ok());
  REQUIRE(world.host.load(kKindAuth, "other").ok());
  REQUIRE(world.host.load(kKindAuth, "good").ok());

  const size_t before = world.log.lines.size();
  REQUIRE(world.run().ok());
  world.host.stop_all();

  CHECK(lines_after(world.log, before) ==
        std::vector<std::string>{"other: configured hello", "good: configured hello",
                                 "inner: configured 7 default", "other: started", "good: started",
                                 "inner: started", "inner: stopped", "good: stopped",
                                 "other: stopped"});
  CHECK(world.host.consensus() != nullptr);
  CHECK(world.host.storage() == nullptr);
  CHECK(world.host.transport() == nullptr);
}

TEST_CASE("PluginHost: a failing start stops what has started, in reverse, and destroys all",
          "[shell][plugin_host]") {
  Lines log;
  NoMetrics metrics;
  NoFiles files;
  std::string message;
  {
    PluginHost host({kFixtures}, log, metrics, files);
    for (const char* name : {"good", "other", "start_fails"})
      REQUIRE(host.load(kKindAuth, name).ok());
    REQUIRE(host.create_all().ok());
    REQUIRE(host.configure_all({}).ok());
    log.lines.clear();

    const Status status = host.start_all();
    REQUIRE_FALSE(status.ok());
    message = status.error().message;
  }

  CHECK(message == "plugin " + file_of("start_fails") +
                       ": auth scheme start_fails: start: failed without telling why");
  CHECK(log.lines == std::vector<std::string>{"good: started", "other: started",
                                              "start_fails: started", "other: stopped",
                                              "good: stopped", "start_fails: destroyed",
                                              "other: destroyed", "good: destroyed"});
}

TEST_CASE("PluginHost: a plugin of another build is refused by the field that differs",
          "[shell][plugin_host]") {
  struct Case {
    const char* fixture;
    std::string reason;
  };
  const auto [fixture, reason] = GENERATE(values<Case>({
      {"no_symbol", "does not define zookernel_plugin"},
      {"no_manifest", "returns no manifest"},
      {"abi_size",
       "size of ZookernelAbi: kernel " + std::to_string(sizeof(ZookernelAbi)) + ", plugin 8"},
      {"other_major", "sdk major: kernel 0, plugin 9"},
      {"other_minor", "sdk minor: kernel 1, plugin 77"},
      {"other_hash", ", plugin 0000000000000001: build it with the SDK of this server"},
      {"other_circle", "circle: kernel 0 or 1, plugin 5"},
      {"says_sanitizers", "sanitizers: kernel "},
      {"other_revision",
       "it has no zookernel.auth_scheme/1 (it has: zookernel.auth_scheme/9 fixture)"},
      {"null_id", "manifest: id is null or empty"},
      {"no_extensions", "manifest: it has no extensions"},
      {"many_extensions", "manifest: 100000 extensions: at most 256"},
      {"null_extensions", "manifest: extensions is null"},
      {"extension_size", "size of extensions[0]: kernel " +
                             std::to_string(sizeof(ZookernelExtension)) + ", plugin 3"},
      {"null_interface", "extensions[0].interface_id is null"},
      {"odd_name", "extensions[0].name is \"a:b\""},
      {"null_create", "extensions[0].create is null"},
      {"null_option_key", "extensions[0].options[0].key is null"},
      {"null_option_value", "extensions[0].options[0].value is null"},
      {"many_options", "extensions[0] has 100000 options"},
      {"twice_inside", "zookernel.auth_scheme/1 fixture twice in its manifest"},
      {"missing_library",
       "libzookernel_vanishing.so.7: cannot open shared object file: No such file or directory"},
  }));
  World world;
  const std::string message = world.refused_auth(fixture);

  INFO(message);
  CHECK(message.starts_with("plugin " + file_of(fixture) + ": "));
  CHECK(contains(message, reason));
  CHECK_FALSE(contains(message, "bad file descriptor"));
}

TEST_CASE("PluginHost: an inner plugin of another C++ build is refused by the field that differs",
          "[shell][plugin_host]") {
  struct Case {
    const char* fixture;
    const char* reason;
  };
  const auto [fixture, reason] = GENERATE(values<Case>({
      {"inner_other_hash", "sdk hash: kernel "},
      {"inner_other_cxx", ", plugin 3: build it with the compiler of this server"},
      {"inner_other_stdlib", "C++ library: kernel 1, plugin 2"},
  }));
  World world;
  const std::string message = world.refusal(world.host.load(kKindConsensus, fixture));

  INFO(message);
  CHECK(contains(message, reason));
}

TEST_CASE(
    "PluginHost: a plugin with a sanitizer that the server lacks is refused before it is opened",
    "[shell][plugin_host]") {
  struct Case {
    const char* fixture;
    uint32_t bit;
    const char* name;
  };
  const auto [fixture, bit, name] = GENERATE(values<Case>({
      {"asan", ZOOKERNEL_SANITIZE_ADDRESS, "AddressSanitizer"},
      {"asan_compiled", ZOOKERNEL_SANITIZE_ADDRESS, "AddressSanitizer"},
      {"tsan", ZOOKERNEL_SANITIZE_THREAD, "ThreadSanitizer"},
  }));
  if ((ZOOKERNEL_BUILD_SANITIZERS & bit) != 0) return;  // this build may load it
  World world;
  const std::string message = world.refused_auth(fixture);

  INFO(message);
  CHECK(contains(message, std::string("built with ") + name));
  CHECK(contains(message, "sanitizers: kernel " + std::to_string(ZOOKERNEL_BUILD_SANITIZERS) +
                              ", plugin " + std::to_string(bit)));
}

TEST_CASE("PluginHost: files that are no whole shared objects of this machine are refused",
          "[shell][plugin_host]") {
  TempDir dir;
  World world({dir.path()});

  dir.write("text",
            "#!/bin/sh\necho this is a script that somebody gave the wrong name, and it is longer "
            "than a header\n");
  CHECK(contains(world.refused_auth("text"), "libtext.so: not an ELF shared object"));

  dir.write("empty", "");
  CHECK(contains(world.refused_auth("empty"), "not an ELF shared object"));

  patch(dir.copy("good", "machine"), offsetof(Elf64_Ehdr, e_machine),
        std::string("\x16\x00", 2));  // s390
  CHECK(contains(world.refused_auth("machine"),
                 "built for another machine (s390, 64 bits; this server: "));

  patch(dir.copy("good", "class"), EI_CLASS, std::string(1, ELFCLASS32));
  CHECK(contains(world.refused_auth("class"), "built for another machine"));

  patch(dir.copy("good", "type"), offsetof(Elf64_Ehdr, e_type), std::string("\x01\x00", 2));
  CHECK(contains(world.refused_auth("type"), "an ELF file, but not a shared object"));

  const std::string whole = content_of(kFixtures / "libgood.so");
  dir.write("half", whole.substr(0, whole.size() / 4));
  CHECK(contains(world.refused_auth("half"), "damaged ELF file"));
  dir.write("headers", whole.substr(0, 100));
  CHECK(contains(world.refused_auth("headers"), "damaged ELF file"));

  fs::create_directory(dir.path() / "libdirectory.so");
  CHECK(contains(world.refused_auth("directory"), "not a regular file"));
  fs::create_symlink(dir.path() / "nowhere", dir.path() / "libdangling.so");
  CHECK(contains(world.refused_auth("dangling"), "No such file or directory"));
}

TEST_CASE(
    "PluginHost: a file with any of its bytes changed is refused or loaded, and nothing crashes "
    "before it is opened",
    "[shell][plugin_host]") {
  TempDir dir;
  const std::string whole = content_of(kFixtures / "libgood.so");
  uint64_t random = 1;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    for (int change = 0; change < 8; ++change) {
      random = random * 6364136223846793005ull + 1442695040888963407ull;
      // Mostly headers and tables, which is where a reader can be led astray.
      const size_t at =
          static_cast<size_t>(random >> 33) % (round % 2 == 0 ? 1024 : damaged.size());
      damaged[at] = static_cast<char>(random >> 25);
    }
    const fs::path file = dir.write("damaged", damaged);
    (void)check_plugin_file(file).ok();
  }
  SUCCEED("no crash");
}

TEST_CASE("PluginHost: what anybody may write is refused", "[shell][plugin_host]") {
  TempDir dir;
  World world({dir.path()});
  const fs::path file = dir.copy("good", "good");

  REQUIRE(::chmod(file.c_str(), 0757) == 0);
  CHECK(contains(world.refused_auth("good"), "anybody may write to it"));

  REQUIRE(::chmod(file.c_str(), 0755) == 0);
  REQUIRE(::chmod(dir.path().c_str(), 01777) == 0);
  CHECK(contains(world.refused_auth("good"), "anybody may put files into its directory"));

  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
  CHECK(world.host.load(kKindAuth, "good").ok());
}

TEST_CASE("PluginHost: names are looked up in the search path only, the first directory first",
          "[shell][plugin_host]") {
  TempDir first;
  TempDir second;
  first.copy("other", "good");
  second.copy("good", "good");
  World world({first.path(), second.path()});

  for (const char* name :
       {"", "../good", "/etc/passwd", "libgood.so", "good.so", "a b", "good\n"}) {
    CHECK(contains(world.refused_auth(name), "is no plugin's name"));
  }
  CHECK(world.refused_auth("absent") ==
        "plugin libabsent.so: not in " + first.path().string() + ":" + second.path().string() +
            ": put it there, or correct plugin.path or the key that asks for it");
  REQUIRE(world.host.load(kKindAuth, "good").ok());
  CHECK(world.host.extensions()[0].file == (first.path() / "libgood.so").string());
}

TEST_CASE("PluginHost: the same kind and name twice is refused with both files",
          "[shell][plugin_host]") {
  World world;
  REQUIRE(world.host.load(kKindAuth, "good").ok());
  REQUIRE(world.host.load(kKindConsensus, "inner").ok());

  for (const char* name : {"same_name", "good"}) {
    const std::string message = world.refusal(world.host.load(kKindAuth, name));
    CHECK(contains(message, "plugin " + file_of(name) +
                                ": zookernel.auth_scheme/1 good is there already, from " +
                                file_of("good")));
  }
  const std::string second = world.refusal(world.host.load(kKindConsensus, "inner"));
  CHECK(contains(second, "is there already"));
  CHECK(world.host.extensions().size() == 2);
}

TEST_CASE("PluginHost: a plugin without the kind that is asked for is refused with what it has",
          "[shell][plugin_host]") {
  World world;
  CHECK(contains(world.refusal(world.host.load(kKindAdmin, "good")),
                 "it has no zookernel.admin_command/1 (it has: zookernel.auth_scheme/1 good)"));
  CHECK(contains(world.refusal(world.host.load(kKindStorage, "inner")),
                 "it has no zookernel.storage/1 called inner"));
  CHECK(contains(world.refusal(world.host.load(kKindStorage, "good")),
                 "the manifest is of the outer circle"));
}

TEST_CASE(
    "PluginHost: an outer extension that fails or throws in a phase is one line, and nothing "
    "crashes",
    "[shell][plugin_host]") {
  struct Case {
    const char* fixture;
    const char* reason;
  };
  const auto [fixture, reason] = GENERATE(values<Case>({
      {"create_nothing", "auth scheme fixture: create: nothing was made"},
      {"table_size", "auth scheme fixture: create: the size of its table"},
      {"no_matches", "auth scheme fixture: create: matches() is null"},
      {"undeclared", "auth scheme fixture: configure: it asks for the setting nobody.knows"},
      {"configure_fails", "auth scheme fixture: configure: the greeting is rude"},
      {"throws_1",
       "auth scheme throwing: configure: exception in the constructor: thrown in phase 1"},
      {"throws_2", "auth scheme throwing: configure: exception: thrown in phase 2"},
      {"throws_3", "auth scheme throwing: start: exception: thrown in phase 3"},
      {"throws_4", "auth scheme throwing: configure: an exception of unknown type"},
      {"throws_raw", "auth scheme raw: create: exception: thrown through the C interface"},
  }));
  World world;
  REQUIRE(world.host.load(kKindAuth, fixture).ok());

  const std::string message = world.refusal(world.run());

  INFO(message);
  CHECK(message.starts_with("plugin " + file_of(fixture) + ": " + reason));
}

TEST_CASE(
    "PluginHost: an inner extension that fails or throws in a phase is one line, and nothing "
    "crashes",
    "[shell][plugin_host]") {
  struct Case {
    const char* fixture;
    const char* reason;
  };
  const auto [fixture, reason] = GENERATE(values<Case>({
      {"inner_throws_1", "consensus inner: create: nothing was made"},
      {"inner_throws_2", "consensus inner: configure: exception: thrown in phase 2"},
      {"inner_throws_3", "consensus inner: start: exception: thrown in phase 3"},
      {"inner_configure_fails",
       "consensus inner: configure: inner.size=huge: a number is expected"},
      {"inner_start_fails", "consensus inner: start: the port is taken"},
  }));
  TempDir dir;
  const fs::path file = dir.copy(fixture, "inner");
  World world({dir.path()});
  REQUIRE(world.host.load(kKindConsensus, "inner").ok());

  const std::string message = world.refusal(world.run());

  INFO(message);
  CHECK(message.starts_with("plugin " + file.string() + ": " + reason));
}

TEST_CASE("PluginHost: an object that is not of the interface that it claims is refused",
          "[shell][plugin_host]") {
  World world;
  TempDir dir;
  dir.copy("inner_claims_storage", "inner");
  PluginHost host({dir.path()}, world.log, world.metrics, world.files);
  REQUIRE(host.load(kKindStorage, "inner").ok());

  CHECK(contains(world.refusal(host.create_all()),
                 "what it made is not of the interface that its manifest tells"));
}

TEST_CASE("PluginHost: plugin.path takes absolute directories between colons",
          "[shell][plugin_host]") {
  CHECK(*parse_plugin_path("/a") == std::vector<fs::path>{"/a"});
  CHECK(*parse_plugin_path("/a:/b/c") == std::vector<fs::path>{"/a", "/b/c"});
  for (const char* wrong : {"", "plugins", "/a:", "/a:b", ":/a"})
    CHECK_FALSE(parse_plugin_path(wrong).ok());
  CHECK(default_plugin_path().is_absolute());
  CHECK(default_plugin_path().string().ends_with("/lib/zookernel/plugins"));
}
