// hash: the digests of the tree that the server remembers, oldest first: "<zxid hex>: <digest
// decimal>". Servers of one ensemble that hold the same data tell the same digest for the same
// zxid.
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

// Runs always, because what it says while the server does not serve lacks the newline that the
// other words have.
class Hash final : public plugin::AdminCommand {
 public:
  bool always() const override { return true; }
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
