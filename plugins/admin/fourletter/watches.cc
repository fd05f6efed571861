#include "plugins/admin/fourletter/watches.h"

#include <cstdint>
#include <map>
#include <utility>

#include "plugins/admin/fourletter/answer.h"
#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {

using plugin::Row;
using plugin::ServerView;

std::string Wchs::run(const ServerView& server, const std::string&) {
  const Facts facts(server);
  return std::to_string(facts.integer("watch_connections")) + " connections watching " +
         std::to_string(facts.integer("watch_paths")) +
         " paths\nTotal watches:" + std::to_string(facts.integer("watch_total")) + "\n";
}

std::string Wchc::run(const ServerView& server, const std::string&) {
  // The table is grouped by path, the answer by session: all of it is collected first, up to the
  // limit of an answer.
  std::map<uint64_t, std::string> sessions;
  size_t bytes = 0;
  bool all = true;
  try {
    visit_all(server, "watches", [&](const Row& row) {
      const std::string path = row.text(1);
      bytes += path.size() + 2;
      if (bytes > kAnswerBytesMax) throw Answer::Full{};
      sessions[static_cast<uint64_t>(row.integer(0))] += "\t" + path + "\n";
    });
  } catch (const Answer::Full&) {
    all = false;
  }

  Answer answer;
  return bounded(answer,
                 [&] {
                   for (const auto& [session, paths] : sessions) {
                     answer.add({"0x", hex(static_cast<int64_t>(session)), "\n", paths});
                   }
                   if (!all) answer.leave_rest_out();
                 }) +
         "\n";
}

std::string Wchp::run(const ServerView& server, const std::string&) {
  Answer answer;
  std::string path;  // no path is empty
  return bounded(answer,
                 [&] {
                   visit_all(server, "watches", [&](const Row& row) {
                     std::string next = row.text(1);
                     if (next != path) {
                       path = std::move(next);
                       answer.add({path, "\n"});
                     }
                     answer.add({"\t0x", hex(row.integer(0)), "\n"});
                   });
                 }) +
         "\n";
}

}  // namespace zookernel::fourletter
