#include "kernel/core/watch_index.h"

#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

// Numbers are dense and not chosen by clients: spreading them is enough.
uint32_t crowd_hash(uint32_t thing, bool by_path, WatcherId watcher) {
  uint64_t mixed = uint64_t{thing} << 32 | uint64_t{watcher} << 1 | (by_path ? 1 : 0);
  mixed = (mixed ^ mixed >> 33) * 0xff51afd7ed558ccdull;
  mixed = (mixed ^ mixed >> 33) * 0xc4ceb9fe1a85ec53ull;
  return static_cast<uint32_t>(mixed >> 32);
}

}  // namespace

WatchIndex::Found WatchIndex::find(WatchedThing thing, WatcherId watcher) const {
  const WatchId first = head(thing);
  if (first == kNoWatch) return {};
  WatchId id = first;
  for (int walked = 1; walked <= kWalkMax; ++walked) {
    const Watch& at = watch(id);
    if (at.watcher == watcher) return {id, false};
    id = at.next;
    if (id == first) return {kNoWatch, walked == kWalkMax};
  }
  const WatchId found =
      crowd_.find(crowd_hash(thing.number, thing.by_path, watcher), [&](WatchId candidate) {
        const Watch& at = watch(candidate);
        return at.watcher == watcher && at.thing == thing.number &&
               (at.by_path != 0) == thing.by_path;
      });
  return {found, true};
}

WatchId WatchIndex::take_record() {
  if (free_ != kNoWatch) {
    const WatchId id = free_;
    free_ = watch(id).next;
    return id;
  }
  const WatchId id = fresh_;
  ZOOKERNEL_ASSERT(id != UINT32_MAX);  // 96 GiB of watches
  if (id / kPageWatches == pages_.size())
    pages_.push_back(std::unique_ptr<Watch[]>(new Watch[kPageWatches]));
  ++fresh_;
  return id;
}

void WatchIndex::add(WatchedThing thing, WatcherId watcher, WatchKinds kinds) {
  ZOOKERNEL_ASSERT(thing.number != 0);
  ZOOKERNEL_ASSERT(kinds != 0);
  const Found found = find(thing, watcher);
  if (found.id != kNoWatch) return set_kinds(watch(found.id), watch(found.id).kinds | kinds);
  const WatchId id = take_record();
  Watch& made = watch(id);
  made = {};
  link(id, thing, watcher);
  set_kinds(made, kinds);
  if (found.crowded) {
    made.in_crowd = 1;
    crowd_.insert(crowd_hash(thing.number, thing.by_path, watcher), id);
  }
}

void WatchIndex::link(WatchId id, WatchedThing thing, WatcherId watcher) {
  Watch& made = watch(id);
  made.thing = thing.number;
  made.by_path = thing.by_path ? 1 : 0;
  made.watcher = watcher & kWatcherIdMax;
  const WatchId first = head(thing);
  if (first == kNoWatch) {
    made.next = made.previous = id;
    heads(thing.by_path).set(thing.number, id);
  } else {
    Watch& oldest = watch(first);
    made.next = first;
    made.previous = oldest.previous;
    watch(oldest.previous).next = id;
    oldest.previous = id;
  }
  if (thing.by_path) paths_.hold(thing.number);

  Watcher& of = watchers_.at(watcher);
  made.older = of.newest[list_];
  if (made.older != kNoWatch) watch(made.older).newer = id;
  of.newest[list_] = id;
  if (of.watches[list_]++ == 0) ++watcher_count_;
  ++size_;
}

void WatchIndex::erase(WatchId id) {
  Watch& gone = watch(id);
  set_kinds(gone, 0);
  const bool by_path = gone.by_path != 0;
  if (gone.in_crowd != 0) crowd_.erase(crowd_hash(gone.thing, by_path, gone.watcher), id);
  if (gone.next == id) {
    heads(by_path).set(gone.thing, kNoWatch);
  } else {
    watch(gone.next).previous = gone.previous;
    watch(gone.previous).next = gone.next;
    if (heads(by_path).get(gone.thing) == id) heads(by_path).set(gone.thing, gone.next);
  }
  if (by_path) paths_.release(gone.thing);

  Watcher& of = watchers_.at(gone.watcher);
  if (gone.newer != kNoWatch) {
    watch(gone.newer).older = gone.older;
  } else {
    of.newest[list_] = gone.older;
  }
  if (gone.older != kNoWatch) watch(gone.older).newer = gone.newer;
  ZOOKERNEL_ASSERT(of.watches[list_] > 0);
  if (--of.watches[list_] == 0) --watcher_count_;

  gone.next = free_;
  free_ = id;
  if (--size_ > 0 || pages_.size() <= 1) return;
  // A million watches may have been here.
  pages_.resize(1);
  fresh_ = 1;
  free_ = kNoWatch;
}

