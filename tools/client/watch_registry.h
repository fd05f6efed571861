// The watches of a client: which are set, which an event uses up, and what has to be sent to have
// them again after the connection was lost. The server keeps a copy of its own; this one decides
// what the user is told. Source: ZKWatchManager.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/wire/records/client.h"

namespace zookernel::client {

enum class WatchKind {
  kNone,
  kData,      // getData, exists of a node that is there
  kExists,    // exists of a node that is not there
  kChildren,  // getChildren
  kPersistent,
  kPersistentRecursive,
};

// One request that sets watches again: opcode and encoded body.
struct WatchReset {
  wire::Opcode opcode = wire::Opcode::kSetWatches;
  std::string body;
};

// Paths are those of the user, without chroot. Not thread-safe; pure.
class WatchRegistry {
 public:
  void add(WatchKind kind, std::string_view path);
  void clear();

  // Is there a watch on exactly this path that removal of this type would remove?
  [[nodiscard]] bool contains(std::string_view path, wire::WatcherType type) const;

  // Forgets them. Returns the events that tell the user so: one for each group that had a watch.
  std::vector<wire::EventType> remove(std::string_view path, wire::WatcherType type);

  // An event came from the server: true if a watch of ours wanted it. One-shot watches that it
  // meets are used up.
  [[nodiscard]] bool fire(wire::EventType type, std::string_view path);

  // What to send after a reconnection; empty if there are no watches. Each request stays below
  // kResetBytesMax as long as one path does. SetWatches2 is used only where persistent watches need
  // it: servers before 3.6 do not know it.
  [[nodiscard]] std::vector<WatchReset> reset_requests(int64_t last_zxid,
                                                       std::string_view chroot) const;

  static constexpr size_t kResetBytesMax = 128 * 1024;

 private:
  using Paths = std::set<std::string, std::less<>>;

  [[nodiscard]] bool has_recursive_above(std::string_view path) const;

  Paths data_;
  Paths exists_;
  Paths children_;
  Paths persistent_;
  Paths recursive_;
};

}  // namespace zookernel::client
