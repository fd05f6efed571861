// The arguments of one command: options that begin with "--", and the rest.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::db_tool {

class Arguments {
 public:
  // `flags` have no value; `values` have one, as "--name value" or "--name=value". Anything else
  // that begins with '-' is an error that names it. Behind "--" everything is a plain argument.
  static Result<Arguments> parse(const std::vector<std::string>& given,
                                 std::initializer_list<const char*> flags,
                                 std::initializer_list<const char*> values);

  [[nodiscard]] bool has(const std::string& name) const { return options_.contains(name); }
  // The last value given; empty without.
  [[nodiscard]] std::string value(const std::string& name) const;
  [[nodiscard]] const std::vector<std::string>& plain() const { return plain_; }

 private:
  std::map<std::string, std::string> options_;
  std::vector<std::string> plain_;
};

}  // namespace zookernel::db_tool
