// dirs: bytes on disk. "datadir_size: <n>" for the snapshots, "logdir_size: <n>" for the
// transaction logs.
#pragma once

#include <string>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

class Dirs final : public plugin::AdminCommand {
 public:
  std::string run(const plugin::ServerView& server, const std::string&) override;
};

}  // namespace zookernel::fourletter
