// gtmk and stmk: the trace mask, in decimal and without a newline. Both answer also without a
// quorum.
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Gtmk final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

// The argument is the new mask, 8 bytes, big-endian; the answer is the mask as it is now. Without
// all 8 bytes: no answer, no change.
class Stmk final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView& server, const std::string& argument) override;
};

}  // namespace zookernel::fourletter
