// One of the two lists of watches: who watches which thing, found from either side.
//
// A thing is a znode or a path at which none stands; a watcher has one watch on it, of one or more
// kinds. A watch is 24 bytes: it stands in a ring with the others on the same thing, in the order
// of registration, and in a list with the others of the same watcher. So setting one, taking those
// of a thing and removing those of a watcher cost a few memory accesses for each watch, whatever
// else is watched. Only the question "does this one watch that?" needs more on a crowded thing: the
// watches beyond the first few of a ring are in a hash table as well. [core]
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/core/awaited_paths.h"
#include "kernel/core/node_index.h"
#include "kernel/core/watch_heads.h"
#include "kernel/core/watchers.h"

namespace zookernel::core {

// How long a watch lasts and how far it sees: bits, of which one watch may have several.
using WatchKinds = uint32_t;
inline constexpr WatchKinds kOneShot = 1;
inline constexpr WatchKinds kPersistent = 2;
inline constexpr WatchKinds kRecursive = 4;  // persistent, and sees what is below as well
inline constexpr WatchKinds kAnyKind = kOneShot | kPersistent | kRecursive;

enum class WatchList : uint8_t { kData, kChild };

struct WatchedThing {
  uint32_t number = 0;  // a NodeId or a PathId; 0: nothing that is watched
  bool by_path = false;
};

class WatchIndex {
 public:
  // `paths` and `watchers` are shared with the other list and outlive this.
  WatchIndex(WatchList list, AwaitedPaths& paths, Watchers& watchers)
      : list_(static_cast<size_t>(list)), paths_(paths), watchers_(watchers) {}

  void add(WatchedThing thing, WatcherId watcher, WatchKinds kinds);
  [[nodiscard]] WatchKinds kinds(WatchedThing thing, WatcherId watcher) const;
  // Takes these kinds away; those that were there.
  WatchKinds remove(WatchedThing thing, WatcherId watcher, WatchKinds kinds);
  void remove_all(WatcherId watcher);

  // Appends each watcher of a thing that was not told of `event` yet, and notes that it is. What
  // was set for one time is gone. How many watch, told before or not.
  size_t take(WatchedThing thing, uint64_t event, std::vector<ConnId>& fired);
  // The same for those that see what is below the thing. Nothing is gone.
  void take_recursive(WatchedThing thing, uint64_t event, std::vector<ConnId>& fired);
  // All watches of `from` are watches of `to`, which had none.
  void move(WatchedThing from, WatchedThing to);

  // Does anybody watch this znode?
  [[nodiscard]] bool watched(NodeId node) const { return nodes_.get(node) != kNoWatch; }
  [[nodiscard]] size_t watches() const { return size_; }
  [[nodiscard]] size_t things() const { return nodes_.size() + awaited_.size(); }
  [[nodiscard]] size_t watcher_count() const { return watcher_count_; }
  [[nodiscard]] size_t recursive() const { return recursive_; }
  // Without what is shared.
  [[nodiscard]] size_t memory_bytes() const;

  // Every watched thing once: the next one from `thing` on, znodes first. number 0: the end.
  [[nodiscard]] WatchedThing next(WatchedThing thing) const;
  // Calls see(ConnId) for each watcher of a thing, in the order of registration.
  template <typename See>
  void visit(WatchedThing thing, const See& see) const;

 private:
  static constexpr uint32_t kPageWatches = 1024;
  static constexpr int kWalkMax = 8;  // beyond so many in its ring, a watch is in crowd_

  struct Watch {
    uint32_t thing;
    uint32_t watcher : 27;
    uint32_t kinds : 3;
    uint32_t by_path : 1;
    uint32_t in_crowd : 1;
    WatchId next, previous;  // on the same thing: a ring, its head the oldest
    WatchId newer, older;    // of the same watcher
  };
  static_assert(sizeof(Watch) == 24);
  static_assert(kWatcherIdMax < 1u << 27);

  struct Found {
    WatchId id = kNoWatch;
    bool crowded = false;  // there is none, and one that is added belongs into crowd_
  };

  [[nodiscard]] Watch& watch(WatchId id) { return pages_[id / kPageWatches][id % kPageWatches]; }
  [[nodiscard]] const Watch& watch(WatchId id) const {
    return pages_[id / kPageWatches][id % kPageWatches];
  }
  [[nodiscard]] WatchHeads& heads(bool by_path) { return by_path ? awaited_ : nodes_; }
  [[nodiscard]] const WatchHeads& heads(bool by_path) const { return by_path ? awaited_ : nodes_; }
  [[nodiscard]] WatchId head(WatchedThing thing) const {
    return thing.number == 0 ? kNoWatch : heads(thing.by_path).get(thing.number);
  }
  [[nodiscard]] Found find(WatchedThing thing, WatcherId watcher) const;
  [[nodiscard]] WatchId take_record();
  void link(WatchId id, WatchedThing thing, WatcherId watcher);
  void erase(WatchId id);
  void set_kinds(Watch& of, WatchKinds kinds);

  const size_t list_;
  AwaitedPaths& paths_;
  Watchers& watchers_;
  std::vector<std::unique_ptr<Watch[]>> pages_;  // not initialised before they are taken
  WatchId fresh_ = 1;                            // the first id that was never taken
  WatchId free_ = kNoWatch;                      // linked by Watch::next
  size_t size_ = 0;
  size_t recursive_ = 0;      // watches that are recursive
  size_t watcher_count_ = 0;  // watchers that have a watch here
  WatchHeads nodes_, awaited_;
  NodeIndex crowd_;
};

template <typename See>
void WatchIndex::visit(WatchedThing thing, const See& see) const {
  const WatchId first = head(thing);
  if (first == kNoWatch) return;
  WatchId id = first;
  do {
    see(watchers_.at(watch(id).watcher).conn);
    id = watch(id).next;
  } while (id != first);
}

}  // namespace zookernel::core
