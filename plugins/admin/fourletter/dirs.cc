#include "plugins/admin/fourletter/dirs.h"

#include <cstdint>
#include <optional>

#include "plugins/admin/fourletter/facts.h"

namespace zookernel::fourletter {
namespace {

std::string bytes_of(const std::optional<int64_t>& bytes, const char* setting) {
  if (bytes) return std::to_string(*bytes);
  throw std::runtime_error(std::string("this server does not tell its \"") + setting +
                           "\": use the plugin that came with it");
}

}  // namespace

// From `conf`'s table, as adding up directories is work that the words about the server itself must
// not ask for.
std::string Dirs::run(const plugin::ServerView& server, const std::string&) {
  std::optional<int64_t> data;
  std::optional<int64_t> log;
  visit_all(server, "config", [&](const plugin::Row& row) {
    const std::string name = row.text(0);
    if (name == "dataDirSize") data = row.integer(1);
    if (name == "dataLogSize") log = row.integer(1);
  });
  return "datadir_size: " + bytes_of(data, "dataDirSize") +
         "\nlogdir_size: " + bytes_of(log, "dataLogSize") + "\n";
}

}  // namespace zookernel::fourletter
