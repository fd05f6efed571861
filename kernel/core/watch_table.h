// Watches of connections on paths. Source: WatchManager, DataTree.
//
// Two lists: data (getData, exists, addWatch) and child (getChildren, persistent addWatch). In each
// a connection watches a path at most once, in one or more kinds. A watch on a znode is kept under
// the znode's id, one on a path without a znode under the path; for that, the table must hear of
// every znode that is created and deleted while something is watched: ids are used again. Orders
// are those of registration, so equal histories fire equally. [core]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/core/awaited_paths.h"
#include "kernel/core/node_table.h"
#include "kernel/core/watch_index.h"
#include "kernel/core/watchers.h"
#include "zookernel/bytes.h"
#include "zookernel/ids.h"

namespace zookernel::core {

struct WatchPlace {
  Bytes path;
  NodeId node = kNoNode;  // what stands there
};

class WatchTable {
 public:
  // The path of a watch on no path at all. Nothing that was read as UTF-8 is like it.
  static constexpr Bytes kNullPath = "\xff";

  // `nodes` outlives this. The seed changes nothing that can be seen.
  explicit WatchTable(const NodeTable& nodes, uint64_t hash_seed = 0);

  void add(ConnId conn, const WatchPlace& place, WatchList list, WatchKinds kinds);
  // Does it watch in any of these kinds?
  [[nodiscard]] bool has(ConnId conn, const WatchPlace& place, WatchList list,
                         WatchKinds kinds) const;
  // Takes these kinds away. False: there was none of them.
  bool remove(ConnId conn, const WatchPlace& place, WatchList list, WatchKinds kinds);
  void remove_connection(ConnId conn);

  // Before the watches of a new znode are taken, and after those of a deleted one were.
  void node_created(Bytes path, NodeId node);
  void node_deleted(Bytes path, NodeId node);

  struct Event {
    NodeId node;
    NodeId parent;  // kNoNode for the root
  };
  enum class Told : uint8_t {
    kNobody,
    kAsBefore,  // those that the call before this one appended
  };
  // Something happened to a znode, which may just be deleted: appends those who are to be told and
  // were not, each once. One-shot watches are used up. How many watch, for the metrics.
  size_t take(const Event& event, WatchList list, Told told, std::vector<ConnId>& fired);

  struct Totals {
    size_t connections = 0, paths = 0, watches = 0;
  };
  [[nodiscard]] Totals totals(WatchList list) const;
  // What the table takes from the heap, allocator overhead included as far as it is known.
  [[nodiscard]] size_t memory_bytes() const;

  // A position in the data watches, which are passed grouped by path. Survives changes; what is set
  // or moves between znode and path meanwhile may be missed or met twice.
  struct Position {
    WatchedThing thing;
    bool end = false;
  };
  // Calls see(Bytes path, ConnId) from `at` on for at least `budget` watches, whole paths only, and
  // moves `at` behind them.
  template <typename See>
  void visit_data(Position& at, size_t budget, const See& see) const;

 private:
  [[nodiscard]] WatchIndex& list(WatchList which) {
    return which == WatchList::kData ? data_ : child_;
  }
  [[nodiscard]] const WatchIndex& list(WatchList which) const {
    return which == WatchList::kData ? data_ : child_;
  }
  [[nodiscard]] WatchedThing find(const WatchPlace& place) const;

  const NodeTable& nodes_;
  AwaitedPaths paths_;
  Watchers watchers_;
  WatchIndex data_, child_;
  uint64_t event_ = 0;  // number of the last one
};

template <typename See>
void WatchTable::visit_data(Position& at, size_t budget, const See& see) const {
  size_t seen = 0;
  std::string path;
  while (!at.end && seen < budget) {
    const WatchedThing thing = data_.next(at.thing);
    at.end = thing.number == 0;
    if (at.end) return;
    path.clear();
    if (thing.by_path) {
      path = paths_.path(thing.number);
    } else {
      nodes_.append_path(thing.number, path);
    }
    data_.visit(thing, [&](ConnId conn) {
      see(Bytes(path), conn);
      ++seen;
    });
    at.thing = {thing.number + 1, thing.by_path};
  }
}

}  // namespace zookernel::core
