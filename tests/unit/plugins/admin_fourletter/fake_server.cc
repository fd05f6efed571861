#include "tests/unit/plugins/admin_fourletter/fake_server.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

namespace zookernel::fourletter {
namespace {

void append(void* context, ZookernelText text) {
  *static_cast<std::string*>(context) += plugin::string_of(text);
}

ZookernelValue value_of(const FakeServer::Value& value) {
  ZookernelValue result = {};
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    result.kind = ZOOKERNEL_VALUE_INTEGER;
    result.integer = *integer;
  } else if (const auto* real = std::get_if<double>(&value)) {
    result.kind = ZOOKERNEL_VALUE_REAL;
    result.real = *real;
  } else {
    result.kind = ZOOKERNEL_VALUE_TEXT;
    result.text = plugin::text_of(std::get<std::string>(value));
  }
  return result;
}

}  // namespace

void FakeServer::fact(const std::string& name, Value value) {
  for (Row& row : tables["server"]) {
    if (std::get<std::string>(row[0]) != name) continue;
    row[1] = std::move(value);
    return;
  }
  tables["server"].push_back({name, std::move(value)});
}

FakeServer FakeServer::standalone() {
  FakeServer server;
  server.tables["server"] = {
      {"version", "3.9.5-293c895a8d966a3ecb92872be4a1daf87d725da2, built on 2026-02-11 20:18 UTC"},
      {"mode", "standalone"},
      {"serving", int64_t{1}},
      {"read_only", int64_t{0}},
      {"zxid", int64_t{0x4b7}},
      {"node_count", int64_t{608}},
      {"min_latency", int64_t{0}},
      {"average_latency", 0.7754},
      {"max_latency", int64_t{8}},
      {"received", int64_t{929}},
      {"sent", int64_t{931}},
      {"connections", int64_t{2}},
      {"outstanding", int64_t{0}},
      {"trace_mask", int64_t{306}},
      {"watch_connections", int64_t{1}},
      {"watch_paths", int64_t{3}},
      {"watch_total", int64_t{3}},
  };
  return server;
}

std::string FakeServer::run(const std::string& word, const std::string& argument) {
  Outcome result = outcome(word, argument);
  INFO(word << ": " << result.error);
  REQUIRE(result.ok);
  return result.text;
}

std::optional<std::string> FakeServer::failure(const std::string& word) {
  Outcome result = outcome(word, "");
  if (result.ok) return std::nullopt;
  return result.error;
}

FakeServer::Outcome FakeServer::outcome(const std::string& word, const std::string& argument) {
  const ZookernelExtension* extension = find_word(word);
  REQUIRE(extension != nullptr);
  const auto destroy = [](ZookernelAdminCommand* command) { command->destroy(command->self); };
  const std::unique_ptr<ZookernelAdminCommand, decltype(destroy)> command(
      static_cast<ZookernelAdminCommand*>(extension->create()), destroy);
  REQUIRE(command != nullptr);

  Outcome result;
  const ZookernelServerView view = {sizeof view, this, &FakeServer::visit, &FakeServer::act};
  const ZookernelSink text = {&result.text, &append};
  const ZookernelSink error = {&result.error, &append};
  result.ok = command->run(command->self, &view, plugin::text_of(argument), &text, &error) != 0;
  return result;
}

int32_t FakeServer::visit(void* context, const char* table, ZookernelRowVisitor visitor,
                          void* visitor_context) {
  const auto& tables = static_cast<FakeServer*>(context)->tables;
  const auto found = tables.find(table);
  if (found == tables.end()) return 0;
  for (const Row& row : found->second) {
    std::vector<ZookernelValue> columns;
    for (const Value& value : row) columns.push_back(value_of(value));
    if (visitor(visitor_context, columns.data(), static_cast<uint32_t>(columns.size())) != 0) break;
  }
  return 1;
}

int32_t FakeServer::act(void* context, const char* action, int64_t argument) {
  auto* server = static_cast<FakeServer*>(context);
  if (!server->knows_actions) return 0;
  server->acts.push_back({action, argument});
  return 1;
}

const ZookernelExtension* find_word(const std::string& word) {
  const ZookernelPlugin* plugin = zookernel_plugin();
  for (uint32_t i = 0; i < plugin->extension_count; ++i) {
    if (plugin->extensions[i].name == word) return &plugin->extensions[i];
  }
  return nullptr;
}

std::string recorded(const std::string& role, const std::string& word) {
  const char* source = std::getenv("ZOOKERNEL_SOURCE_DIR");
  REQUIRE(source != nullptr);
  const std::string path = std::string(source) + "/tests/unit/plugins/admin_fourletter/testdata/" +
                           role + "/" + word + ".txt";
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file.good());
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

}  // namespace zookernel::fourletter
