// A server that exists as tables only, and the words of the plugin run against it through the C
// ABI.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class FakeServer {
 public:
  using Value = std::variant<int64_t, double, std::string>;
  using Row = std::vector<Value>;
  struct Act {
    std::string action;
    int64_t argument;
    bool operator==(const Act&) const = default;
  };

  std::map<std::string, std::vector<Row>> tables;
  std::vector<Act> acts;  // those that were done
  bool knows_actions = true;

  // Sets a row of the table "server".
  void fact(const std::string& name, Value value);

  // A standalone server with the facts of testdata/standalone.
  static FakeServer standalone();

  // What `word` answers. Fails the test when the plugin has no such word or the word fails.
  std::string run(const std::string& word, const std::string& argument = "");
  // The sentence with which `word` fails; nothing when it does not.
  std::optional<std::string> failure(const std::string& word);

 private:
  struct Outcome {
    bool ok;
    std::string text, error;
  };
  Outcome outcome(const std::string& word, const std::string& argument);
  static int32_t visit(void* context, const char* table, ZookernelRowVisitor visitor,
                       void* visitor_context);
  static int32_t act(void* context, const char* action, int64_t argument);
};

// The manifest's extension for a word; null without one.
const ZookernelExtension* find_word(const std::string& word);

// Bytes of testdata/<role>/<word>.txt.
std::string recorded(const std::string& role, const std::string& word);

}  // namespace zookernel::fourletter
