#include "plugins/admin/fourletter/listings.h"

#include "plugins/admin/fourletter/answer.h"
#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {
namespace {

using plugin::Row;
using plugin::ServerView;

std::string value_of(const Row& row) {
  return row.size() > 1 ? plain(row[1]) : std::string();
}

}  // namespace

std::string Conf::run(const ServerView& server, const std::string&) {
  Answer answer;
  return bounded(answer, [&] {
    visit_all(server, "config", [&](const Row& row) {
      const std::string name = row.text(0);
      if (name == "membership") {
        answer.add({"membership: \n", value_of(row)});
      } else {
        answer.add({name, "=", value_of(row), "\n"});
      }
    });
  });
}

std::string Envi::run(const ServerView& server, const std::string&) {
  Answer answer;
  return bounded(answer, [&] {
    answer.add({"Environment:\n"});
    visit_all(server, "environment", [&](const Row& row) {
      answer.add({row.text(0), "=", value_of(row), "\n"});
    });
  });
}

std::string Mntr::run(const ServerView& server, const std::string&) {
  Answer answer;
  return bounded(answer, [&] {
    visit_all(server, "metrics", [&](const Row& row) {
      answer.add({"zk_", row.text(0), "\t", value_of(row), "\n"});
    });
  });
}

}  // namespace zookernel::fourletter
