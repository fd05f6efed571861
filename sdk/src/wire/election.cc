#include "zookernel/wire/records/quorum.h"

namespace zookernel::wire {
namespace {

constexpr size_t kBytesBefore34 = 28;  // no peer epoch
constexpr size_t kBytesOf34 = 40;      // no config
constexpr size_t kBytesBeforeConfig = 44;

const char* parse_notification(Bytes message, Notification& notification) {
  if (message.size() < kNotificationBytesMin) return "notification is too short";
  Reader reader(message);
  notification.state = reader.read_int();
  notification.leader = reader.read_long();
  notification.zxid = reader.read_long();
  notification.election_epoch = reader.read_long();
  notification.version = 0;
  notification.config.clear();
  if (message.size() == kBytesBefore34) {
    notification.peer_epoch = notification.zxid >> 32;
  } else {
    notification.peer_epoch = reader.read_long();
    // 3.4 writes version 1 here. Apache does not believe it, and vote equality depends on that.
    if (message.size() != kBytesOf34) {
      notification.version = reader.read_int();
      notification.config = reader.read_raw(static_cast<uint32_t>(reader.read_int()));
    }
  }
  if (!reader.ok()) return "notification ends too early";
  if (notification.state < static_cast<int32_t>(ServerState::kLooking) ||
      notification.state > static_cast<int32_t>(ServerState::kObserving)) {
    return "notification with an unknown server state";
  }
  return nullptr;
}

}  // namespace

bool read_notification(Bytes message, Notification& notification, const char** why) {
  const char* problem = parse_notification(message, notification);
  if (problem != nullptr && why != nullptr) *why = problem;
  return problem == nullptr;
}

void write_notification(Writer& writer, const Notification& notification) {
  const size_t size = kBytesBeforeConfig + notification.config.size();
  ZOOKERNEL_ASSERT(size <= kElectionMessageBytesMax);
  writer.write_count(size);
  writer.write_int(notification.state);
  writer.write_long(notification.leader);
  writer.write_long(notification.zxid);
  writer.write_long(notification.election_epoch);
  writer.write_long(notification.peer_epoch);
  writer.write_int(notification.version);
  writer.write_string(notification.config);
}

void write_hello(Writer& writer, const ElectionHello& hello) {
  if (hello.protocol == 0) return writer.write_long(hello.server_id);
  ZOOKERNEL_ASSERT(!hello.addresses.empty());
  ZOOKERNEL_ASSERT(hello.addresses.size() <= kElectionAddressBytesMax);
  writer.write_long(hello.protocol);
  writer.write_long(hello.server_id);
  writer.write_string(hello.addresses);
}

}  // namespace zookernel::wire
