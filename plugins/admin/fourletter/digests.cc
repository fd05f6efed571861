#include "plugins/admin/fourletter/digests.h"

#include <cstdint>

#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {

std::string Hash::run(const plugin::ServerView& server, const std::string&) {
  if (!Facts(server).serving()) return std::string(kNotServing);
  std::string text;  // at most 1,024 lines
  visit_all(server, "digests", [&](const plugin::Row& row) {
    const auto digest = static_cast<uint64_t>(row.integer(1));
    text += hex(row.integer(0)) + ": " + std::to_string(digest) + "\n";
  });
  return text;
}

}  // namespace zookernel::fourletter
