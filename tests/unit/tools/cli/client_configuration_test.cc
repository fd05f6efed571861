#include "tools/cli/client_configuration.h"

#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>

using namespace zookernel;
using namespace zookernel::cli;

namespace {

std::string flags_problem(std::string_view flags) {
  ClientConfiguration configuration;
  const Status status = apply_flags(flags, configuration);
  return status.ok() ? "accepted" : status.error().message;
}

// A file that is gone afterwards.
struct File {
  explicit File(std::string_view text) {
    const int descriptor = ::mkstemp(name);
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(descriptor);
  }
  ~File() { std::remove(name); }

  char name[64] = "/tmp/zookernel-cli-XXXXXX";
};

}  // namespace

TEST_CASE("client configuration: what only a virtual machine needs is passed over",
          "[cli][configuration]") {
  ClientConfiguration configuration;

  REQUIRE(apply_flags("-Xmx256m -Dzookeeper.root.logger=INFO -Djute.maxbuffer=0x200000 "
                      "-Dzookeeper.client.secure=false",
                      configuration)
              .ok());

  CHECK(configuration.frame_bytes_max == 0x200000);
}

TEST_CASE("client configuration: what asks for TLS is refused, not passed over",
          "[cli][configuration]") {
  CHECK(flags_problem("-Dzookeeper.client.secure=true").find("no TLS") != std::string::npos);
}

TEST_CASE("client configuration: a number that is none is named", "[cli][configuration]") {
  CHECK(flags_problem("-Djute.maxbuffer=much").find("jute.maxbuffer=much") != std::string::npos);
  CHECK(flags_problem("-Djute.maxbuffer=1").find("1024") != std::string::npos);
  CHECK(flags_problem("-Djute.maxbuffer=4294967296") != "accepted");
}

TEST_CASE("client configuration: a file is read as properties", "[cli][configuration]") {
  const File file("# comment\n\n jute.maxbuffer = 65536 \nzookeeper.sasl.client=false\n");
  ClientConfiguration configuration;

  REQUIRE(apply_file(file.name, configuration).ok());

  CHECK(configuration.frame_bytes_max == 65536);
}

TEST_CASE("client configuration: an error names the file", "[cli][configuration]") {
  const File file("zookeeper.client.secure=true\n");
  ClientConfiguration configuration;

  CHECK(apply_file(file.name, configuration).error().message.find(file.name) != std::string::npos);
  CHECK(apply_file("/nonexistent.cfg", configuration).error().message ==
        "Error while processing /nonexistent.cfg: No such file or directory");
}
