// Every zoo.cfg key and -D property that Apache ZooKeeper 3.9.5 reads, and ours: the type, the
// default and what this server does with it. A table, so that each value is checked in one place
// and a misspelt key is found.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zookernel::shell {

enum class ValueType : uint8_t {
  kInteger,  // decimal, or hexadecimal after 0x; min and max of the row hold
  kBoolean,  // true/yes/on or false/no/off, any case
  kReal,
  kPort,  // 0 to 65535
  kText,  // anything: text, lists, paths, class names
};

enum class KeyStatus : uint8_t {
  kUsed,
  kLater,  // understood by Apache and checked here, without effect in this version; noted when
           // given
  kJvm,    // has a meaning only in a JVM; noted when given, never checked
};

// Where else than in zoo.cfg a key may be set.
enum class PropertyForm : uint8_t {
  kNone,        // zoo.cfg only
  kPrefixed,    // -Dzookeeper.KEY
  kUnprefixed,  // -DKEY
  kBoth,        // -Dzookeeper.KEY, else -DKEY
};

struct KeyInfo {
  const char* key;    // the spelling of zoo.cfg
  const char* alias;  // a second spelling that means the same (the manual's, or a property's name);
                      // may be null
  PropertyForm property;
  ValueType type;
  KeyStatus status;
  const char* value;  // the default as text; "" when there is none
  int64_t min = INT64_MIN, max = INT64_MAX;
};

// All rows, in the order of Apache's manual.
[[nodiscard]] std::span<const KeyInfo> known_keys();
// The row of a key or an alias; null when it is not known.
[[nodiscard]] const KeyInfo* find_key(std::string_view key);

// Keys that carry a number or a name of the operator's: server.N, group.N, weight.N,
// authProvider.NAME, superUser.NAME, ssl.*, ... True when `key` belongs to such a family.
[[nodiscard]] bool is_key_family(std::string_view key);

// What is wrong with `value` as a value of this row, as a sentence about what is allowed; empty
// when nothing is.
[[nodiscard]] std::string value_problem(const KeyInfo& key, std::string_view value);

// Values as the table's types read them; empty when they cannot be.
[[nodiscard]] std::optional<int64_t> read_integer(std::string_view text);
// Decimal only.
[[nodiscard]] std::optional<int64_t> read_decimal(std::string_view text);
// As zoo.cfg's value of this row is read: Apache takes its own keys in decimal only, and those that
// are properties in hexadecimal too.
[[nodiscard]] std::optional<int64_t> read_number_of(const KeyInfo& key, std::string_view text);
// As Java's Integer.decode takes the value of a property: decimal, hexadecimal after 0x or #, octal
// after 0.
[[nodiscard]] std::optional<int64_t> read_java_integer(std::string_view text);
[[nodiscard]] std::optional<double> read_real(std::string_view text);
[[nodiscard]] std::optional<bool> read_boolean(std::string_view text);

// Known keys that look like `key`, nearest first, at most three.
[[nodiscard]] std::string near_matches(std::string_view key, std::span<const std::string> more);

}  // namespace zookernel::shell
