// Watch events as Apache's client prints them.
#pragma once

#include <string>

#include "tools/client/session.h"

namespace zookernel::cli {

// "WatchedEvent state:SyncConnected type:NodeDataChanged path:/a zxid: 7" [any]
[[nodiscard]] std::string event_text(const client::WatchedEvent& event);

}  // namespace zookernel::cli
