#include "kernel/core/watch_table.h"

namespace zookernel::core {

WatchTable::WatchTable(const NodeTable& nodes, uint64_t hash_seed)
    : nodes_(nodes),
      paths_(hash_seed),
      data_(WatchList::kData, paths_, watchers_),
      child_(WatchList::kChild, paths_, watchers_) {}

WatchedThing WatchTable::find(const WatchPlace& place) const {
  if (place.node != kNoNode) return {place.node, false};
  return {paths_.find(place.path), true};
}

void WatchTable::add(ConnId conn, const WatchPlace& place, WatchList in, WatchKinds kinds) {
  WatchedThing thing{place.node, false};
  if (place.node == kNoNode) thing = {paths_.number(place.path), true};
  list(in).add(thing, watchers_.number(conn), kinds);
}

bool WatchTable::has(ConnId conn, const WatchPlace& place, WatchList in, WatchKinds kinds) const {
  const WatcherId watcher = watchers_.find(conn);
  return watcher != kNoWatcher && (list(in).kinds(find(place), watcher) & kinds) != 0;
}

bool WatchTable::remove(ConnId conn, const WatchPlace& place, WatchList in, WatchKinds kinds) {
  const WatcherId watcher = watchers_.find(conn);
  return watcher != kNoWatcher && list(in).remove(find(place), watcher, kinds) != 0;
}

void WatchTable::remove_connection(ConnId conn) {
  const WatcherId watcher = watchers_.find(conn);
  if (watcher == kNoWatcher) return;
  data_.remove_all(watcher);
  child_.remove_all(watcher);
  watchers_.forget(watcher);
}

void WatchTable::node_created(Bytes path, NodeId node) {
  const PathId awaited = paths_.find(path);
  if (awaited == kNoPath) return;
  // Held over both moves: the first may be the last to let go of it.
  paths_.hold(awaited);
  data_.move({awaited, true}, {node, false});
  child_.move({awaited, true}, {node, false});
  paths_.release(awaited);
}

void WatchTable::node_deleted(Bytes path, NodeId node) {
  if (!data_.watched(node) && !child_.watched(node)) return;
  const PathId awaited = paths_.number(path);
  data_.move({node, false}, {awaited, true});
  child_.move({node, false}, {awaited, true});
}

size_t WatchTable::take(const Event& event, WatchList in, Told told, std::vector<ConnId>& fired) {
  if (told == Told::kNobody) ++event_;
  const size_t before = fired.size();
  const size_t watching = list(in).take({event.node, false}, event_, fired);
  if (list(in).recursive() > 0) {
    for (NodeId above = event.parent; above != kNoNode; above = nodes_.node(above).parent)
      list(in).take_recursive({above, false}, event_, fired);
  }
  // Above the znode, the same watcher may have been met more than once.
  return told == Told::kAsBefore ? watching : fired.size() - before;
}

WatchTable::Totals WatchTable::totals(WatchList in) const {
  return {list(in).watcher_count(), list(in).things(), list(in).watches()};
}

size_t WatchTable::memory_bytes() const {
  return data_.memory_bytes() + child_.memory_bytes() + paths_.memory_bytes() +
         watchers_.memory_bytes();
}

}  // namespace zookernel::core