void WatchIndex::set_kinds(Watch& of, WatchKinds kinds) {
  const bool was = (of.kinds & kRecursive) != 0;
  const bool is = (kinds & kRecursive) != 0;
  if (is && !was) ++recursive_;
  if (was && !is) --recursive_;
  of.kinds = kinds & kAnyKind;
}

WatchKinds WatchIndex::kinds(WatchedThing thing, WatcherId watcher) const {
  const Found found = find(thing, watcher);
  return found.id == kNoWatch ? 0 : watch(found.id).kinds;
}

WatchKinds WatchIndex::remove(WatchedThing thing, WatcherId watcher, WatchKinds kinds) {
  const Found found = find(thing, watcher);
  if (found.id == kNoWatch) return 0;
  const WatchKinds had = watch(found.id).kinds;
  set_kinds(watch(found.id), had & ~kinds);
  if ((had & ~kinds) == 0) erase(found.id);
  return had & kinds;
}

void WatchIndex::remove_all(WatcherId watcher) {
  while (watchers_.at(watcher).newest[list_] != kNoWatch)
    erase(watchers_.at(watcher).newest[list_]);
}

size_t WatchIndex::take(WatchedThing thing, uint64_t event, std::vector<ConnId>& fired) {
  WatchId id = head(thing);
  if (id == kNoWatch) return 0;
  size_t seen = 0;
  for (const WatchId last = watch(id).previous;; ++seen) {
    Watch& at = watch(id);
    const WatchId next = at.next;
    Watcher& of = watchers_.at(at.watcher);
    if (of.told != event) fired.push_back(of.conn);
    of.told = event;
    const bool ends = id == last;
    const WatchKinds left = at.kinds & ~kOneShot;
    if (left == 0) {
      erase(id);
    } else {
      set_kinds(at, left);
    }
    if (ends) return seen + 1;
    id = next;
  }
}

void WatchIndex::take_recursive(WatchedThing thing, uint64_t event, std::vector<ConnId>& fired) {
  const WatchId first = head(thing);
  if (first == kNoWatch) return;
  WatchId id = first;
  do {
    const Watch& at = watch(id);
    Watcher& of = watchers_.at(at.watcher);
    if ((at.kinds & kRecursive) != 0 && of.told != event) {
      of.told = event;
      fired.push_back(of.conn);
    }
    id = at.next;
  } while (id != first);
}

void WatchIndex::move(WatchedThing from, WatchedThing to) {
  const WatchId first = head(from);
  if (first == kNoWatch) return;
  ZOOKERNEL_ASSERT(head(to) == kNoWatch);
  heads(from.by_path).set(from.number, kNoWatch);
  heads(to.by_path).set(to.number, first);
  WatchId id = first;
  do {
    Watch& moved = watch(id);
    if (moved.in_crowd != 0) {
      crowd_.erase(crowd_hash(from.number, from.by_path, moved.watcher), id);
      crowd_.insert(crowd_hash(to.number, to.by_path, moved.watcher), id);
    }
    moved.thing = to.number;
    moved.by_path = to.by_path ? 1 : 0;
    if (to.by_path) paths_.hold(to.number);
    if (from.by_path) paths_.release(from.number);
    id = moved.next;
  } while (id != first);
}

WatchedThing WatchIndex::next(WatchedThing thing) const {
  if (!thing.by_path) {
    const uint32_t node = nodes_.next(thing.number);
    if (node != 0) return {node, false};
    thing = {0, true};
  }
  return {awaited_.next(thing.number), true};
}

size_t WatchIndex::memory_bytes() const {
  constexpr size_t kAllocator = 16;
  return pages_.size() * (kPageWatches * sizeof(Watch) + kAllocator) +
         pages_.capacity() * sizeof(pages_[0]) + nodes_.memory_bytes() + awaited_.memory_bytes() +
         crowd_.memory_bytes();
}

}  // namespace zookernel::core
