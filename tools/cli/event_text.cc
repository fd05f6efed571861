#include "tools/cli/event_text.h"

#include <string_view>

namespace zookernel::cli {

namespace {

std::string_view type_name(wire::EventType type) {
  using enum wire::EventType;
  switch (type) {
    case kNone:
      return "None";
    case kNodeCreated:
      return "NodeCreated";
    case kNodeDeleted:
      return "NodeDeleted";
    case kNodeDataChanged:
      return "NodeDataChanged";
    case kNodeChildrenChanged:
      return "NodeChildrenChanged";
    case kDataWatchRemoved:
      return "DataWatchRemoved";
    case kChildWatchRemoved:
      return "ChildWatchRemoved";
    case kPersistentWatchRemoved:
      return "PersistentWatchRemoved";
  }
  return "Unknown";
}

std::string_view keeper_state_name(wire::KeeperState state) {
  using enum wire::KeeperState;
  switch (state) {
    case kExpired:
      return "Expired";
    case kUnknown:
      return "Unknown";
    case kDisconnected:
      return "Disconnected";
    case kNoSyncConnected:
      return "NoSyncConnected";
    case kSyncConnected:
      return "SyncConnected";
    case kAuthFailed:
      return "AuthFailed";
    case kConnectedReadOnly:
      return "ConnectedReadOnly";
    case kSaslAuthenticated:
      return "SaslAuthenticated";
    case kClosed:
      return "Closed";
  }
  return "Unknown";
}

}  // namespace

std::string event_text(const client::WatchedEvent& event) {
  std::string text = "WatchedEvent state:";
  text.append(keeper_state_name(event.state)).append(" type:").append(type_name(event.type));
  text.append(" path:").append(event.path.value_or("null"));
  return text.append(" zxid: ").append(std::to_string(event.zxid));
}

}  // namespace zookernel::cli
