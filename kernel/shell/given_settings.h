// What the operator gave, and where: zoo.cfg over the -D properties of SERVER_JVMFLAGS and
// JVMFLAGS.
//
// For a key of zoo.cfg: the file's last line with it, else with its alias, else the property forms
// that the key's row allows. zoo.cfg beats -D, as in Apache, where a pass-through key overwrites
// the property of the same name.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/shell/properties.h"

namespace zookernel::shell {

struct Given {
  std::string key;       // as written
  std::string value;     // trimmed
  std::string place;     // "zoo.cfg:12" or "SERVER_JVMFLAGS"
  bool is_flag = false;  // a -D property, so numbers are written as Java reads them
};

class GivenSettings {
 public:
  // Adds a file; `name` is how messages call it. Later lines and files win.
  void add_file(const std::string& name, const std::vector<Property>& properties);
  // Adds a variable's definitions; those of a later call win.
  void add_flags(const std::string& variable, const JvmFlags& flags);

  // The value that holds for a key; null when nobody gave it. Valid until the next add.
  [[nodiscard]] const Given* find(std::string_view key) const;

  // The entry that a message tells as "key=value", the longest if there are several; null for none.
  // For refusals of plugins, which do not know where their settings stand.
  [[nodiscard]] const Given* named_in(std::string_view message) const;

  // Lines of files that a later line with the same key replaced.
  [[nodiscard]] const std::vector<Given>& repeated() const { return repeated_; }

  // zoo.cfg's keys, and the property names (with their prefix), each with the value that holds
  // among its kind.
  [[nodiscard]] const std::map<std::string, Given, std::less<>>& file_entries() const {
    return file_;
  }
  [[nodiscard]] const std::map<std::string, Given, std::less<>>& flag_entries() const {
    return flags_;
  }

 private:
  [[nodiscard]] const Given* find_flag(std::string_view key) const;

  std::map<std::string, Given, std::less<>> file_, flags_;
  std::vector<Given> repeated_;
};

// The prefix of property names that zoo.cfg keys do not have.
inline constexpr std::string_view kPropertyPrefix = "zookeeper.";

}  // namespace zookernel::shell
