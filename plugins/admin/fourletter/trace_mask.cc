#include "plugins/admin/fourletter/trace_mask.h"

#include <cstdint>
#include <stdexcept>

#include "plugins/admin/fourletter/facts.h"

namespace zookernel::fourletter {

std::string Gtmk::run(const plugin::ServerView& server, const std::string&) {
  return std::to_string(Facts(server).integer("trace_mask"));
}

std::string Stmk::run(const plugin::ServerView& server, const std::string& argument) {
  constexpr size_t kMaskBytes = 8;
  if (argument.size() < kMaskBytes) return std::string();
  uint64_t bits = 0;
  for (size_t i = 0; i < kMaskBytes; ++i) {
    bits = bits << 8 | static_cast<unsigned char>(argument[i]);
  }
  const auto mask = static_cast<int64_t>(bits);
  if (!server.act("set_trace_mask", mask)) {
    throw std::runtime_error("this server cannot change its trace mask");
  }
  return std::to_string(mask);
}

}  // namespace zookernel::fourletter
