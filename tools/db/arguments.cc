#include "tools/db/arguments.h"

#include <algorithm>

namespace zookernel::db_tool {
namespace {

bool holds(std::initializer_list<const char*> names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<Arguments> Arguments::parse(const std::vector<std::string>& given,
                                   std::initializer_list<const char*> flags,
                                   std::initializer_list<const char*> values) {
  Arguments parsed;
  bool options_end = false;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string& argument = given[i];
    if (options_end || argument.size() < 2 || argument.front() != '-') {
      parsed.plain_.push_back(argument);
      continue;
    }
    if (argument == "--") {
      options_end = true;
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (holds(flags, name) && equals == std::string::npos) {
      parsed.options_[name] = "";
    } else if (holds(values, name) && equals != std::string::npos) {
      parsed.options_[name] = argument.substr(equals + 1);
    } else if (holds(values, name) && i + 1 < given.size()) {
      parsed.options_[name] = given[++i];
    } else if (holds(values, name)) {
      return Error{Errc::kInvalid, name + " needs a value"};
    } else {
      return Error{Errc::kInvalid, "unknown option " + argument};
    }
  }
  return parsed;
}

std::string Arguments::value(const std::string& name) const {
  const auto at = options_.find(name);
  return at == options_.end() ? "" : at->second;
}

}  // namespace zookernel::db_tool
