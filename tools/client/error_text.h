// Error codes as Apache's clients print them.
#pragma once

#include <string>
#include <string_view>

#include "zookernel/wire/error.h"

namespace zookernel::client {

// "NoNode", "ConnectionLoss", "No such watcher", ...; the number for one that is not in the table.
// Source: KeeperException.getCodeMessage. [any]
[[nodiscard]] std::string code_message(wire::ErrorCode code);

// "KeeperErrorCode = NoNode for /a"; without a path, without " for". [any]
[[nodiscard]] std::string keeper_message(wire::ErrorCode code, std::string_view path);

}  // namespace zookernel::client
