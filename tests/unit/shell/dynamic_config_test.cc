#include "kernel/shell/dynamic_config.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "kernel/shell/posix_file_system.h"
#include "tests/unit/shell/fakes.h"
#include "zookernel/wire/ensemble_text.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::TempDir;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return in.good() ? std::string(std::istreambuf_iterator<char>(in), {}) : "(none)";
}

const std::string kThree =
    "server.2=b:1:2:participant;b:2181\nserver.1=a:1:2:participant;a:2181\nversion=100000000";

struct Files {
  Files() {
    ensemble.self = ServerId{1};
    config =
        directory.write("zoo.cfg",
                        "# ours\ntickTime=2000\nserver.1=a:1:2\nclientPort=2181\n"
                        "server.2=b:\\\n  1:2\npeerType=participant\n#server.9=x\nsyncLimit=5\n");
  }
  TempDir directory;
  std::string config;
  PosixFileSystem files;
  Ensemble ensemble;
};

}  // namespace

TEST_CASE("DynamicConfig: what is in force has a file of its own, and zoo.cfg points there",
          "[shell][dynamic_config]") {
  Files at;
  const std::string original = content(at.config);
  DynamicConfig config(at.files, at.config, at.ensemble);
  REQUIRE(config.keep_original());
  CHECK(content(at.config + ".bak") == original);

  REQUIRE(config.save({kThree, false}));
  CHECK(content(proposed_path(at.config)) == kThree);
  REQUIRE(config.save({kThree, true}));
  CHECK(content(at.config + ".dynamic.100000000") ==
        "server.1=a:1:2:participant;a:2181\nserver.2=b:1:2:participant;b:2181");
  CHECK(content(at.config) ==
        "# ours\ntickTime=2000\n#server.9=x\nsyncLimit=5\ndynamicConfigFile=" + at.config +
            ".dynamic.100000000\n");
  CHECK(content(proposed_path(at.config)) == "(none)");

  // The copy is of the file before the first change.
  REQUIRE(config.keep_original());
  CHECK(content(at.config + ".bak") == original);
}

TEST_CASE("DynamicConfig: without a client address in the own line clientPort stays",
          "[shell][dynamic_config]") {
  Files at;
  DynamicConfig config(at.files, at.config, at.ensemble);
  REQUIRE(config.save(
      {"server.1=a:1:2:participant\nserver.2=b:1:2:participant;b:2181\nversion=5", true}));
  CHECK(content(at.config).find("clientPort=2181\n") != std::string::npos);
}

TEST_CASE("DynamicConfig: what is proposed later outlives what comes into force, until withdrawn",
          "[shell][dynamic_config]") {
  Files at;
  DynamicConfig config(at.files, at.config, at.ensemble);
  const std::string later = "server.1=a:1:2:participant\nversion=100000007";
  REQUIRE(config.save({later, false}));
  REQUIRE(config.save({kThree, true}));
  CHECK(content(proposed_path(at.config)) == later);
  REQUIRE(config.save({"", false}));
  REQUIRE(config.save({"", false}));
  CHECK(content(proposed_path(at.config)) == "(none)");
  CHECK_FALSE(config.save({"no members", true}).ok());
}
