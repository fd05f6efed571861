// The words that are one line, and what all words have in common.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

#include "tests/unit/plugins/admin_fourletter/fake_server.h"
#include "zookernel/wire/frame.h"

namespace zookernel::fourletter {
namespace {

TEST_CASE("Fourletter: each word of the protocol but telnet's has its extension",
          "[admin][fourletter]") {
  const std::set<std::string> words = {"conf", "cons", "crst", "dirs", "dump", "envi",
                                       "gtmk", "hash", "isro", "mntr", "ruok", "srst",
                                       "srvr", "stat", "stmk", "wchc", "wchp", "wchs"};

  std::set<std::string> named;
  const ZookernelPlugin* plugin = zookernel_plugin();
  for (uint32_t i = 0; i < plugin->extension_count; ++i) {
    const ZookernelExtension& extension = plugin->extensions[i];
    CHECK(std::string(extension.interface_id) == ZOOKERNEL_ADMIN_COMMAND_ID);
    CHECK(wire::is_four_letter_word(extension.name));
    CHECK(named.insert(extension.name).second);
  }

  CHECK(named == words);
}

TEST_CASE("Fourletter: the words that answer without a quorum are those of Apache",
          "[admin][fourletter]") {
  std::set<std::string> always;
  const ZookernelPlugin* plugin = zookernel_plugin();
  for (uint32_t i = 0; i < plugin->extension_count; ++i) {
    auto* command = static_cast<ZookernelAdminCommand*>(plugin->extensions[i].create());
    REQUIRE(command != nullptr);
    if ((command->flags & ZOOKERNEL_ADMIN_ALWAYS) != 0) always.insert(plugin->extensions[i].name);
    command->destroy(command->self);
  }

  CHECK(always == std::set<std::string>{"ruok", "isro", "envi", "gtmk", "stmk", "hash"});
}

TEST_CASE("Ruok: answers imok, serving or not", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  CHECK(server.run("ruok") == recorded("standalone", "ruok"));

  server.fact("serving", int64_t{0});
  CHECK(server.run("ruok") == recorded("not_serving", "ruok"));
}

TEST_CASE("Isro: tells rw, ro, and null without a quorum", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  CHECK(server.run("isro") == recorded("standalone", "isro"));

  server.fact("read_only", int64_t{1});
  CHECK(server.run("isro") == recorded("readonly", "isro"));

  server.fact("serving", int64_t{0});
  CHECK(server.run("isro") == recorded("not_serving", "isro"));
}

TEST_CASE("Dirs: tells bytes of both directories", "[admin][fourletter]") {
  FakeServer server;
  server.tables["config"] = {{"clientPort", int64_t{2181}},
                             {"dataDirSize", int64_t{67138758}},
                             {"dataLogSize", int64_t{67138758}}};

  CHECK(server.run("dirs") == recorded("standalone", "dirs"));
}

TEST_CASE("Hash: lists digests, zxid in hexadecimal and digest in decimal", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["digests"] = {
      {int64_t{0x280}, int64_t{684934747551}},  {int64_t{0x300}, int64_t{821848729266}},
      {int64_t{0x380}, int64_t{954053699948}},  {int64_t{0x400}, int64_t{1081403839141}},
      {int64_t{0x480}, int64_t{1222548066539}},
  };

  CHECK(server.run("hash") == recorded("standalone", "hash"));
}

TEST_CASE("Hash: is empty without digests and unsigned with large ones", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.tables["digests"] = {};
  CHECK(server.run("hash").empty());

  server.tables["digests"] = {{int64_t{0x80}, int64_t{-1}}};
  CHECK(server.run("hash") == "80: 18446744073709551615\n");
}

TEST_CASE("Hash: says without a newline that the server does not serve", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.fact("serving", int64_t{0});

  CHECK(server.run("hash") == recorded("not_serving", "hash"));
}

TEST_CASE("Crst and srst: do their action and say so", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();

  CHECK(server.run("crst") == recorded("standalone", "crst"));
  CHECK(server.run("srst") == recorded("standalone", "srst"));

  CHECK(server.acts ==
        std::vector<FakeServer::Act>{{"reset_connection_stats", 0}, {"reset_server_stats", 0}});
}

TEST_CASE("Crst, srst and stmk: fail on a server that cannot do it", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();
  server.knows_actions = false;

  CHECK(server.failure("crst").has_value());
  CHECK(server.failure("srst").has_value());
}

TEST_CASE("Gtmk: tells the mask in decimal without a newline", "[admin][fourletter]") {
  CHECK(FakeServer::standalone().run("gtmk") == recorded("standalone", "gtmk"));
  CHECK(FakeServer::standalone().run("gtmk") == recorded("not_serving", "gtmk"));
}

TEST_CASE("Stmk: sets the mask from 8 big-endian bytes and tells it", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();

  CHECK(server.run("stmk", std::string("\0\0\0\0\0\0\0\xfa", 8)) == recorded("standalone", "stmk"));
  CHECK(server.run("stmk", std::string("\x80\0\0\0\0\0\1\x02", 8)) == "-9223372036854775550");

  CHECK(server.acts == std::vector<FakeServer::Act>{{"set_trace_mask", 250},
                                                    {"set_trace_mask", -9223372036854775550}});
}

TEST_CASE("Stmk: changes and answers nothing without all 8 bytes", "[admin][fourletter]") {
  FakeServer server = FakeServer::standalone();

  CHECK(server.run("stmk", std::string("\0\0\0\0\0\0\xfa", 7)).empty());
  CHECK(server.acts.empty());
}

TEST_CASE("Words: name the fact or table that a server does not have", "[admin][fourletter]") {
  FakeServer server;
  CHECK(server.failure("gtmk") ==
        "exception: this server has no table \"server\": use the plugin that came with it");

  server.fact("serving", int64_t{1});
  CHECK(server.failure("gtmk") ==
        "exception: this server does not tell its \"trace_mask\": use the plugin that came with "
        "it");

  server.tables["config"] = {{"dataDirSize", int64_t{1}}};
  CHECK(server.failure("dirs") ==
        "exception: this server does not tell its \"dataLogSize\": use the plugin that came with "
        "it");
}

}  // namespace
}  // namespace zookernel::fourletter
