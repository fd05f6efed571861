#include "plugins/admin/fourletter/facts.h"

#include <utility>

namespace zookernel::fourletter {

Facts::Facts(const plugin::ServerView& server) {
  visit_all(server, "server", [this](const plugin::Row& row) {
    facts_[row.text(0)] = Fact{row.integer(1), row.real(1), row.text(1)};
  });
}

int64_t Facts::integer(std::string_view name) const {
  return fact(name).integer;
}
double Facts::real(std::string_view name) const {
  return fact(name).real;
}
const std::string& Facts::text(std::string_view name) const {
  return fact(name).text;
}

const Facts::Fact& Facts::fact(std::string_view name) const {
  const auto found = facts_.find(name);
  if (found != facts_.end()) return found->second;
  throw std::runtime_error("this server does not tell its \"" + std::string(name) +
                           "\": use the plugin that came with it");
}

}  // namespace zookernel::fourletter
